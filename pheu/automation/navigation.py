"""The pages of «Cấu hình» join, and the third way of handing out stands beside the others."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pheu.automation import rules  # noqa: F401  (its pages register themselves)
from pheu.automation.queries import kinds_with_rules
from pheu.core.registries import Button, hand_out_ways
from pheu.people.models import User


@hand_out_ways.add("*")
def by_rules(kind: str, user: User) -> list[Button]:
    """«Theo quy tắc» in the dialog «Phân công»."""
    known: set[Any] = {one.code for one in kinds_with_rules()}
    return [Button(_("By the rules…"), reverse(f"{kind}-by-rules"), "robot")] if kind in known else []
