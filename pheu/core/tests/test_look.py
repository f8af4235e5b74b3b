"""The component kit and the shell, without a database: what is drawn, and what may not be missing."""

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from pheu.core import navigation
from pheu.core.navigation import NavItem
from pheu.core.templatetags import scripts
from pheu.core.templatetags.signs import avatar, meter, pill, ring, tag

ROOT = Path(scripts.__file__).resolve().parents[2]
ICONS = set((ROOT / "core/icons.txt").read_text().split())


def draw(source: str, **context: object) -> str:
    return Template("{% load blocks buttons controls scripts signs %}" + source).render(Context(context))


def test_every_icon_that_a_template_or_a_registration_names_is_in_the_sprite():
    named = set()
    for path in ROOT.glob("*/templates/**/*.html"):
        named |= set(re.findall(r"{% icon \"([a-z0-9-]+)\"", path.read_text()))
    assert named - ICONS == set()


def test_no_script_or_style_of_the_kit_is_missing():
    names = re.findall(r"{% static '((?:css|js|img)/[^']+)' %}", (ROOT / "core/templates/ui/document.html").read_text())
    modules = [f"js/{name}.js" for name in (*scripts.EVERYWHERE, *scripts.SHELL, *scripts.BEHAVIOURS)]
    assert [name for name in [*names, *modules, "css/board.css"] if finders.find(name) is None] == []


def test_a_place_for_records_brings_what_is_clicked_in_them_before_they_come():
    """A click on a field that comes before its script is lost."""
    assert {"split", "reads", "savebar"} <= set(scripts.scripts_for('<div data-split="/leads/7/"></div>'))


def test_an_avatar_has_two_letters_and_keeps_its_colour():
    trang = SimpleNamespace(pk=8, full_name="Mai Trang")
    assert ">MT<" in avatar(trang)
    assert avatar(trang) == avatar(trang)
    assert 'role="img"' in avatar(None)


@pytest.mark.parametrize(("share", "drawn"), [(0, None), (83, "83 100"), (140, "100 100"), (-3, None)])
def test_a_ring_stays_within_its_circle(share, drawn):
    assert ('stroke-dasharray="' + drawn + '"' in ring(share)) if drawn else ("stroke-dasharray" not in ring(share))


def test_a_meter_is_cut_in_proportion_and_an_empty_one_has_no_cuts():
    assert re.findall(r'x="([\d.]+)%" width="([\d.]+)%"', meter([(3, "jade"), (0, "amber"), (1, "red")])) == [
        ("0.00", "75.00"),
        ("75.00", "25.00"),
    ]
    assert "<rect" not in meter([])


def test_what_people_typed_is_never_markup():
    for drawn in (pill("<b>x", "<i>"), tag("<b>x"), avatar(SimpleNamespace(pk=1, full_name='"><b>x'))):
        assert "<b>" not in drawn
        assert "<i>" not in drawn
    assert "<b>x" not in draw("{% chip name value '?' %}", name="<b>x", value="<b>x")


class Letter(forms.Form):
    to = forms.EmailField(help_text="Of the person.")
    on = forms.DateField(widget=forms.DateInput())


def test_a_field_says_what_is_wrong_to_those_who_see_and_to_those_who_hear():
    form = Letter({"to": "an@", "on": ""})
    drawn = draw("{% field form.to %}", form=form)
    assert 'aria-describedby="id_to_hint id_to_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'value="an@"' in drawn
    assert 'class="required"' in drawn


def test_a_field_can_leave_its_hint_out():
    assert "Of the person." not in draw("{% field form.to hint=False %}", form=Letter())


def test_a_day_is_shown_the_vietnamese_way():
    with translation.override("en"):
        assert 'value="31/12/2026"' in draw("{% field form.on %}", form=Letter(initial={"on": date(2026, 12, 31)}))


def test_a_post_dialog_carries_the_token_and_speaks_to_htmx():
    drawn = draw("{% dialog title='T' action='/x/' %}inside{% enddialog %}", csrf_token="abc")
    assert 'name="csrfmiddlewaretoken" value="abc"' in drawn
    assert 'hx-post="/x/"' in drawn
    assert "<form" not in draw("{% dialog title='T' %}only words{% enddialog %}")


