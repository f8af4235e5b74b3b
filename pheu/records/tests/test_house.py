"""The house is in order: what points where, and that every kind of event has its sentence and icon."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models.fields.related import RelatedField
from django.utils import translation

from pheu.activities.models import ActivityType
from pheu.core import navigation
from pheu.people.models import User
from pheu.records import kinds
from pheu.timeline.events import KINDS
from pheu.timeline.models import Event

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "pheu"
ICONS = set((APPS / "core/icons.txt").read_text().split())

# Which way foreign keys point ---------------------------------------------------------------------


def heights() -> dict[str, int]:
    """The layer of each app, 0 at the bottom, as import-linter's contract lists them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [one["layers"] for one in contracts if one["name"] == "Calls go down"]
    return {app: height for height, layer in enumerate(reversed(layers)) for app in re.findall(r"\w+", layer)}


def test_every_app_has_an_order_inside():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    inside = [app for one in contracts if one["name"].startswith("Inside") for app in one["containers"]]
    ours = [
        config.name
        for config in apps.get_app_configs()
        if config.name.startswith("pheu.") and ".tests." not in config.name
    ]
    assert sorted(inside) == sorted(ours)
    assert all(one["exhaustive"] for one in contracts if one["type"] == "layers")


def foreign_keys():
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("pheu."):
            for field in model._meta.get_fields():
                if isinstance(field, RelatedField):
                    yield f"{model._meta.label}.{field.name}", model, field.related_model


def points_down(model, to) -> bool:
    height, module = heights(), to.__module__.split(".")
    ours = module[0] == "pheu"
    if to._meta.label == settings.AUTH_USER_MODEL or not ours:
        return True
    at, there = height[model.__module__.split(".")[1]], height[module[1]]
    return there < at or model.__module__.split(".")[1] == module[1]


def test_foreign_keys_point_down():
    """The linter of imports does not see "deals.Deal"; siblings do not point at each other either (style.md)."""
    assert [name for name, model, to in foreign_keys() if not points_down(model, to)] == []


def test_a_foreign_key_upwards_would_be_seen():
    assert len(list(foreign_keys())) > 50
    assert not points_down(apps.get_model("records.Record"), apps.get_model("deals.Deal"))
    assert not points_down(apps.get_model("parties.Company"), apps.get_model("leads.Lead"))
    assert points_down(apps.get_model("core.FormToken"), apps.get_model(settings.AUTH_USER_MODEL))


# Kinds of events ----------------------------------------------------------------------------------


def places(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))


@pytest.mark.parametrize("kind", [pytest.param(kind, id=code) for code, kind in sorted(KINDS.items())])
def test_every_event_has_a_sentence_in_both_languages_and_an_icon(kind):
    with translation.override("en"):
        english = str(kind.sentence)
    with translation.override("vi"):
        vietnamese = str(kind.sentence)
        assert kind.say(Event(facts={}), User()).strip()
    assert english
    assert vietnamese != english
    assert places(vietnamese) == places(english)
    assert kind.icon in ICONS
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.code)  # noun.past_tense


# Icons --------------------------------------------------------------------------------------------

IN_TEMPLATES = re.compile(r"""{%\s*(?:icon|dot)\s+"([^"]+)"|\bicon="([^"{]+)\"""")
THIRD = {"Button", "NavItem", "CreateItem", "EventKind"}  # callables whose third positional argument is an icon


def icons_of_templates():
    for path in APPS.glob("*/templates/**/*.html"):
        for found in IN_TEMPLATES.finditer(path.read_text("utf-8")):
            yield path.name, found[1] or found[2]


def icons_of_python():
    for path in APPS.glob("**/*.py"):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from ((path.name, name) for value in icon_arguments(node) for name in words(value))


def icon_arguments(call: ast.Call):
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    yield from (one.value for one in call.keywords if one.arg == "icon")
    if name in THIRD:
        yield from call.args[2:3]
    elif name in {"icon", "dot"}:
        yield from call.args[:1]


def words(value: ast.expr):
    """Every text that an argument may be, whichever way a condition goes."""
    parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    return [one.value for one in parts if isinstance(one, ast.Constant) and one.value]


def test_every_icon_is_in_the_sprite():
    """A name that bin/setup.py does not fetch would draw nothing, and nobody would hear of it."""
    used = [*icons_of_templates(), *icons_of_python(), *((kind.code, kind.icon) for kind in kinds.every())]
    used += [(item.url_name, item.icon) for item in (*navigation._items.values(), *navigation._creates.values())]
    assert len(used) > 100
    assert [(where, name) for where, name in used if name not in ICONS] == []


@pytest.mark.django_db
def test_every_icon_of_an_activity_type_is_in_the_sprite():
    icons = set(ActivityType.objects.values_list("icon", flat=True))
    assert icons
    assert icons <= ICONS
