from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import connections, models
from django.db.models import BigIntegerField, Func, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from pheu.core.errors import Conflict, DomainError, Refused
from pheu.people.models import User
from pheu.people.scopes import ARCHIVE, VIEW, Action, scope_q
from pheu.records import kinds

if TYPE_CHECKING:
    from pheu.records.fields import Field


class Past(Func):
    """Ids of every record whose past belongs to the one of this id, itself included; see `pheu_past` in migrations."""

    function = "pheu_past"
    output_field = ArrayField(BigIntegerField())


class Future(Past):
    """Ids of every record in whose past the one of this id can be read, itself included."""

    function = "pheu_future"


class RowQuerySet(QuerySet):
    """The way to rows of any kind: start from the person."""

    def within(self, user: User, action: Action) -> "RowQuerySet":
        """The rows with which `user` may do `action`; one folded into another can only be looked up."""
        rows = self.filter(self._allowed(user, action))
        return rows if action == VIEW else rows.live()

    def reached_by(self, user: User, action: Action) -> "RowQuerySet":
        """The same, whatever has become of the rows: for taking back what was done with them."""
        return self.filter(self._allowed(user, action))

    def kept_within(self, user: User, action: Action) -> "RowQuerySet":
        """The same, with those that are archived: what was done to them before may be asked for again."""
        return self.filter(self._allowed(user, action)).filter(Q(is_live=True) | Q(record__archived_at__isnull=False))

    def ways_to_see(self, user: User) -> list["RowQuerySet"]:
        """`visible_to` taken apart: querysets that together hold its rows, some of them twice.

        An index gives the newest rows of one owner or one team at once. Asked for "one or the other", PostgreSQL reads
        the newest rows of everybody until it has found enough: the whole table, for somebody who has little.
        """
        allowed = self._allowed(user, VIEW)
        if allowed.connector != Q.OR:
            return [self.filter(allowed)]
        return [self.filter(way) for child in allowed.children for way in _one_value_each(child)]

    def _allowed(self, user: User, action: Action) -> Q:
        kind = kinds.get(self.model.kind)  # type: ignore[attr-defined]
        allowed = scope_q(user, kind.code, action)
        if action == VIEW and allowed:
            for window in kind.windows:
                allowed |= Q(pk__in=window(user))
        return allowed

    def visible_to(self, user: User) -> "RowQuerySet":
        return self.within(user, VIEW)

    def live(self) -> "RowQuerySet":
        return self.filter(is_live=True)

    def with_past(self) -> "RowQuerySet":
        """Bring with each row the ids that `Record.past_ids` asks for, and the record it continues."""
        return self.select_related("record__continues").annotate(past_ids=Past("pk"))

    def with_words(self) -> "RowQuerySet":
        """Bring the Record and whatever the row is found by, as `describe_record` asks for them."""
        schema = kinds.get(self.model.kind).schema  # type: ignore[attr-defined]
        picked = [one.name for one in schema if one.searched and one.cell == "row"]
        stage = ["stage"] if kinds.get(self.model.kind).has_stages else []  # type: ignore[attr-defined]
        return self.select_related("record", *picked, *stage)

    def with_values_of(self, *fields: "Field") -> "RowQuerySet":
        """`with_words`, and what these fields hold."""
        relations, _columns = _drawn_from(list(fields))
        rows = self.with_words()
        return (rows.select_related(*relations) if relations else rows)._with_tags(list(fields))

    def with_cells(self) -> "RowQuerySet":
        """Bring what the cells of a list refer to, and all of the row itself."""
        schema = kinds.get(self.model.kind).fields  # type: ignore[attr-defined]
        return self._with_referred(schema.column_fields())

    def with_facts(self, *beside: str) -> "RowQuerySet":
        """Bring all of the row, what its fields refer to as far as it is drawn, and the pipeline.

        `beside` are further columns of what it refers to: `company__phone`.
        """
        kind = kinds.get(self.model.kind)  # type: ignore[attr-defined]
        rows = self._with_referred([one for one in kind.fields if one.cell != "stage"], *beside)
        return rows.with_stage().select_related("closed_by") if kind.has_stages else rows

    def to_draw(self, fields: Iterable["Field"], beside: Iterable[str] = ()) -> "RowQuerySet":
        """Bring of each row what these fields are drawn from, its name, whether it is over and who may take it on.

        Reading wide rows is most of what a list or a board costs. `beside` are further columns of the row itself.
        """
        kind, fields = kinds.get(self.model.kind), list(fields)  # type: ignore[attr-defined]
        relations, columns = _drawn_from(fields)
        if kind.has_stages:
            relations.add("stage")
            columns.add("stage__category")
        if any(one.name == "owner" for one in fields):
            columns.update(("team", "department", *self.model.is_over_by))  # type: ignore[attr-defined]
        rows = self.select_related("record", *relations)
        return rows.only("record__number", *kind.fields.title, *relations, *columns, *beside)._with_tags(fields)

    def _with_referred(self, fields: list["Field"], *beside: str) -> "RowQuerySet":
        own = {one.name for one in self.model._meta.local_fields}
        relations, columns = _drawn_from([one for one in fields if one.column in own])
        return self.select_related("record", *relations).only(*own, *columns, *beside)._with_tags(fields)

    def _with_tags(self, fields: list["Field"]) -> "RowQuerySet":
        # As a list of its own: a manager and a queryset for each row cost more than its tags.
        tags = models.Prefetch("record__tags", to_attr="loaded_tags")
        return self.prefetch_related(tags) if any(one.cell == "tags" for one in fields) else self

    def with_stage(self) -> "RowQuerySet":
        """Bring the stage with its pipeline and the stages of that."""
        return self.select_related("stage__pipeline").prefetch_related("stage__pipeline__stages")

    def get_or_refuse(self, pk: Any) -> Any:
        """The one row, or `Refused`: whoever calls an act has seen the row already."""
        row = self.filter(pk=pk).first()
        if row is None:
            raise Refused
        return row

    def all_or_refuse(self, rows: Any) -> list[Any]:
        """Every one of `rows`, fresh and within this scope, or `Refused`: nobody gets a part in silence."""
        wanted = {row.pk for row in rows}
        found = list(self.filter(pk__in=wanted).order_by("pk"))
        if len(found) != len(wanted):
            raise Refused
        return found


