"""What a test looks for on a page in Chromium: whether it stands still, and what is wrong with it."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

AXE = (Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js").read_text("utf-8")
WORST = ("serious", "critical")
# A change of theme is a transition, whose end may begin those of what stands inside: half-way no colour is its own.
STILL = """() => {
    const moving = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
    for (let now = moving(); now.length; now = moving()) now.forEach((one) => one.finish());
}"""
# Rules that can find nothing of such an impact are not asked: a fifth of the time.
FINDINGS = """async ([around, impacts]) => {
    const can = (rule) => [rule.impact, ...[...rule.any, ...rule.all, ...rule.none].map((check) => axe._audit.checks[
        check.id ?? check].impact)].some((one) => impacts.includes(one));
    const others = axe._audit.rules.filter((rule) => !can(rule)).map((rule) => [rule.id, {enabled: false}]);
    const options = {resultTypes: ["violations"], rules: Object.fromEntries(others)};
    return (await axe.run({exclude: around}, options)).violations.filter((one) => impacts.includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
}"""
FORMS: list[tuple[int, Literal["light", "dark"]]] = [(1440, "light"), (390, "dark")]
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def settled(page: Page) -> None:
    """Until nothing that the page asked of its own accord is on its way: live streams never end, so no idle network."""
    expect(page.locator(".htmx-request")).to_have_count(0)


def findings(page: Page, *impacts: str, around: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds on the page as it stands, of those impacts (the worst two), outside of those places."""
    settled(page)
    page.evaluate(STILL)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return page.evaluate(FINDINGS, [list(around), impacts or WORST])


def walked(page: Page, addresses: list[str]) -> dict[str, list[str]]:
    """What is wrong with each page, at a desk and, dark, on a phone; pages with which nothing is are left out."""
    found = {}
    for address in addresses:
        answer = page.goto(address)
        problems = [] if answer and answer.status == 200 else ["did not open"]
        for width, theme in FORMS:
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            wrong = [*findings(page), *(["scrolls sideways"] if page.evaluate(SIDEWAYS) else [])]
            problems += [f"{width} {theme}: {one}" for one in wrong]
        if problems:
            found[address] = problems
    return found
