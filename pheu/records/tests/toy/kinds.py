from pheu.records.conditions import View
from pheu.records.kinds import Kind, register
from pheu.records.tests.toy import schema

TOY = register(
    Kind(
        code="toy",
        prefix="DC",
        label="Đồ chơi",
        plural="Đồ chơi",
        icon="star",
        fields=schema.TOY,
        family="work",
        views=lambda user: [
            View("all", "Tất cả", {}),
            View("red", "Đỏ", {"field": "colour", "op": "in", "value": ["red"]}),
        ],
    )
)
