"""«Trang chủ»: what waits for me today, and how we are doing."""

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from pheu.core.navigation import commands_for
from pheu.home.panels import Page, greeting
from pheu.people.requests import Request


@require_safe
def commands(request: Request) -> HttpResponse:
    """What «Ctrl+K» offers besides the acts of the page itself."""
    return render(request, "home/commands.html", {"commands": commands_for(request.user)})


@require_safe
def home(request: Request) -> HttpResponse:
    page = Page(request.user, timezone.now())
    left, right = (
        [render_to_string(panel.template, panel.context, request) for panel in side]
        for side in (page.left(), page.right())
    )
    context = {"greeting": greeting(page.user, page.now), "kpis": page.kpis(), "left": left, "right": right}
    return render(request, "home/home.html", context)
