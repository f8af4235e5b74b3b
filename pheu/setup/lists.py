"""The pages of «Cấu hình»: the lists that a company keeps for itself (apps register theirs), its people and teams."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.errors import Refused
from pheu.core.templatetags.signs import TONES
from pheu.core.vietnamese import fold
from pheu.records.models import ListItem
from pheu.setup.columns import Column, column_of

Words = str | Promise
MOST_COUNTED = 1000  # rows that use an entry; beyond it is «more than»
_pages: dict[str, "Page"] = {}


class Page:
    """One page of «Cấu hình»: entries of one table, and what the acts of `configuring` need to know of them.

    `body` and `line` are the templates of the form's fields and of one entry; `form_page` draws the form, as a dialog
    unless it says otherwise. Entries of `is_removable` pages can be deleted while nothing names them;
    the log of those that `tells_all` says what an entry began with; of those `in_shape`, other pages are drawn by what
    stands in them, so that a change gives everybody a new stamp (`core.shape`).
    """

    code: str
    label: Words
    short: Words = ""  # what it is called below the heading of its group
    one: Words
    order: int
    hint: Words
    model: Any
    columns: tuple[str, ...]
    group: Words = gettext_lazy("Lists")
    body = "setup/_item_fields.html"
    line = "setup/_item_line.html"
    icon = "list"
    form_page = "setup/item.html"
    list_page = "setup/list.html"
    # What the acts on it lock: pages with one rule over both name the same.
    lock = ""
    is_list = True  # of many entries, which are made, changed and searched
    is_ordered = is_removable = tells_all = in_shape = False
    most = 200

    def join(self) -> None:
        _pages[self.code] = self

    @property
    def items(self) -> QuerySet[Any]:
        """All entries in their order, also those that are offered no more."""
        return self.model._default_manager.all()

    @property
    def items_with_uses(self) -> Iterable[Any]:
        """The entries as the page draws them."""
        return self.items

    @property
    def can_be_off(self) -> bool:
        """Whether entries can be offered no more and keep their place."""
        return hasattr(self.model, "is_active")

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"setup-{self.code}-{page}", args=args)

    def words(self, item: Any) -> str:
        """What a search on the page looks in."""
        return str(item)

    def column(self, name: str) -> Column:
        """One of its `columns`: no act writes another."""
        if name not in self.columns:
            raise Refused
        return column_of(self.model, name)

    def new(self, held: Sequence[Any]) -> Any:
        """An unsaved entry beside those that there are."""
        return self.model()

    def is_same(self, one: Any, item: Any) -> bool:
        """Whether two entries cannot stand beside each other: they are called the same, however that is written."""
        return fold(str(one)) == fold(str(item))

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        """{column: words} of what cannot be so, beyond what the table itself refuses."""
        return {}

    def save(self, item: Any, names: Sequence[str] | None) -> None:
        item.save(update_fields=names)

    def after(self, item: Any) -> None:
        """`DomainError` for a change that cannot stand, asked when it is written."""

    def must_be_free(self, item: Any) -> None:
        """`DomainError` for an entry that something still names."""

    @property
    def is_dialog(self) -> bool:
        return self.form_page == Page.form_page


@dataclass(frozen=True)
class CompanyList(Page):
    """A list of `model`. Its entries have the columns `fixed`; `more` names those that are edited beside the name."""

    code: str
    model: type[ListItem]
    label: Words
    one: Words
    order: int
    hint: Words = ""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    is_ordered = True
    travels = True  # with the company's configuration; what another company has its own of stays at home

    def __post_init__(self) -> None:
        self.join()

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def items(self) -> QuerySet[Any]:
        """All entries in their order, also those that are offered no more."""
        return self.model._default_manager.filter(**self.fixed)

    @property
    def items_with_uses(self) -> QuerySet[Any]:
        """Each with `uses`: how many rows name it, counted up to `MOST_COUNTED` + 1 in each table."""
        relations = self.model._meta.get_fields(include_hidden=True)
        tables = [one for one in relations if one.one_to_many and one.auto_created]
        uses = sum((uses_in(one) for one in tables), start=Value(0, IntegerField()))
        return self.items.annotate(uses=uses)

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("name", "colour", "is_active", *self.more)

    def new(self, held: Sequence[Any]) -> Any:
        return self.model(**self.fixed, position=max((one.position for one in held), default=-1) + 1)

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        return {} if item.colour in TONES else {"colour": [str(_("Choose one of these colours."))]}

    def url(self, page: str, *args: Any) -> str:
        return reverse(URLS[page], args=[self.code, *args])


URLS = {
    "page": "company-list-page",
    "new": "list-item-new",
    "change": "list-item-change",
    "switch": "list-item-switch",
    "order": "list-order",
}


def uses_in(relation: Any) -> Func:
    """How many rows name an entry through this relation, counted up to `MOST_COUNTED` + 1."""
    rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
    few = ArraySubquery(rows.order_by().annotate(one=F("pk")).values("one")[: MOST_COUNTED + 1])
    return Func(few, function="cardinality", output_field=IntegerField())


# Make the pages that kinds of records have each for itself, once all kinds are there.
_of_kinds: list[Callable[[], Iterable[Page]]] = []


def add_for_kinds(made: Callable[[], Iterable[Page]]) -> None:
    _of_kinds.append(made)


def _all() -> dict[str, Page]:
    while _of_kinds:
        for page in _of_kinds.pop()():
            page.join()
    return _pages


def every() -> list[Page]:
    return sorted(_all().values(), key=lambda one: one.order)


def get(code: str) -> Page | None:
    return _all().get(code)
