"""«Xuất»: the rows of any list as a file. Read chunk by chunk while it is sent, so that its size does not matter.

What leaves is personal data (Nghị định 356/2025): only what the person sees and may export, and every time is told.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.http import QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from pheu.core import registries, tables
from pheu.core.errors import DomainError
from pheu.core.vietnamese import today_here
from pheu.people.models import User
from pheu.people.scopes import EXPORT, scope_q
from pheu.quality import events
from pheu.records.acts import act
from pheu.records.fields import Field
from pheu.records.kinds import Kind
from pheu.records.lists import Listing
from pheu.records.models import Record
from pheu.timeline.services import record

PATIENCE = "2min"


class Outgoing(Listing):
    """The rows of a list that leave: what it shows, the ticked ones of it, or all of the kind."""

    def __init__(self, kind: Kind, user: User, params: QueryDict, *, scope: str, ids: Iterable[int] = ()) -> None:
        super().__init__(kind, user, params)
        self.scope, self.ids = scope, list(ids)
        if scope == events.SHOWN:
            return
        self.text, self.filters, self.where = "", {}, {}
        self._asked, self.condition = [], Q()

    def narrowed(self, rows: Any = None) -> Any:
        found = super().narrowed(rows).filter(scope_q(self.user, self.kind.code, EXPORT))
        return found.filter(pk__in=self.ids) if self.scope == events.TICKED else found

    def count(self) -> int:
        return int(self.narrowed().order_by().count())

    def fields(self, *, every: bool) -> list[Field]:
        """The columns of the list, or every field of the schema; never what only conditions ask for."""
        usual = self.schema.column_fields()
        return [one for one in (self.schema if every else self.column_fields) if one.on_page or one in usual]

    def lines(self, fields: list[Field]) -> Iterator[tables.Line]:
        """The labels, by which an import knows the fields again, then the rows."""
        yield [str(one.label) for one in fields]
        picked = [one for one in fields if one.cell == "row"]
        for rows in self.chunks(fields):
            seen = self._seen(rows, picked)
            for row in rows:
                yield [_name(one.value(row), seen) if one in picked else one.to_cell(row) for one in fields]

    def _seen(self, rows: list[Any], picked: list[Field]) -> set[int]:
        """Those of the records that these rows name which the person may see."""
        named = {value.pk for one in picked for row in rows if (value := one.value(row)) is not None}
        return (
            set(Record.objects.visible_to(self.user).filter(pk__in=named).values_list("pk", flat=True))
            if named
            else set()
        )


def _name(value: Any, seen: set[int]) -> str:
    return value.title if value is not None and value.pk in seen else ""


@act
def export_rows(asked: Outgoing, fields: list[Field], *, form: str, by: User) -> int:
    """Tell that these rows leave, before the first of them does; how many they are."""
    by.must(asked.kind.code, EXPORT)
    many = asked.count()
    if form == events.XLSX and many >= tables.MOST_LINES:
        raise DomainError(_("An Excel sheet holds %(most)s rows at most. Choose CSV."), most=tables.MOST_LINES - 1)
    facts: dict[str, Any] = {"of": asked.kind.code, "rows": many, "form": form, "scope": asked.scope, "ids": asked.ids}
    told: dict[str, Any] = {
        "text": asked.text,
        "where": asked.asked,
        "sort": asked.sort,
        "fields": [one.name for one in fields],
    }
    record(events.EXPORTED, about=None, by=by, **facts, **told)
    return many


def download(asked: Outgoing, fields: list[Field], form: str) -> StreamingHttpResponse:
    lines, name = asked.lines(fields), str(asked.kind.plural)
    if form == events.XLSX:
        pieces, content_type = tables.xlsx_file(tables.Sheet(lines, title=name)), tables.EXCEL
    else:
        pieces, content_type = tables.csv_file(lines), tables.CSV
    answer = StreamingHttpResponse(_sent(pieces, translation.get_language()), content_type=content_type)
    file_name = f"{name} {today_here():%Y-%m-%d}.{form}"
    answer.headers["Content-Disposition"] = str(content_disposition_header(True, file_name))
    return answer


def _sent(pieces: Iterator[bytes], language: str) -> Iterator[bytes]:
    """In the language of who asked, which is forgotten when the page is answered and the file still on its way."""
    with translation.override(language), _snapshot():
        yield from pieces


@contextmanager
def _snapshot() -> Iterator[None]:
    """All statements see the rows as they were at the first: what is changed meanwhile is neither lost nor twice.

    Whoever stops taking the file for so long ends it: an old snapshot keeps the database from clearing up.
    """
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
                cursor.execute("set local idle_in_transaction_session_timeout = %s", [PATIENCE])
        yield


@registries.list_buttons.add("*", order=60)
def export_button(kind: str, user: User) -> list[registries.Button]:
    return [_button(kind, of_list=True, style="square")] if user.may(kind, EXPORT) else []


@registries.bulk.add("*", order=80)
def export_ticked(kind: str, user: User) -> list[registries.Button]:
    return [_button(kind)] if user.may(kind, EXPORT) else []


def _button(kind: str, **more: Any) -> registries.Button:
    return registries.Button(_("Export"), reverse(f"{kind}-export"), "table-export", dialog=True, **more)