def test_the_stage_bar_marks_what_is_done_and_posts_where_the_person_stood():
    stages = [SimpleNamespace(pk=pk, name=f"S{pk}") for pk in (4, 9, 2)]
    drawn = draw("{% stage_bar stages 9 url='/deals/7/stage/' %}", stages=stages)
    assert drawn.count('class="done"') == 1
    assert drawn.count('aria-current="step"') == 1
    assert drawn.count('name="left" value="9"') == 2


@pytest.fixture
def areas(monkeypatch):
    """Three areas of the test site: the home page, the health page, and one that does not exist."""
    monkeypatch.setattr(navigation, "_items", {})
    monkeypatch.setattr(navigation, "_creates", {})
    navigation.register(NavItem("Health", "health", "heart", group="admin", order=9, phone=1))
    navigation.register(NavItem("Sign in", "account_login", "login", order=2, allowed=lambda user: user.is_boss))
    navigation.register(NavItem("Nowhere", "no-such-page", "x", order=1))


def test_people_see_the_areas_that_exist_and_that_they_may_open(areas):
    an = SimpleNamespace(is_authenticated=True, is_boss=False)
    boss = SimpleNamespace(is_authenticated=True, is_boss=True)
    assert [item.label for item in navigation.items_for(an)] == ["Health"]
    assert [item.label for item in navigation.items_for(boss)] == ["Sign in", "Health"]


def test_the_shell_knows_where_the_person_is(areas):
    request = RequestFactory().get("/accounts/login/")
    request.user = SimpleNamespace(is_authenticated=True, is_boss=True)
    shell = navigation.shell(request)["shell"]
    assert shell.current.label == "Sign in"
    assert [item.label for item in shell.phone] == ["Health", "Sign in"]
    assert [[item.label for item in group["items"]] for group in shell.groups] == [["Sign in"], ["Health"]]


def test_nobody_signed_in_has_no_areas(areas):
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert navigation.shell(request)["shell"].groups == []


def test_a_form_meant_for_the_dialog_comes_without_the_shell():
    request = RequestFactory().get("/", headers={"HX-Target": "dialog"})
    assert navigation.shell(request)["dialog_parent"] == "ui/bare.html"
    assert navigation.shell(RequestFactory().get("/"))["dialog_parent"] == "base.html"


def test_the_kept_sidebar_is_another_one_for_another_person_place_and_language(areas):
    def key(pk: int = 1, path: str = "/", language: str = "vi", is_boss: bool = True) -> str:
        request = RequestFactory().get(path)
        request.user = SimpleNamespace(is_authenticated=True, is_boss=is_boss, pk=pk, email="an@x.example")
        with translation.override(language):
            return navigation.shell(request)["shell"].key

    keys = [key(), key(pk=2), key(path="/accounts/login/"), key(language="en"), key(is_boss=False)]
    assert len(set(keys)) == len(keys)


KEPT = re.compile(r'{% cache None [\w-]+ shell\.key using="pieces" %}(.*?){% endcache %}', re.DOTALL)


def test_nothing_that_is_kept_for_a_person_depends_on_the_page():
    """A token, an address or a message in there would be shown again on the next page."""
    templates = ROOT / "core/templates"
    pages = [templates / "base.html", templates / "ui/overlays.html"]
    kept = [piece for page in pages for piece in KEPT.findall(page.read_text())]
    names = {name for piece in kept for name in re.findall(r'{% include "([^"]+)"', piece)}
    inside = {name: (templates / name).read_text() for name in {*names, "ui/nav_item.html", "ui/brand.html"}}
    assert {"ui/sidebar.html", "ui/person.html", "ui/person_dialogs.html"} <= set(inside)
    of_the_page = re.compile(r"csrf_token|get_full_path|request\.(?!user\b)|messages")
    assert [name for name, text in inside.items() if of_the_page.search(text)] == []
