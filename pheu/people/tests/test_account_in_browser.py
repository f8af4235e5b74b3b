"""«Tài khoản của tôi» as a person uses it: the second step is switched on, asked for, and a session ended."""

import re
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from playwright.sync_api import Page, expect

from pheu.conftest import PASSWORD
from pheu.core.tests.looking import SIDEWAYS, findings

EVERY_IMPACT = ("minor", "moderate", "serious", "critical")


def looks_right(page: Page) -> None:
    assert findings(page, *EVERY_IMPACT, around=("#toasts",)) == []  # toasts are the shell's
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert not page.evaluate(SIDEWAYS)
    page.set_viewport_size({"width": 1440, "height": 900})


def code_of(secret: str) -> str:
    return auth.format_hotp_value(auth.hotp_value(secret, int(time.time()) // 30))


def sign_in(page: Page, person) -> None:
    page.goto("/accounts/login/")
    page.locator("[name=login]").fill(person.email)
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("form[action='/accounts/login/'] button[type=submit]").click()


def switch_on(page: Page) -> tuple[str, list[str]]:
    """What a person does with a telephone in hand; the secret and the recovery codes."""
    page.goto("/account/")
    page.locator("a[href='/accounts/2fa/totp/activate/']").click()
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main [name=password]").press("Enter")
    expect(page.locator(".account-qr")).to_be_visible()
    looks_right(page)
    secret = page.locator(".account-key").inner_text().replace(" ", "")
    page.locator("[name=code]").fill(code_of(secret))
    page.locator("[name=code]").press("Enter")
    expect(page.locator(".account-codes li")).to_have_count(10)
    return secret, page.locator(".account-codes li").all_inner_texts()


def test_the_second_step_from_switching_on_to_signing_in(world):
    page = world.enter(world.cast.an)
    secret, codes = switch_on(page)
    looks_right(page)
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert Path(download.value.path()).read_text().split() == codes
    page.goto("/account/")
    looks_right(page)
    page.locator("[popovertarget=person-menu-side]").click()
    page.locator("#person-menu-side [form=sign-out-form]").click()
    sign_in(page, world.cast.an)
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    looks_right(page)
    page.locator("[name=code]").fill("000000")
    page.locator("[name=code]").press("Enter")
    expect(page.locator("[name=code]")).to_have_attribute("aria-invalid", "true")
    cache.clear()
    page.locator("[name=code]").fill(code_of(secret))
    page.locator("[name=code]").press("Enter")
    expect(page.locator("[data-shell]")).to_be_visible()


def test_another_session_is_ended_from_the_page(world):
    elsewhere, here = world.enter(world.cast.an), world.enter(world.cast.an)
    for page in (elsewhere, here):
        page.context.clear_cookies()
        sign_in(page, world.cast.an)
        expect(page.locator("[data-shell]")).to_be_visible()
    here.goto("/account/")
    looks_right(here)
    ending = here.locator("form[action^='/account/sessions/'] button.btn-small")
    expect(ending).to_have_count(1)
    ending.click()
    expect(ending).to_have_count(0)
    elsewhere.goto("/account/")
    expect(elsewhere).to_have_url(re.compile("/accounts/login/"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_chosen_on_the_page(world, theme):
    page = world.enter(world.cast.an, "/account/")
    choice = page.locator(f".account [data-theme-choice={theme}]")
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    looks_right(page)
