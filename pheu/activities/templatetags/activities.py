"""Drawing work: a calendar has up to two hundred lines, so each is drawn by functions (core/markup.py)."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import address, drawn_once, html, together
from pheu.core.templatetags.signs import dot, icon
from pheu.core.templatetags.vn import show_datetime

register = template.Library()


@register.simple_tag(takes_context=True)
def lines_of(context: Context, day: Any) -> SafeString:
    """The activities of a day of the calendar, each with `opens`; in a team's calendar with whose each is."""
    user, is_team = context["request"].user, context["whose"] == "team"
    return together(_line(one, day.tone, is_team=is_team, is_mine=one.assignee == user) for one in day.activities)


def _line(activity: Any, tone: str, *, is_team: bool, is_mine: bool) -> SafeString:
    due = show_datetime(activity.due_at)
    record = activity.record
    about = html("{} · {}", record.title, record.number) if activity.opens else html("{}", activity.type)
    link = '<a href="{}">{}</a>'
    name = html(link, address("record", activity.record_id), activity) if activity.opens else html("{}", activity)
    return html(
        '<div class="line">{}<div class="line-text"><div class="name cut">{}</div>'
        '<div class="sub cut"><span class="only-phone">{} · </span>{}{}</div></div>'
        '<span class="sub nowrap hide-phone">{}</span>{}</div>\n',
        dot(activity.type.icon, tone),
        name,
        due,
        about,
        html(" · {}", activity.assignee) if is_team else "",
        due,
        html('<a class="btn btn-small" href="{}" data-dialog>{}</a>', address("activity-done", activity.pk), _done())
        if is_mine
        else "",
    )


@drawn_once
def _done() -> SafeString:
    return together([icon("check"), _("Done")])
