"""The kinds of field that a schema is made of. A field owns everything about its values.

Where they are kept (a column, or a key of the row's JSON column `own`), how they are asked for, checked, read from a
file, shown, told as JSON, filtered by (`operators`) and ordered. Nothing else switches on types.
"""

from pheu.records.fields.base import NO_VALUE, Field, Reading, When, compare, wrong
from pheu.records.fields.choices import Choice, MultiChoice, Stars, YesNo
from pheu.records.fields.dates import Date, Moment
from pheu.records.fields.numbers import Money, Number, Percent
from pheu.records.fields.own import Address, Option, OwnChoice, OwnChoices, OwnPerson, OwnRecord, Progress
from pheu.records.fields.references import (
    DepartmentPick,
    LabelPick,
    OwnerPick,
    PersonPick,
    Pick,
    PickInput,
    RowPick,
    StagePick,
    Tags,
    TeamPick,
    read_key,
)
from pheu.records.fields.shown import (
    NextActivity,
    Overdue,
    Shown,
    ShownChoice,
    ShownMoment,
    ShownPerson,
    ShownRow,
    ShownStatus,
    common,
    moment,
    next_activity,
    staged,
    use_next_titles,
)
from pheu.records.fields.text import (
    Email,
    Link,
    LongText,
    Phone,
    TaxCode,
    Text,
    Title,
)

__all__ = [
    "NO_VALUE",
    "Address",
    "Choice",
    "Date",
    "DepartmentPick",
    "Email",
    "Field",
    "LabelPick",
    "Link",
    "LongText",
    "Moment",
    "Money",
    "MultiChoice",
    "NextActivity",
    "Number",
    "Option",
    "Overdue",
    "OwnChoice",
    "OwnChoices",
    "OwnPerson",
    "OwnRecord",
    "OwnerPick",
    "Percent",
    "PersonPick",
    "Phone",
    "Pick",
    "PickInput",
    "Progress",
    "Reading",
    "RowPick",
    "Shown",
    "ShownChoice",
    "ShownMoment",
    "ShownPerson",
    "ShownRow",
    "ShownStatus",
    "StagePick",
    "Stars",
    "Tags",
    "TaxCode",
    "TeamPick",
    "Text",
    "Title",
    "When",
    "YesNo",
    "common",
    "compare",
    "moment",
    "next_activity",
    "read_key",
    "staged",
    "use_next_titles",
    "wrong",
]
