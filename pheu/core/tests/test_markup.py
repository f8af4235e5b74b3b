"""HTML drawn in Python: escaped whatever is put in, and the same as Django's own templates draw."""

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.core.markup import address, attributes, drawn_once, html, together
from pheu.core.templatetags import controls

WORDS = ["", "plain", "<b>", '"><script>', "a & b", "'", mark_safe("<b>&amp;</b>"), 7, None, gettext_lazy("Create")]


@pytest.mark.parametrize("value", WORDS, ids=repr)
def test_a_value_is_escaped_as_django_escapes_it(value):
    assert html("<i>{}</i>", value) == format_html("<i>{}</i>", value)
    assert together([value, value], "<br>") == format_html("{0}<br>{0}", value)


def test_attributes_are_escaped_and_stand_or_fall_by_their_value():
    drawn = attributes({"title": '"><b>', "checked": True, "hidden": False, "id": None, "value": ""})
    assert drawn == ' title="&quot;&gt;&lt;b&gt;" checked value=""'


def test_what_was_typed_is_not_taken_for_the_markup_that_equals_it():
    @drawn_once
    def bold(words):
        return html("<b>{}</b>", words)

    assert bold(SafeString("<i>x</i>")) == "<b><i>x</i></b>"
    assert bold("<i>x</i>") == "<b>&lt;i&gt;x&lt;/i&gt;</b>"


def test_what_is_drawn_once_is_drawn_in_each_language():
    @drawn_once
    def word():
        return html("{}", _("Close"))

    with translation.override("vi"):
        vietnamese = word()
    with translation.override("en"):
        assert word() == "Close" != vietnamese


def test_an_address_is_the_one_that_the_urls_say():
    assert [address("record", pk) for pk in (1, 12345)] == ["/r/1/", "/r/12345/"]


CHOICES = [("", "—"), ("1", "<Miền> Bắc"), ("Group", [("2", "A & B"), ("3", "'C'")])]
CONTROLS = {
    "text": (forms.TextInput({"data-x": '"', "maxlength": 9}), "<b>"),
    "empty": (forms.TextInput(), None),
    "hidden": (forms.HiddenInput(), 5),
    "many hidden": (forms.MultipleHiddenInput(), ["1", "<2>"]),
    "email": (forms.EmailInput({"autocomplete": "off"}), "a@b"),
    "number": (forms.NumberInput({"min": 0}), 12),
    "password": (forms.PasswordInput(), "x"),
    "file": (forms.FileInput(), None),
    "area": (forms.Textarea({"rows": 3}), "\nđầu dòng <b>"),
    "empty area": (forms.Textarea(), None),
    "tick": (forms.CheckboxInput({"data-switch": ""}), True),
    "no tick": (forms.CheckboxInput(), False),
    "select": (forms.Select(choices=CHOICES), "2"),
    "many": (forms.SelectMultiple({"data-pick": ""}, choices=CHOICES), ["1", "3"]),
    "radios": (forms.RadioSelect(choices=CHOICES), "1"),
    "ticks": (forms.CheckboxSelectMultiple(choices=CHOICES), ["3"]),
}


@pytest.mark.parametrize(("control", "value"), CONTROLS.values(), ids=CONTROLS)
def test_a_control_is_the_one_that_djangos_templates_draw(control, value):
    drawn = [
        control.render("n", value, {"id": "id_n", "disabled": True}, renderer) for renderer in (None, DjangoTemplates())
    ]
    ours, theirs = (without_breaks(one) for one in drawn)
    assert ours == theirs


def without_breaks(drawn: str) -> str:
    """Without the line breaks between elements that only Django's templates have."""
    return re.sub(r">\s*\n\s*<", "><", drawn)


def test_choices_drawn_one_by_one_carry_no_label_of_their_own():
    class Asked(forms.Form):
        to = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "A <b>"), ("b", "B")], initial="b")

    drawn = controls.field(Asked()["to"])
    assert drawn.count("<label") == 2
    assert "<span>A &lt;b&gt;</span>" in drawn
    assert 'value="b"' in drawn and drawn.count(" checked") == 1
