"""Every message that our sources say has its Vietnamese, with the same places (design.md 4)."""

import messages
import pytest

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'


@pytest.mark.parametrize("app", messages.apps(), ids=lambda app: app.name)
def test_the_catalogue_says_everything_and_nothing_else(app):
    assert messages.faults(app) == []


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An app of one file that says one thing."""
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/views.py").write_text('_("%(n)s leads")\n')
    messages.catalogue(tmp_path / "app").parent.mkdir(parents=True)
    return tmp_path / "app"


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "%(n)s leads"\nmsgstr "%(n)s tiềm năng"\n', None),
        ("", "no Vietnamese"),
        ('msgid "%(n)s leads"\nmsgstr ""\n', "no Vietnamese"),
        ('#, fuzzy\nmsgid "%(n)s leads"\nmsgstr "%(n)s tiềm năng"\n', "fuzzy"),
        ('msgid "%(n)s leads"\nmsgstr "%(m)s tiềm năng"\n', "other places"),
        ('msgid "%(n)s leads"\nmsgstr "%(n)s tiềm năng"\n\nmsgid "Old"\nmsgstr "Cũ"\n', "nobody says this any more"),
    ],
)
def test_a_fault_is_named_and_looking_writes_nothing(app, entry, fault):
    catalogue = messages.catalogue(app)
    catalogue.write_text(HEADER + entry, "utf-8")
    assert [one.split(": ")[1] for one in messages.faults(app)] == ([fault] if fault else [])
    assert catalogue.read_text("utf-8") == HEADER + entry


def test_an_update_keeps_what_is_translated_and_drops_what_is_fuzzy_or_gone(app):
    catalogue = messages.catalogue(app)
    kept, gone = 'msgid "%(n)s leads"\nmsgstr "%(n)s tiềm năng"\n', 'msgid "Old"\nmsgstr "Cũ"\n'
    catalogue.write_text(f"{HEADER}{kept}\n{gone}", "utf-8")
    assert messages.update(app) == []
    assert messages.faults(app) == []
    catalogue.write_text(f"{HEADER}#, fuzzy\n{kept}", "utf-8")
    assert len(messages.update(app)) == 1
