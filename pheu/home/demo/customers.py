"""Invented customers: companies with tax codes that check, people with Vietnamese names, numbers that can be dialled.

Nobody here exists. Addresses end in .example, and the tax codes lie in ranges that have not been given out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from stdnum.vn import mst

from pheu.core.vietnamese.address import province_named
from pheu.core.vietnamese.phone import read_phones
from pheu.core.vietnamese.text import fold
from pheu.core.vietnamese.units import atlas

Drawn = TypeVar("Drawn", bound=tuple[str, ...])

# Trade -> what its stations measure.
TRADES = {
    "Dệt nhuộm": "water", "Xi măng": "air", "Giấy": "water", "Thép": "air", "Thủy sản": "water", "Hóa chất": "both",
    "Nhiệt điện": "air", "Bia": "water", "Cấp nước": "water", "Gạch men": "air", "Dược phẩm": "water", "Cao su": "both",
    "Mía đường": "both", "Thực phẩm": "water", "Phân bón": "air", "Kính xây dựng": "air", "Mạ kẽm": "both",
    "Thuộc da": "water", "Chế biến gỗ": "air", "Linh kiện điện tử": "both", "Tinh bột sắn": "water",
    "Điện rác": "air", "Khu công nghiệp": "water", "Bao bì": "both", "Thức ăn chăn nuôi": "air",
}  # fmt: skip
BRANDS = [
    "Hòn Đá", "Bến Lụa", "Lá Tre", "Mây Vàng", "Suối Bạc", "Cù Lao Gió", "Vũng Sao", "Thạch Lĩnh", "Sen Hồng",
    "Trăng Khuyết", "Đầm Sương", "Gò Thông", "Cánh Diều Đỏ", "Ruộng Nắng", "Hạt Thóc Vàng", "Mũi Đá Trắng",
    "Rừng Bạch", "Phố Gạch", "Kênh Nước Trong", "Đồi Chè Biếc", "Sóng Lam", "Bờ Dừa", "Núi Ngói", "Giếng Ngọc",
    "Ba Ngọn", "Cầu Mây", "Đảo Yến Nhỏ", "Thung Lau", "Chim Sâu", "Bãi Ngô", "Hoa Gạo", "Mưa Rào", "Đông Sương",
    "Tây Lĩnh Mới", "Nam Thạch", "Bắc Phù Sa", "Ao Sen Cổ", "Cây Đa Đôi", "Đá Cuội", "Lúa Sớm", "Bếp Hồng",
    "Trúc Xanh Mới", "Vàm Nước", "Gió Chướng", "Nhịp Cầu Gỗ", "Đất Son", "Bạch Lạp", "Hải Âu Nhỏ", "Tổ Ong",
    "Rạch Bần", "Mặt Trời Non", "Con Thuyền Giấy", "Lưu Ly Mới", "Ngàn Thông", "Ô Quan", "Suối Hai Dòng",
    "Trảng Nắng", "Xóm Lưới", "Bàu Sen", "Cồn Ngói", "Dốc Sỏi", "Đồng Rạ", "Gành Trăng", "Hồ Lau", "Khe Trúc",
    "Lòng Thuyền", "Mõm Gió", "Nà Hoa", "Ổ Sáo", "Phên Tre", "Quai Chảo", "Rẫy Cao", "Sân Phơi", "Tán Bàng", "Vực Xanh",
    "Xuồng Ba Lá", "Yên Ngựa Nhỏ", "Ánh Chài", "Bạch Mai Sơn", "Cỏ Bông Lau", "Dải Lụa Đào", "Đèn Lồng Cũ", "Én Đôi",
    "Giàn Trầu", "Hương Bưởi", "Kén Tằm", "Lửa Rơm", "Mái Đình", "Nón Quai Thao", "Ốc Đảo Xanh", "Phù Vân Sơn",
    "Quả Chuông", "Ráng Chiều", "Sỏi Trắng", "Thảo Nguyên Nhỏ", "Ụ Rơm Vàng", "Ván Ngựa", "Xanh Cốm", "Bông Súng",
    "Cá Chép Vàng", "Diều Giấy", "Đá Vọng", "Gạch Nung Xưa", "Hoa Ban Trắng", "Khói Lam", "Lá Phong Nhỏ", "Mạ Non",
    "Nắng Thủy Tinh", "Ong Ruồi", "Phấn Thông", "Quế Chi", "Rổ Tre", "Sao Hôm", "Tơ Hồng", "Vỏ Trấu", "Xa Kéo Sợi",
]  # fmt: skip
FORMS = ["Công ty TNHH {}", "Công ty CP {}", "Công ty TNHH MTV {}", "Nhà máy {}", "{}", "{}", "Tập đoàn {}"]
LONG = [
    "Công ty TNHH Một thành viên Đầu tư Phát triển Hạ tầng Kỹ thuật và Xử lý Nước thải Khu công nghiệp Thạch Lĩnh"
    " Mở rộng Giai đoạn 2 – Chi nhánh Vận hành",
    "Ban Quản lý Dự án Đầu tư Xây dựng các Công trình Bảo vệ Môi trường và Ứng phó Biến đổi Khí hậu vùng Cù Lao Gió",
    "Công ty Cổ phần Sản xuất, Thương mại, Dịch vụ, Xuất nhập khẩu và Chế biến Nông Lâm Thủy Hải sản Hạt"
    " Thóc Vàng Miền Duyên Hải",
    "Trung tâm Quan trắc, Phân tích và Kiểm định Chất lượng Môi trường Công nghiệp liên tỉnh Đầm Sương",
]

FAMILIES = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Đoàn", "Trịnh", "Mai", "Tô", "Lương", "Châu", "Quách",
]  # fmt: skip
WOMEN = [
    "Vân", "Mai", "Thu Hà", "Ngọc Ánh", "Bích Liên", "Hồng Nhung", "Thanh Trúc", "Kiều Oanh", "Minh Thư",
    "Lan Hương", "Phương Thảo", "Diệu Linh", "Yến", "Như Ý", "Tuyết",
]  # fmt: skip
MEN = [
    "Minh", "Quốc Duy", "Văn Hậu", "Thành Đạt", "Đức Thịnh", "Xuân Trường", "Hữu Nghĩa", "Công Vinh", "Bảo Long",
    "Nhật Nam", "Trung Kiên", "Hải", "Gia Huy", "Tấn Lộc", "Đình Phúc",
]  # fmt: skip
MIDDLES = {
    "chi": ["Thị", "Thị", "Thị", "Kim", "Hoài", "Thùy", "Hoàng", "Tường"],
    "anh": ["Văn", "Văn", "Văn", "Quang", "Anh", "Chí", "Duy", "Thái"],
}
RARE = [
    ("Tôn Nữ Hoàng Thị Diễm Quỳnh Như", "chi"), ("Nguyễn Phúc Vĩnh Thiên Bảo Khánh", "anh"), ("H'Nhi Êban", "chi"),
    ("Lò Văn Pẻng", "anh"), ("Thạch Sa Rươl", "anh"), ("Y Thăng Niê Kđăm", "anh"),
    ("Ân", "em"), ("Âu Dương Ái Ỷ", "chi"),
]  # fmt: skip
JOBS = [
    "Trưởng phòng môi trường", "Giám đốc nhà máy", "Trưởng phòng HSE", "Phó giám đốc kỹ thuật", "Cán bộ môi trường",
    "Trưởng phòng mua hàng", "Quản đốc trạm xử lý nước thải", "Kế toán trưởng", "Giám đốc", "Nhân viên thu mua",
]  # fmt: skip

# Team -> its provinces: (name, area code).
PROVINCES = {
    "Miền Bắc": [("Hà Nội", "024"), ("Bắc Ninh", "0222"), ("Hải Phòng", "0225"), ("Quảng Ninh", "0203"),
                 ("Hưng Yên", "0221"), ("Phú Thọ", "0210"), ("Thái Nguyên", "0208")],
    "Miền Trung": [("Đà Nẵng", "0236"), ("Thanh Hóa", "0237"), ("Nghệ An", "0238"), ("Quảng Ngãi", "0255"),
                   ("Khánh Hòa", "0258"), ("Đắk Lắk", "0262")],
    "Miền Nam": [("TP. Hồ Chí Minh", "028"), ("Đồng Nai", "0251"), ("Tây Ninh", "0276"), ("Cần Thơ", "0292"),
                 ("Vĩnh Long", "0270"), ("An Giang", "0296")],
}  # fmt: skip
# Provinces -> places as they were called before July 2025.
BEFORE = {
    "Hà Nội": ["P. Láng Hạ, Q. Đống Đa, Hà Nội", "phường Dịch Vọng, quận Cầu Giấy, Hà Nội"],
    "Bắc Ninh": ["TP Bắc Giang, tỉnh Bắc Giang", "xã Vân Trung, huyện Việt Yên, Bắc Giang"],
    "Hải Phòng": ["TP Hải Dương, Hải Dương", "P. Máy Tơ, Q. Ngô Quyền, Hải Phòng"],
    "Phú Thọ": ["P. Liên Bảo, TP Vĩnh Yên, Vĩnh Phúc"],
    "TP. Hồ Chí Minh": ["KCN Sóng Thần, Dĩ An, Bình Dương", "P. Đa Kao, Q.1, TP.HCM", "P. Bến Nghé, Quận 1, TP.HCM"],
    "Cần Thơ": ["TP Sóc Trăng, Sóc Trăng"],
    "Tây Ninh": ["TP Tân An, Long An"],
}  # fmt: skip
MOBILES = [
    "090", "091", "093", "094", "096", "097", "098", "032", "033", "035", "036", "038", "070", "077", "079", "081",
    "083", "085", "088", "089",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Customer:
    """Someone who may buy; a private customer has no `company_name`."""

    team: str
    company_name: str
    brand: str
    measures: str
    tax_code: str
    person_name: str
    salutation: str
    job_title: str
    phone: str
    other_phones: list[str]
    email: str
    website: str
    address: str
    industry: str = ""
    short_name: str = ""
    switchboard: str = ""
    office_email: str = ""

    @property
    def name(self) -> str:
        return self.company_name or self.person_name

    def as_values(self) -> dict[str, object]:
        """What a lead or a prospect keeps of a customer, by field name."""
        asked = ("company_name", "person_name", "job_title", "tax_code", "phone", "other_phones", "email", "website")
        known = ("address", "industry", "short_name")
        return {name: getattr(self, name) for name in (*asked, *known)} | {"country": "Việt Nam"}


class Inventor:
    """Makes customers that have neither name, tax code, number nor address in common."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.used: set[str] = set()
        self.long = list(LONG)

    def company(self, team: str) -> Customer:
        trade, brand = self._fresh(lambda: (self.rng.choice(list(TRADES)), self.rng.choice(BRANDS)))
        province, area = self.rng.choice(PROVINCES[team])
        form = self.rng.choice(FORMS) if trade != "Khu công nghiệp" else "{}"
        company = self.long.pop() if self.long and self.rng.random() < 0.06 else form.format(f"{trade} {brand}")
        domain = f"{_letters(brand)}{_letters(trade)}.example"
        person, salutation = self.person()
        known = self.rng.random() < 0.9
        return Customer(
            team=team,
            company_name=company,
            brand=f"{trade} {brand}",
            measures=TRADES[trade],
            tax_code=self.tax_code() if self.rng.random() < 0.7 else "",
            person_name=person if known else "",
            salutation=salutation,
            job_title=self.rng.choice(JOBS) if known else "",
            phone=self.mobile() if known else self.landline(area),
            other_phones=[self.landline(area)] if self.rng.random() < 0.35 else [],
            email=f"{_address(person)}@{domain}" if known else f"lienhe@{domain}",
            website=f"https://{domain}" if self.rng.random() < 0.5 else "",
            address=self._address_in(province),
            industry=trade,
            short_name=f"{trade} {brand}" if company != f"{trade} {brand}" else "",
            switchboard=self.landline(area),
            office_email=f"vanthu@{domain}",
        )

    def private(self, team: str) -> Customer:
        """A household with a pond, a small boiler or a homestay, who buys a single instrument."""
        person, salutation = self.person()
        province, _area = self.rng.choice(PROVINCES[team])
        email = f"{_address(person)}{self.rng.randrange(60, 99)}@thu.example" if self.rng.random() < 0.5 else ""
        return Customer(
            team=team, company_name="", brand="", measures="private", tax_code="", person_name=person,
            salutation=salutation, job_title="", phone=self.mobile(), other_phones=[], email=email, website="",
            address=f"{_places_in(province, self.rng.choice(BRANDS))[0]}, {province}",
        )  # fmt: skip

    def person(self) -> tuple[str, str]:
        """(full name, salutation) of somebody new."""
        if self.rng.random() < 0.05:
            rare = self.rng.choice(RARE)
            if rare[0] not in self.used:
                self.used.add(rare[0])
                return rare
        woman = self.rng.random() < 0.5
        salutation, names = ("chi", WOMEN) if woman else ("anh", MEN)
        given = self._fresh(lambda: (self.rng.choice(FAMILIES), self._middle(salutation), self.rng.choice(names)))
        return " ".join(word for word in given if word), salutation

    def _middle(self, salutation: str) -> str:
        return self.rng.choice(MIDDLES[salutation]) if self.rng.random() < 0.6 else ""

    def mobile(self) -> str:
        while True:
            (number,) = self._fresh(lambda: (f"{self.rng.choice(MOBILES)}{self.rng.randrange(2_000_000, 9_999_999)}",))
            if read := read_phones(number, current=True)[0].e164:  # Not every block of a prefix is given out.
                return read

    def landline(self, area: str) -> str:
        size = 11 - len(area)
        (number,) = self._fresh(lambda: (f"{area}3{self.rng.randrange(6 * 10 ** (size - 2), 9 * 10 ** (size - 2))}",))
        return read_phones(number, current=True)[0].e164

    def tax_code(self) -> str:
        while True:
            (start,) = self._fresh(lambda: (f"0{self.rng.choice('123')}9{self.rng.randrange(100_000, 999_999)}",))
            if mst.is_valid(code := f"{start}{mst.calc_check_digit(start)}"):  # One in eleven has no check digit.
                return code

    def _address_in(self, province: str) -> str:
        """Most as they are written today, some as before July 2025, and of those a few in what was divided since."""
        lot, street, place = self.rng.choice("ABCDEGHK"), self.rng.randrange(1, 14), self.rng.choice(BRANDS)
        ward, before = _places_in(province, f"{lot}{street}{place}")
        today = self.rng.choice(
            [
                f"Lô {lot}{street}, KCN {place}, {province}",
                f"Số {street * 7}, đường số {street}, {ward}, {province}",
                f"Km {street + 20}, quốc lộ 1, {ward}, {province}",
            ]
        )
        return f"{street * 7}{lot} đường số {street}, {before}" if before else today

    def _fresh(self, draw: Callable[[], Drawn]) -> Drawn:
        """The first drawing that was never made before."""
        while True:
            drawn = draw()
            if " ".join(drawn) not in self.used:
                self.used.add(" ".join(drawn))
                return drawn


def _places_in(province: str, seed: str) -> tuple[str, str]:
    """A ward of today, and now and then a place as it was called before; always the same of a `seed`."""
    rng, code = Random(f"{province} {seed}"), province_named(province)  # noqa: S311
    before = BEFORE.get(province, [])
    return rng.choice(atlas().provinces[code].wards).name, rng.choice(before) if before and rng.random() < 0.3 else ""


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isascii() and letter.isalnum())


def _address(full_name: str) -> str:
    """«Đỗ Thị Vân» -> «van.dt», as offices give addresses."""
    *before, given = full_name.split()
    return ".".join(part for part in (_letters(given), "".join(_letters(word)[:1] for word in before)) if part)
