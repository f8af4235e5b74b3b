"""How long hands wait until the page shows that it has heard them, in Chromium (quality.md 1: INP)."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings

from pheu.deals.models import Deal
from pheu.home.bench.server import HOST, Browser
from pheu.people.models import User
from pheu.timeline.models import Event
from pheu.timeline.services import add_note

CARDS, EVENTS = 200, 300
GATE = 100  # milliseconds
CARD = ".card[data-move-url]"
# An interaction lasts until the next picture after all its handlers; the browser rounds to 8 ms and leaves out what is
# faster than 16.
LISTEN = """
window.heard = [];
new PerformanceObserver((list) => window.heard.push(...list.getEntries().filter((one) => one.interactionId)))
  .observe({ type: "event", durationThreshold: 16, buffered: true });
"""
SLOWEST = """() => new Promise((told) => requestAnimationFrame(() => setTimeout(() => told(
  window.heard.map((one) => [one.duration, one.name]).sort((a, b) => b[0] - a[0])), 100)))"""


def asked(person: Browser) -> Iterator[str]:
    """What `waits` says, with a Chromium of our own."""
    from playwright.sync_api import sync_playwright  # of the tests' environment, which `bin/bench --hands` brings

    long = long_record(person.user)  # within Playwright Django refuses to ask the database
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ.get("PHEU_CHROMIUM"), args=sandbox)
        yield from waits(chromium, person, long)


def waits(chromium: Any, person: Browser, long: str) -> Iterator[str]:
    """A line for each of three pages, the last at the address `long`: the slowest of its interactions."""
    walks: list[Callable[[Any, str], str]] = [_list, _board, lambda page, own: _record(page, own + long)]
    for walk in walks:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="vi-VN")
        context.add_init_script(LISTEN)
        own = f"http://{HOST}:{person.port}"
        session = person.cookies.partition(";")[0].partition("=")[2]
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": own}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        what = walk(page, own)
        heard = page.evaluate(SLOWEST)
        ms, name = heard[0] if heard else (0, "-")
        over = " over" if ms > GATE else ""
        yield f"{what:60}{ms:6.0f} ms ({name}; {len(heard)} of 16 ms or more){over}"
        context.close()


def _opened(page: Any, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def _grow(page: Any, link: str, things: str, most: int) -> int:
    """Follow links that bring more `things` until there are so many or no more; how many there are then."""
    while (count := page.locator(things).count()) < most and page.locator(link).count():
        page.locator(link).first.evaluate("link => link.click()")  # one in sight may go by itself meanwhile
        page.wait_for_function(
            "([things, count]) => document.querySelectorAll(things).length > count", arg=[things, count]
        )
    return count


def _list(page: Any, own: str) -> str:
    _opened(page, f"{own}/leads/?tab=all")
    rows = page.locator("main tbody tr").count()
    for key in "jjjjjxjxjxkk":
        page.keyboard.press(key)
    for box in page.locator("input[name=ids]").all()[10:16]:
        box.click()
    page.keyboard.press("/")
    page.keyboard.type("nguyen van", delay=60)
    page.wait_for_load_state("networkidle")
    return f"list of {rows}: keys, ticks, search"


def _board(page: Any, own: str) -> str:
    _opened(page, f"{own}/deals/board/?tab=all")
    count = _grow(page, "main a[id^=more-]", CARD, CARDS)
    page.evaluate("window.heard = []")
    for card in page.locator(CARD).all()[:4]:
        card.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("m")
        page.keyboard.press("Escape")
        card.locator("button").last.click()
        page.keyboard.press("Escape")
    return f"board of {count}: keys, menus"


def long_record(user: User, events: int = EVENTS) -> str:
    """The address of a deal with so many events, made where they are missing."""
    deal = Deal.objects.visible_to(user).order_by("pk")[0]
    for nth in range(events - Event.objects.filter(about=deal.pk).count()):
        add_note(deal.record, body=f"Gọi lần {nth}: khách hẹn gọi lại sau khi họp ban giám đốc.", by=user)
    return deal.get_absolute_url()


def _record(page: Any, address: str) -> str:
    _opened(page, address)
    count = _grow(page, "#timeline a[hx-get]", ".timeline > li", EVENTS)
    page.evaluate("window.heard = []")
    page.locator("#note_body").click()
    page.keyboard.type("Khách xác nhận thông số đo, cần hồ sơ trước ngày 27.", delay=20)
    for field in page.locator("[data-edit]:visible").all()[:5]:
        field.click()
        page.keyboard.press("Escape")  # first the menu of one that has some
        page.keyboard.press("Escape")
    page.locator("[popovertarget=menu-record]").click()
    page.keyboard.press("Escape")
    return f"record of {count} events: typing, fields, menu"
