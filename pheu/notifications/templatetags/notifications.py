from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pheu.core.markup import address, html, together
from pheu.core.templatetags.signs import avatar, dot
from pheu.core.templatetags.vn import show_datetime
from pheu.notifications.reading import Line

register = template.Library()


@register.simple_tag(takes_context=True)
def notices(context: Any, lines: Iterable[Line]) -> SafeString:
    """Each opens its record by a post, because reading it is noted."""
    token = str(context.get("csrf_token", ""))
    return html('<ul class="notices">{}</ul>', together(_notice(one, token) for one in lines))


def _notice(line: Line, token: str) -> SafeString:
    event = line.event
    sign = avatar(event.by, "", True) if event.by else dot(line.kind.icon, line.kind.tone or "slate")
    note = html('<q class="notice-note">{}</q>', line.excerpt) if line.excerpt else ""
    told = html(
        '<span><b>{}</b> {}</span><span class="notice-what">{}{}</span>{}<span class="sub">{}</span>',
        event.author_name or _("The system"), line.sentence, line.what, line.and_others, note,
        show_datetime(event.at),
    )  # fmt: skip
    return html(
        '<li><form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">{}'
        '<button class="notice{}">{}<span class="notice-text">{}</span>{}</button></form></li>',
        address("notification-opening", line.row.pk), token, SEVERAL if line.others else "",
        " notice-unread" if line.is_unread else "", sign, told, html(NEW, _("Not read")) if line.is_unread else "",
    )  # fmt: skip


SEVERAL = SafeString('<input type="hidden" name="all" value="1">')
NEW = '<span class="notice-new"><span class="sr-only">{}</span></span>'
