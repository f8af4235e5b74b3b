from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, F, Func, Q, QuerySet
from psycopg import sql

from pheu.core import bulk
from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import IMPORT, Scope
from pheu.quality import marks
from pheu.quality.importers import importable_kinds
from pheu.records import kinds

MOST_COUNTED = 100_000  # lines whose words are counted while a page is drawn

_KEEP = """
    copy quality_importline (imported_id, line, cells, state, reason, detail, marks, has_problem, values, phones)
    from stdin
"""

# A number alone, or with the words that stood beside it behind a semicolon.
_IS_PHONE = "{0}.phone = told.phone"
_BEGINS_WITH_PHONE = "{0}.phone ~>=~ (told.phone || ';') and {0}.phone ~<~ (told.phone || '<')"

# Lines whose number another line of the file, or a record of any kind, has too: {there} asks for the latter. Without
# `ids` all lines of the file are marked, with them only those.
_MARK_REPEATS = """
    with told as materialized (
        select distinct id, line, unnest(phones) as phone from quality_importline
        where imported_id = %(imported)s and line > %(header)s and state = 'ready'
    ), seen as (
        select id, count(*) over same > 1 as repeated, {there} as known, line > min(line) over same as later
        from told window same as (partition by phone)
    ), said as (
        select id, bool_or(repeated) as repeated, bool_or(known) as known, bool_or(known or later) as again
        from seen where %(ids)s::bigint[] is null or id = any(%(ids)s) group by id
    )
    update quality_importline lines set has_problem = true, marks = marks || array_remove(array[
        case when repeated then %(repeated)s end, case when known then %(known)s end, case when again then %(again)s end
    ]::varchar[], null)
    from said where said.id = lines.id and (repeated or known)
"""


# Ready lines that share something by which two are the same; and, where lines go into what is there, those that do.
_LET_WAIT = """
    with told as materialized (
        select id, unnest(same_by) as shared from quality_importline
        where imported_id = %(imported)s and line > %(header)s and state = 'ready'
    ), several as (
        select shared from told group by shared having count(*) > 1
    )
    update quality_importline set waits = true
    where imported_id = %(imported)s and line > %(header)s and state = 'ready' and not waits and (
        id in (select id from told join several using (shared)) or (%(goes_in)s and record_id is not null)
    )
"""


class ImportQuerySet(QuerySet):
    def visible_to(self, user: User) -> "ImportQuerySet":
        """One's own imports, and everybody's of the kinds that one may import anywhere."""
        may = [kind for kind in importable_kinds() if user.may(kind, IMPORT)]
        everywhere = [kind for kind in may if user.scope_of(kind, IMPORT) == Scope.ALL]
        return self.filter(Q(kind__in=may, by=user.pk) | Q(kind__in=everywhere))

    def get_or_refuse(self, pk: Any) -> Any:
        """The one import, or `Refused`: whoever calls an act has seen it already."""
        imported = self.filter(pk=pk).first()
        if imported is None:
            raise Refused
        return imported

    def never_started(self) -> "ImportQuerySet":
        """Those that have written nothing."""
        return self.filter(state__in=["reading", "refused", "draft", "checking", "checked"])


class ImportLineQuerySet(QuerySet):
    def after(self, line: int, count: int) -> "ImportLineQuerySet":
        """The next `count` lines of a file behind `line`."""
        return self.filter(line__gt=line).order_by("line")[:count]

    def keep(self, imported_id: int, lines: Iterable[tuple[int, list[str]]]) -> None:
        """Add (number, cells) of lines that were read: four times as fast as `bulk_create`."""
        with connection.cursor() as cursor, cursor.cursor.copy(_KEEP) as stream:
            for number, cells in lines:
                stream.write_row((imported_id, number, cells, "read", "", "", [], False, "{}", []))

    def mark_repeats(self, imported: Any, ids: Sequence[int] | None = None) -> None:
        """Mark the ready lines of a file whose phone stands in another of them or in the system, whoever may see it."""
        tables = [kind.model._meta.db_table for kind in kinds.every() if kind.schema.get("phone") is not None]
        # Asked apart: of both at once the planner makes a bitmap, and at a million rather reads the table.
        asked = [
            sql.SQL("exists (select from {0} where {0}.is_live and " + such + ")").format(sql.Identifier(table))
            for table in tables
            for such in (_IS_PHONE, _BEGINS_WITH_PHONE)
        ]
        there = sql.SQL("({})").format(sql.SQL(" or ").join(asked))
        values: dict[str, Any] = {
            "imported": imported.pk,
            "header": imported.header_line or 0,
            "ids": ids,
            "repeated": marks.REPEATED,
            "known": marks.KNOWN,
            "again": marks.AGAIN,
        }
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(_MARK_REPEATS).format(there=there), values)

    def count_marks(self) -> dict[str, int]:
        """{code: how many of these lines have it}."""
        told = self.order_by().annotate(mark=Func("marks", function="unnest")).values_list("mark")
        return dict(told.annotate(times=Count("pk")))

    def words_in(self, column: int, most: int) -> list[str]:
        """What stands in a column of the first lines, each once, the most frequent first."""
        cells = self.filter(line__lte=MOST_COUNTED).annotate(told=F(f"cells__{column}")).exclude(told=None)
        counted = cells.exclude(told="").order_by().values("told").annotate(times=Count("pk"))
        return [one["told"] for one in counted.order_by("-times", "told")[:most]]

    def let_wait(self, imported: Any, *, goes_in: bool) -> None:
        """Let those lines of a file wait that may be the same as others: none works them off beside anybody.

        `goes_in`: a line that is the same as a record goes into that one.
        """
        values = {"imported": imported.pk, "header": imported.header_line or 0, "goes_in": goes_in}
        with connection.cursor() as cursor:
            cursor.execute(_LET_WAIT, values)

    def save_all(self, lines: Sequence[Any], fields: list[str]) -> None:
        """Save some fields of lines that exist."""
        bulk.update(lines, *fields)
