from django.db.models import Q, QuerySet

from pheu.people.models import User
from pheu.people.scopes import IMPORT, Scope
from pheu.quality.importers import importable_kinds


class ImportQuerySet(QuerySet):
    def visible_to(self, user: User) -> "ImportQuerySet":
        """One's own imports, and everybody's of the kinds that one may import anywhere."""
        kinds = [kind for kind in importable_kinds() if user.may(kind, IMPORT)]
        everywhere = [kind for kind in kinds if user.scope_of(kind, IMPORT) == Scope.ALL]
        return self.filter(Q(kind__in=kinds, by=user.pk) | Q(kind__in=everywhere))


class ImportLineQuerySet(QuerySet):
    def after(self, line: int, count: int) -> "ImportLineQuerySet":
        """The next `count` lines of a file behind `line`."""
        return self.filter(line__gt=line).order_by("line")[:count]
