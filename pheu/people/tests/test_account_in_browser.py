"""«Tài khoản của tôi» as a person uses it: second step and passkeys from adding to signing in, a session ended."""

import re
import time
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from playwright.sync_api import Page, expect

from pheu.conftest import PASSWORD
from pheu.core.tests.looking import SIDEWAYS, findings
from pheu.leads.services import create_leads

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


def test_rows_stand_close_together_where_one_wants_them_so(world):
    """Kept in this browser for the next page; a phone keeps the room that a finger needs."""
    an = world.cast.an
    create_leads([{"company_name": f"Khách {nth}", "owner": an} for nth in range(3)], by=an)
    page = world.enter(an, "/leads/?tab=all")
    row = page.locator("#rows tr").first
    roomy = row.bounding_box()["height"]
    page.goto("/account/")
    choice = page.locator("[data-density-choice=compact]")
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    looks_right(page)
    page.goto("/leads/?tab=all")
    assert row.bounding_box()["height"] < roomy - 8
    looks_right(page)
    page.goto("/account/")
    page.locator("[data-density-choice=roomy]").click()
    page.goto("/leads/?tab=all")
    assert row.bounding_box()["height"] == roomy


def with_device(page: Page, finger: bool = True) -> None:
    """Give the browser a device that makes passkeys, as a phone or a laptop with a fingerprint reader does."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": finger,
                "automaticPresenceSimulation": finger,
            }
        },
    )


def sign_out(page: Page) -> None:
    page.locator("[popovertarget=person-menu-side]").click()
    page.locator("#person-menu-side [form=sign-out-form]").click()


def add_passkey(page: Page, name: str) -> None:
    page.goto("/account/")
    page.locator("a[href='/accounts/2fa/webauthn/add/']").click()
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main [name=password]").press("Enter")
    page.locator("main [name=name]").fill(name)
    looks_right(page)
    page.locator("form[data-passkey] [type=submit]").click()
    expect(page.locator(".account-codes li")).to_have_count(10)


def test_a_passkey_from_adding_to_removing(world):
    page = world.enter(world.cast.an)
    with_device(page)
    add_passkey(page, "Máy tính của An")
    page.goto("/account/")
    line = page.locator(".account-passkey")
    expect(line).to_contain_text("Máy tính của An")
    looks_right(page)
    sign_out(page)
    looks_right(page)
    page.locator("form[data-passkey] [type=submit]").click()  # alone
    expect(page.locator("[data-shell]")).to_be_visible()
    sign_out(page)
    sign_in(page, world.cast.an)
    expect(page).to_have_url(re.compile("/accounts/2fa/authenticate/"))
    looks_right(page)
    page.locator("form[data-passkey] [type=submit]").click()  # after the password
    expect(page.locator("[data-shell]")).to_be_visible()
    page.goto("/account/")
    line.locator("a[href$='/edit/']").click()
    page.locator("main [name=password]").fill(PASSWORD)
    page.locator("main [name=password]").press("Enter")
    page.locator("main [name=name]").fill("Laptop")
    looks_right(page)
    page.locator("main [name=name]").press("Enter")
    expect(line).to_contain_text("Laptop")
    line.locator("a[href$='/remove/']").click()
    looks_right(page)
    page.locator("main .btn-danger").click()
    expect(line).to_have_count(0)
    assert world.errors == []


def test_what_goes_wrong_with_a_passkey_is_said(world):
    """No passkey on the device; a browser that knows none; an address without https."""
    page = world.enter(world.cast.an)
    with_device(page)
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    press, said = page.locator("form[data-passkey] [type=submit]"), page.locator("[data-said]:visible")
    press.click()
    expect(said).to_have_attribute("data-said", "cancelled")
    expect(press).to_be_enabled()
    page.evaluate("delete window.PublicKeyCredential")
    press.click()
    expect(said).to_have_attribute("data-said", "unsupported")
    page.goto(page.url.replace("localhost", "127.0.0.1"))
    press.click()
    expect(said).to_have_attribute("data-said", "insecure")
