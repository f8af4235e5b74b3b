from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet

from pheu.core.errors import Refused
from pheu.people.models import User
from pheu.people.scopes import IMPORT, Scope
from pheu.quality.importers import importable_kinds

MOST_COUNTED = 100_000  # lines whose words are counted while a page is drawn

_KEEP = """
    copy quality_importline (imported_id, line, cells, state, reason, detail, marks, has_problem, values)
    from stdin
"""


class ImportQuerySet(QuerySet):
    def visible_to(self, user: User) -> "ImportQuerySet":
        """One's own imports, and everybody's of the kinds that one may import anywhere."""
        kinds = [kind for kind in importable_kinds() if user.may(kind, IMPORT)]
        everywhere = [kind for kind in kinds if user.scope_of(kind, IMPORT) == Scope.ALL]
        return self.filter(Q(kind__in=kinds, by=user.pk) | Q(kind__in=everywhere))

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
                stream.write_row((imported_id, number, cells, "read", "", "", [], False, "{}"))

    def words_in(self, column: int, most: int) -> list[str]:
        """What stands in a column of the first lines, each once, the most frequent first."""
        cells = self.filter(line__lte=MOST_COUNTED).annotate(told=F(f"cells__{column}")).exclude(told=None)
        counted = cells.exclude(told="").order_by().values("told").annotate(times=Count("pk"))
        return [one["told"] for one in counted.order_by("-times", "told")[:most]]

    def save_all(self, lines: Sequence[Any], fields: list[str]) -> None:
        """Save some fields of lines that exist: one upsert, ten times as fast as `bulk_update`."""
        self.bulk_create(lines, update_conflicts=True, unique_fields=["id"], update_fields=fields)
