"""The deal pipeline and reasons that a new company starts with (R4.11-4.15, R3.19-3.22)."""

from typing import Any

from pheu.records.seeds import plant_pipeline, plant_reasons

STAGES: list[dict[str, Any]] = [
    {
        "name": "Tiếp cận",
        "category": "open",
        "sets_probability": True,
        "probability": 20,
        "purpose": "Gặp gỡ, tìm hiểu",
    },
    {
        "name": "Xác định nhu cầu",
        "category": "open",
        "sets_probability": True,
        "probability": 40,
        "purpose": "Xác nhận lại nhu cầu",
    },
    {"name": "Báo giá", "category": "open", "sets_probability": True, "probability": 60, "purpose": "Gửi báo giá"},
    {
        "name": "Đàm phán",
        "category": "open",
        "sets_probability": True,
        "probability": 80,
        "purpose": "Đàm phán hợp đồng",
    },
    {"name": "Thành công", "category": "won", "sets_probability": True, "probability": 100, "is_folded": True},
    {"name": "Thất bại", "category": "lost", "sets_probability": True, "probability": 0, "is_folded": True},
    {"name": "Tạm dừng", "category": "unqualified", "is_folded": True},
]
NAME = "Bán hàng"
# The example of source 3 (R4.19), with the ends that it leaves out.
OTHER_NAME = "Bán hàng qua bốn bước"
OTHER_STAGES: list[dict[str, Any]] = [
    {"name": "Xác nhận cơ hội", "category": "open", "sets_probability": True, "probability": 20},
    {"name": "Đàm phán", "category": "open", "sets_probability": True, "probability": 50},
    {"name": "Đề xuất", "category": "open", "sets_probability": True, "probability": 80},
    {
        "name": "Kết thúc hợp đồng",
        "category": "won",
        "sets_probability": True,
        "probability": 100,
        "is_folded": True,
    },
    *STAGES[-2:],
]
LOST = ["Giá cao hơn đối thủ", "Chọn nhà cung cấp khác", "Không đạt yêu cầu kỹ thuật", "Khách không mua nữa"]
UNQUALIFIED = ["Chưa duyệt ngân sách", "Dời kế hoạch đầu tư", "Chờ quy định mới", "Chưa quyết định"]


def plant(apps: Any) -> None:
    plant_pipeline(apps, "deal", NAME, STAGES)
    plant_reasons(apps, "deal", "lost", LOST)
    plant_reasons(apps, "deal", "unqualified", UNQUALIFIED)
