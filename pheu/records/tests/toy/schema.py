from pheu.records.fields import Choice, Date, LongText, Money, Tags, Title, common, staged
from pheu.records.models import Category
from pheu.records.schema import Group, Schema, responsible
from pheu.records.tests.toy.models import COLOURS, Toy

TOY = Schema(
    model=Toy,
    groups=(
        Group(
            "toy",
            "Đồ chơi",
            (
                Title(name="name", label="Tên đồ chơi", required=True, sortable=True),
                Money(name="price", label="Giá bán", sortable=True, filterable=True),
                Date(name="ready_on", label="Ngày xong", sortable=True, filterable=True),
                Choice(name="colour", label="Màu sơn", options=COLOURS, filterable=True),
                LongText(name="story", label="Câu chuyện", searched=True),
                Tags(name="tags", label="Từ khóa", filterable=True, importable=False),
            ),
        ),
        responsible("toy"),
    ),
    title=("name",),
    amount="price",
    card=("price", "tags", "owner", "next_activity"),
    columns=("name", "number", "stage", "price", "ready_on", "colour", "tags", "owner", "updated_at"),
    shown=(*staged("toy", tuple(Category)), *common()),
    phone_columns=("name", "stage", "owner"),
)
