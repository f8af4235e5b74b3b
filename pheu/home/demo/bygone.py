"""What was long ago, told by the week: whoever sat at a desk wrote down what came in, and each lead went its way."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from pheu.home.demo.clock import Story, at_work, together
from pheu.home.demo.scripts import CARE, MARKETING
from pheu.home.demo.stories import Tale
from pheu.leads.models import Lead
from pheu.leads.services import create_leads
from pheu.people.models import User
from pheu.timeline.services import assign


def weeks(tales: Iterable[Tale]) -> list[Story]:
    """A story for each week of each desk."""

    def desk(tale: Tale) -> tuple[str, str]:
        return f"{tale.script.begins:%G-%V}", maker_of(tale).email

    return [_week(list(together_came)) for _desk, together_came in groupby(sorted(tales, key=desk), key=desk)]


def maker_of(tale: Tale) -> User:
    return {CARE: tale.carer, MARKETING: tale.office.staff["trang"]}.get(tale.script.desk, tale.seller)


def _week(tales: Sequence[Tale]) -> Story:
    at = max(tale.script.begins for tale in tales)
    yield at
    maker, by_marketing = maker_of(tales[0]), tales[0].script.desk == MARKETING
    place = {} if by_marketing else {"owner": maker}
    leads = create_leads([tale.first_words() | place for tale in tales], by=maker)
    if by_marketing:
        yield (at := at_work(at, tales[0].rng))
        _hand_out(tales, leads, maker)
    for tale in tales:
        tale.at = at
    yield from together(
        tale.go_on(lead, tale.seller if by_marketing else maker) for tale, lead in zip(tales, leads, strict=True)
    )


def _hand_out(tales: Sequence[Tale], leads: Sequence[Lead], marketer: User) -> None:
    for seller in dict.fromkeys(tale.seller for tale in tales):
        ours = [(tale, lead) for tale, lead in zip(tales, leads, strict=True) if tale.seller == seller]
        team = ours[0][0].office.staff.teams[ours[0][0].script.customer.team]
        assign([lead for _tale, lead in ours], owner=seller, team=team, by=marketer)