def _drawn_from(fields: list["Field"]) -> tuple[set[str], set[str]]:
    """(relations, columns) of which these fields are drawn."""
    parts = [one.drawn_from() for one in fields]
    return {one for relations, _columns in parts for one in relations}, {one for _, columns in parts for one in columns}


def _one_value_each(condition: Any) -> list[Q]:
    """`team in (3, 7)` as two conditions: an index is in order for one team, not for two."""
    name, value = condition if isinstance(condition, tuple) else ("", None)
    if name.endswith("__in") and isinstance(value, list):
        return [Q(**{name.removesuffix("__in"): one}) for one in value]
    return [condition if isinstance(condition, Q) else Q(condition)]


class RecordQuerySet(QuerySet):
    def visible_to(self, user: User) -> "RecordQuerySet":
        """Records of every kind that the person may see, each by its own kind's scope."""
        allowed = self._allowed(user, VIEW)
        for kind in kinds.every():
            for window in kind.windows if scope_q(user, kind.code, VIEW) else ():
                allowed |= Q(kind=kind.code, pk__in=window(user))
        return self.filter(allowed)

    def archived_for(self, user: User) -> "RecordQuerySet":
        """Archived records of every kind that the person may restore."""
        return self.archivable_by(user).filter(archived_at__isnull=False)

    def archivable_by(self, user: User) -> "RecordQuerySet":
        """Records of every kind that the person may archive, or has archived and may restore."""
        states = self.model.State  # type: ignore[attr-defined]
        return self.filter(self._allowed(user, ARCHIVE), state__in=[states.LIVE, states.ARCHIVED])

    def _allowed(self, user: User, action: Action) -> Q:
        allowed = Q(pk__in=[])
        for kind in kinds.every():
            allowed |= Q(kind=kind.code) & self._on_records(scope_q(user, kind.code, action))
        return allowed

    @staticmethod
    def _on_records(scope: Q) -> Q:
        """The scope's `record__in` speaks of the domain row's key; on Record itself that is `pk`."""
        children: list[Any] = [
            RecordQuerySet._on_records(child)
            if isinstance(child, Q)
            else (child[0].replace("record__in", "pk__in"), child[1])  # type: ignore[index]
            for child in scope.children
        ]
        return Q(*children, _connector=scope.connector, _negated=scope.negated)


class SavedViewQuerySet(QuerySet):
    def for_person(self, user: User) -> "SavedViewQuerySet":
        """Those in use that are theirs, or shared with them."""
        above = [int(part) for part in user.department.path.split("/") if part] if user.department else []
        shared = Q(for_all=True) | Q(departments__overlap=above) | Q(teams__overlap=user.team_ids)
        shared |= Q(roles__contains=[user.role_id])
        return self.filter(Q(owner=user) | shared, is_active=True)


class StageQuerySet(QuerySet):
    def letting_in(self, user: User) -> "StageQuerySet":
        """Those into which the person's role may put records (`Stage.lets_in`)."""
        may = Q(entered_by=[]) | Q(entered_by__contains=user.role_id)
        return self.filter(may, empties_into=None)

    def hold_still(self, stage: Any) -> None:
        """Keep a stage as it is until the act ends, and say so where it is no longer what somebody saw.

        Several may hold one; whoever takes it out, or gives it another category, waits for them.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(STILL, [stage.pk, stage.category])
            if cursor.fetchone() is None:
                raise Conflict(_("The stage “%(stage)s” was changed meanwhile. Please look again."), stage=stage)


STILL = """
    select 1 from records_stage
    where id = %s and category = %s and gone_to_id is null and empties_into_id is null for share
"""


class PipelineQuerySet(QuerySet):
    def active(self) -> "PipelineQuerySet":
        """Those that a company still uses."""
        return self.filter(is_active=True)

    def default(self, kind: str) -> Any:
        """The pipeline in which new rows of a kind begin; `DomainError` while the company has made none."""
        ordered = self.active().filter(kind=kind).order_by("-is_default", "position", "pk")
        found: Any = ordered.prefetch_related("stages").first()
        if found is None or not found.stages.all():
            raise DomainError(_("There is no pipeline with stages yet for: %(kind)s."), kind=kinds.get(kind).plural)
        return found
