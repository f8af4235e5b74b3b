"""What the people of the demo company write: names of chances, needs, notes, results, reasons."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any


@dataclass(frozen=True)
class Want:
    """Something that customers ask for: the request type, names and needs of it, and its price in millions of đồng."""

    request_type: str
    names: list[str]
    needs: list[str]
    millions: tuple[int, int]


AIR = Want(
    "Trạm quan trắc khí thải",
    ["Trạm khí thải dây chuyền {n}", "Trạm CEMS lò hơi {t} t/h", "Trạm khí thải {n} ống khói", "Cụm {n} trạm khí thải"],
    [
        "Đo SO₂, NOₓ, CO, O₂ và bụi ở {n} ống khói, truyền số liệu về Sở trong quý tới.",
        "Lò hơi {t} t/h đốt biomass, cần trạm CEMS trọn gói kèm nhà trạm và hồ sơ nghiệm thu.",
        "Thay trạm cũ đã 9 năm, giữ lại nhà trạm. Khách muốn xem trạm đang chạy ở nơi khác trước khi quyết.",
        "Dây chuyền {n} chạy từ tháng sau. Chưa có sàn thao tác, nhờ tư vấn luôn phần cơ khí.",
    ],
    (900, 3600),
)
AIR_MORE = Want(
    "Trạm quan trắc khí thải (Lắp bổ sung)",
    ["Lắp bổ sung đầu đo bụi", "Bổ sung đo HCl, HF cho lò {n}", "Thay bộ phân tích khí ống khói {n}"],
    [
        "Trạm hiện có thiếu thông số bụi, cần lắp thêm đầu đo và đưa lên phần mềm đang dùng.",
        "Theo giấy phép môi trường mới phải đo thêm HCl, HF. Khách hỏi có dùng lại được bộ lấy mẫu không.",
        "Bộ phân tích cũ trôi điểm không liên tục, hãng cũ báo chờ linh kiện 4 tháng.",
    ],
    (140, 760),
)
WATER = Want(
    "Trạm quan trắc nước",
    [
        "Trạm nước thải {m} m³/ngày", "Trạm quan trắc nước thải sau xử lý", "Trạm nước mặt hồ điều hòa {n}",
        "Quan trắc nước cấp tự động", "Trạm nước thải giai đoạn {n}",
    ],
    [
        "Trạm xử lý {m} m³/ngày đêm, đo pH, COD, TSS, NH₄⁺, lưu lượng vào và ra, camera, lấy mẫu tự động.",
        "Nâng công suất lên {m} m³/ngày nên phải lắp quan trắc tự động trước khi vận hành thử nghiệm.",
        "Cần trạm nhỏ gọn đặt ngoài trời, nguồn điện không ổn định, hay có sét.",
        "Khách đang so ba bên. Ưu tiên bảo hành 24 tháng và có kỹ thuật tại chỗ trong 8 giờ.",
    ],
    (420, 1900),
)  # fmt: skip
WATER_MORE = Want(
    "Trạm quan trắc nước (Lắp bổ sung)",
    [
        "Lắp bổ sung đầu đo NH₄⁺",
        "Bổ sung đo tổng Nitơ, tổng Photpho",
        "Thay tủ lấy mẫu tự động",
        "Thêm camera và datalogger",
    ],
    [
        "Trạm đã có pH, COD, TSS; Sở yêu cầu thêm amoni và tổng nitơ.",
        "Tủ lấy mẫu hỏng khoang lạnh, muốn đổi loại 24 chai.",
        "Datalogger cũ mất kết nối mỗi tối, cần bộ mới truyền hai đường.",
    ],
    (60, 420),
)
CARE = Want(
    "Bảo hành / bảo trì",
    [
        "Hợp đồng bảo trì {y} tháng",
        "Hiệu chuẩn định kỳ và kiểm định",
        "Vận hành thuê trạm {y} tháng",
        "Gói vật tư tiêu hao một năm",
    ],
    [
        "Bảo trì hằng quý, kèm hóa chất chuẩn và hiệu chuẩn trước kỳ kiểm định.",
        "Muốn thuê trọn gói vận hành vì người phụ trách trạm vừa nghỉ.",
        "Trạm do bên khác lắp, hết bảo hành. Nhờ khảo sát rồi báo giá theo tháng.",
    ],
    (36, 480),
)
POND = Want(
    "Trạm quan trắc nước",
    ["Bộ đo chất lượng nước ao tôm", "Máy đo cầm tay cho trại giống", "Đầu đo oxy hòa tan {n} ao"],
    [
        "Nuôi tôm {n} ao, cần đo oxy, pH, độ mặn và báo về điện thoại ban đêm.",
        "Hỏi máy cầm tay cho trại giống, giá dưới 60 triệu.",
    ],
    (18, 120),
)
WANTS = {
    "air": [AIR, AIR, AIR_MORE, CARE],
    "water": [WATER, WATER, WATER_MORE, CARE],
    "both": [AIR, WATER, WATER_MORE, CARE],
    "private": [POND],
}

# Activity type -> (what to do, what came of it).
Talks = dict[str, tuple[list[str], list[str]]]
TALKS: Talks = {
    "Gọi điện": (
        ["Gọi xác nhận thông số", "Gọi lại sau họp", "Hỏi tiến độ duyệt ngân sách", "Gọi chốt lịch khảo sát"],
        [
            "Khách đang bận họp, hẹn gọi lại sáng mai.", "Đã xác nhận thông số cần đo, khách xin báo giá sơ bộ.",
            "Người phụ trách đi công tác, xin số của phó phòng.",
            "Khách quan tâm, hỏi kỹ về bảo hành và thời gian giao hàng.",
            "Nói chuyện 12 phút. Ngân sách trình trong tháng này, quyết định ở tổng công ty.",
            "Không nghe máy, đã nhắn Zalo.",
        ],
    ),
    "Gửi email": (
        ["Gửi catalogue và danh sách trạm đã lắp", "Gửi thông số kỹ thuật", "Gửi thư cảm ơn sau buổi gặp"],
        [
            "Đã gửi, khách báo nhận được và chuyển cho bộ phận kỹ thuật.",
            "Khách hỏi thêm chứng chỉ kiểm định của đầu đo.",
            "Chưa thấy trả lời, tuần sau gọi lại.", "Khách nhờ tách riêng phần sàn thao tác để trình ban giám đốc.",
        ],
    ),
    "Khảo sát hiện trường": (
        ["Khảo sát hiện trường", "Khảo sát ống khói", "Khảo sát vị trí đặt nhà trạm", "Đo lưu lượng mương thoát"],
        [
            "Đã khảo sát: ống khói cao 32 m, chưa có sàn thao tác, điện 3 pha cách 15 m.",
            "Vị trí đặt trạm gần bể khử trùng, cần mái che và chống sét. Ảnh đã lưu.",
            "Đã khảo sát cùng tư vấn của khách, thống nhất phạm vi công việc.",
        ],
    ),
    "Gặp trực tiếp": (
        ["Gặp tại nhà máy", "Họp kỹ thuật với khách", "Mời thăm trạm đang chạy", "Trình bày phương án"],
        [
            "Gặp giám đốc nhà máy và trưởng phòng môi trường. Họ muốn phương án hai ống khói.",
            "Khách hài lòng với trạm mẫu, hỏi tiến độ giao trong 10 tuần.",
            "Họp với tư vấn, chốt thông số theo quy chuẩn.",
        ],
    ),
    "Soạn báo giá": (
        ["Soạn báo giá sơ bộ", "Chỉnh báo giá theo phạm vi mới", "Soạn bảng so sánh hai phương án"],
        ["Đã gửi báo giá, hiệu lực 30 ngày.", "Đã bớt phần nhà trạm, giá giảm 8 %.", "Đã gửi hai phương án."],
    ),
    "Việc khác": (
        ["Xin hồ sơ mời thầu", "Kiểm tra tồn kho đầu đo", "Hỏi hãng thời gian giao hàng", "Chuẩn bị hồ sơ pháp lý"],
        ["Hãng báo 8 tuần.", "Còn hai bộ trong kho, giữ đến cuối tháng.", "Đã mua hồ sơ, hạn nộp sau 12 ngày."],
    ),
}  # fmt: skip
FIRST_TALKS: Talks = {
    "Gọi điện": (["Gọi lần đầu"], TALKS["Gọi điện"][1]),
    "Gửi email": (["Gửi hồ sơ năng lực"], TALKS["Gửi email"][1]),
}
DEEPER = ["Gọi điện", "Khảo sát hiện trường", "Gặp trực tiếp", "Gửi email"]
# Minutes; the rest are moments.
LASTS = {"Gặp trực tiếp": 60, "Khảo sát hiện trường": 120}
BY_STAGE = [
    ["Gặp trực tiếp", "Khảo sát hiện trường", "Gọi điện"],
    ["Khảo sát hiện trường", "Gọi điện", "Việc khác"],
    ["Soạn báo giá", "Gọi điện", "Gửi email"],
    ["Gặp trực tiếp", "Gọi điện", "Việc khác"],
]

NOTES = [
    "Khách cần hồ sơ trước ngày 27 để kịp họp hội đồng đầu tư.",
    "Trưởng phòng môi trường là người quyết, phòng mua hàng chỉ làm thủ tục.",
    "Đang dùng trạm của bên khác, than phiền chờ kỹ thuật ba ngày.",
    "Nhà máy nghỉ bảo dưỡng hai tuần cuối tháng, chỉ lắp được lúc đó.",
    "Khách thích trao đổi qua Zalo, gọi trước 9 giờ sáng thường bận họp giao ban.",
    "Cổng bảo vệ yêu cầu đăng ký tên và biển số xe trước một ngày khi vào khảo sát.",
    "Đã hỏi phòng kỹ thuật: đầu đo này chịu được nước thải 45 °C, không cần làm mát.",
    "Nhà máy thứ hai của họ cũng sắp phải lắp, nên giữ giá tốt ngay từ đầu.",
    "Kế toán nhắc: thanh toán 30/60/10, bảo lãnh bảo hành 5 %.",
    "Tư vấn của khách nghiêng về hãng khác. Cần mời họ thăm trạm mẫu trước khi ra đầu bài.",
    "Gửi kèm bảng so sánh chi phí vận hành 5 năm, khách nói đây là điểm họ cân nhắc nhất. "
    "Phần hóa chất của đối thủ cao hơn mình khoảng một phần ba.",
]
CLOSING_NOTES = {
    "Không có nhu cầu": "Đã lắp trạm từ năm ngoái, chỉ xin tài liệu tham khảo.",
    "Không liên hệ được": "Gọi năm lần trong ba tuần, không ai nghe máy.",
    "Sai thông tin": "Số máy của một hộ gia đình, email bị trả lại.",
    "Ngoài phạm vi cung cấp": "Hỏi xử lý mùi chuồng trại, mình không làm.",
    "Trùng với khách đã có": "Cùng nhà máy với một tiềm năng của Phòng dịch vụ.",
    "Giá cao hơn đối thủ": "Chênh 11 %, khách chọn trạm lắp trong nước.",
    "Chọn nhà cung cấp khác": "Công ty mẹ chỉ định nhà thầu.",
    "Không đạt yêu cầu kỹ thuật": "Đầu bài bắt buộc nguyên lý đo mà mình chưa có.",
    "Khách không mua nữa": "Nhà máy dừng dây chuyền này.",
    "Chưa duyệt ngân sách": "Chờ duyệt đầu tư năm sau.",
    "Dời kế hoạch đầu tư": "Dời sang quý II.",
    "Chờ quy định mới": "Khách đợi hướng dẫn của Sở về danh mục thông số.",
    "Chưa quyết định": "Ban giám đốc mới nhận việc, xem lại toàn bộ dự án.",
}

TAGS = {
    "Nước thải": "blue", "Khí thải": "slate", "Đấu thầu": "violet", "Cần gấp": "red", "Khách cũ": "jade",
    "KCN": "amber", "Vốn nước ngoài": "rose",
}  # fmt: skip
FILES = {
    "Biên bản khảo sát.txt": (
        "BIÊN BẢN KHẢO SÁT\n\nỐng khói số 2, cao 32 m, đường kính 1,4 m.\n"
        "Chưa có sàn thao tác. Nguồn điện 3 pha cách vị trí 15 m.\nNhiệt độ khí 165 °C, độ ẩm 12 %.\n"
    ),
    "Thông số nước thải.txt": "Lưu lượng: 1.200 m³/ngày\npH: 6,8 – 7,4\nCOD: 62 mg/l\nTSS: 38 mg/l\nNH₄⁺: 4,1 mg/l\n",
}


def fill(text: str, rng: Random) -> str:
    """Put plausible sizes into a text: {n} pieces, {t} t/h of steam, {m} m³ a day, {y} months."""
    sizes = {
        "n": rng.randrange(2, 5),
        "t": rng.choice([10, 20, 35, 75]),
        "m": rng.choice(["300", "500", "800", "1.200", "2.000", "3.000"]),
        "y": rng.choice([12, 24, 36]),
    }
    return text.format(**sizes)


# What care hears in the survey: answers by the key of a field, for each request type.
ALWAYS = {"x_nganh_san_xuat": [str(n) for n in range(1, 10)]}
OF_ALL = {
    "x_tinh_lap": ["Lắp mới", "Lắp trong nhà trạm có sẵn", "Thay thiết bị cũ", "Lắp ngoài trời, có mái che"],
    "x_thong_so_quan_trac": ["SO₂, NOₓ, CO, O₂, bụi", "pH, COD, TSS, NH₄⁺, lưu lượng", "theo giấy phép môi trường"],
}
SURVEY: dict[str, dict[str, list[Any]]] = {
    "Trạm quan trắc khí thải": {
        "x_cong_suat_lo": ["10 t/h", "25 t/h", "45 t/h", "2 × 20 t/h", "150 MW"],
        "x_so_ong_khoi": [Decimal(n) for n in (1, 1, 2, 3, 4)],
        "x_san_thao_tac": ["Có sẵn", "Chưa có, nhờ tư vấn", "Có, cần gia cố"],
    },
    "Trạm quan trắc nước": {"x_cong_suat_xa_thai": ["500 m³/ngày", "1.200 m³/ngày", "5.000 m³/ngày"]},
    "Bảo hành / bảo trì": {
        "x_du_an": ["Trạm khí thải lò số 2", "Trạm nước thải giai đoạn 1", "Hệ thống quan trắc 2023"],
        "x_so_bbnt": ["BBNT-2023/118", "BBNT-2024/031", "BBNT-2024/207"],
        "x_bat_dau_bhbt": [date(2025, 1, 15), date(2025, 6, 1)],
        "x_ket_thuc_bhbt": [date(2027, 1, 14), date(2028, 5, 31)],
    },
}
