"""Keys that go somewhere (design.md 6): g and a letter, never the letter alone."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_g_and_a_letter_go_somewhere(world):
    page = world.enter(world.cast.an, "/leads/?tab=all")
    page.keyboard.press("g")
    page.keyboard.press("k")
    page.wait_for_url("**/prospects/**")


def test_a_letter_alone_goes_nowhere_even_as_the_page_opens(world):
    page = world.enter(world.cast.an, "/leads/?tab=all")
    page.keyboard.press("k")
    page.keyboard.press("/")
    page.locator("[data-search]:focus").wait_for()
    assert "/leads/" in page.url
