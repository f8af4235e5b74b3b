"""Activity types that a new company starts with."""

from typing import Any

from pheu.records.seeds import plant_list

TYPES = [
    ("Gọi điện", "phone"),
    ("Gặp trực tiếp", "users"),
    ("Gửi email", "mail"),
    ("Khảo sát hiện trường", "map-pin"),
    ("Soạn báo giá", "file-text"),
    ("Việc khác", "checkbox"),
]


def plant(apps: Any) -> None:
    plant_list(apps.get_model("activities", "ActivityType"), [{"name": name, "icon": icon} for name, icon in TYPES])
