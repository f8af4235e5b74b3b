"""Sources, request types, the lead pipeline and reasons that a new company starts with (D13, R0.20, R4.08, R1.15)."""

from typing import Any

from pheu.records.seeds import plant_list, plant_pipeline, plant_reasons

LISTS = "Danh sách mua"
SOURCES = [
    ("Facebook comment", "marketing"),
    ("Facebook inbox", "marketing"),
    ("Website", "marketing"),
    ("Landing Page", "marketing"),
    ("Email", "inbound"),
    ("Hotline", "inbound"),
    ("Hội thảo", "marketing"),
    ("Khách tự tìm đến", "inbound"),
    ("Giới thiệu", "inbound"),
    (LISTS, "marketing"),
]
REQUEST_TYPES = [
    "Trạm quan trắc khí thải",
    "Trạm quan trắc khí thải (Lắp bổ sung)",
    "Trạm quan trắc nước",
    "Trạm quan trắc nước (Lắp bổ sung)",
    "Bảo hành / bảo trì",
]
STAGES: list[dict[str, Any]] = [
    {"name": "Mới", "category": "new", "purpose": "Chưa ai tác động"},
    {"name": "Đang xử lý", "category": "working", "purpose": "Chăm sóc, khảo sát, đánh giá"},
    {"name": "Đã chuyển đổi", "category": "converted", "is_folded": True},
    {"name": "Không phù hợp", "category": "unqualified", "is_folded": True},
]
NAME = "Tiềm năng"
# The example of source 3 (R4.18), with the end that it leaves out.
OTHER_NAME = "Tiềm năng qua bốn bước"
OTHER_STAGES: list[dict[str, Any]] = [
    {"name": "Liên hệ lần đầu", "category": "new"},
    {"name": "Đánh giá nhu cầu", "category": "working"},
    {"name": "Thương lượng", "category": "working"},
    {"name": "Chuyển đổi thành cơ hội", "category": "converted", "is_folded": True},
    {"name": "Không phù hợp", "category": "unqualified", "is_folded": True},
]
REASONS = ["Không có nhu cầu", "Không liên hệ được", "Sai thông tin", "Ngoài phạm vi cung cấp", "Trùng với khách đã có"]


def plant(apps: Any) -> None:
    plant_list(
        apps.get_model("parties", "Source"),
        [{"name": name, "channel": channel, "brings_lists": name == LISTS} for name, channel in SOURCES],
    )
    plant_list(apps.get_model("leads", "RequestType"), [{"name": name} for name in REQUEST_TYPES])
    plant_pipeline(apps, "lead", NAME, STAGES)
    plant_reasons(apps, "lead", "unqualified", REASONS)
