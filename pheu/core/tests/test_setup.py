import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from pheu.core.environment import ROOT


def setup_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup", ROOT / "bin/setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def setup(tmp_path, monkeypatch) -> ModuleType:
    """bin/setup.py as a module, working on a clone of its own that is empty."""
    module = setup_module()
    places = {"ROOT": "", "VENV": ".venv", "PYTHON": ".venv/bin/python", "STAMPS": ".venv/stamps", "LOG": ".venv/log"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    (tmp_path / ".venv").mkdir()
    return module


def test_a_machine_with_an_old_python_only_is_told_so(tmp_path):
    shutil.copytree(ROOT / "bin", tmp_path / "clone dir/bin")
    path = tmp_path / "path"
    path.mkdir()
    (path / "dirname").symlink_to(shutil.which("dirname"))
    (path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (path / "python3").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", tmp_path / "clone dir/bin/run"], env={"PATH": str(path)}, capture_output=True, text=True
    )
    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "Phễu cần Python 3.11 trở lên, mà máy này không có.",
        "Phễu needs Python 3.11 or later, and this machine has none.",
    ]


def test_a_python_without_venv_is_told_so(setup, tmp_path, monkeypatch):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "ensurepip is not available" >&2\nexit 1\n')
    python.chmod(0o755)
    monkeypatch.setattr(setup.sys, "executable", str(python))
    with pytest.raises(setup.Refusal, match="python3-venv"):
        setup.make_environment()


def test_a_step_is_done_once_and_again_when_its_source_changes(setup, tmp_path):
    source = tmp_path / "source"
    done = []
    for text in ("a", "a", "b"):
        source.write_text(text)
        with setup.step("x", stamp="x", made_from=[source]) as needed:
            done.append(needed)
    assert done == [True, False, True]


def test_a_step_that_failed_is_done_again(setup):
    with pytest.raises(ZeroDivisionError):
        with setup.step("x", stamp="x", made_from=["a"]):
            raise ZeroDivisionError
    with setup.step("x", stamp="x", made_from=["a"]) as needed:
        assert needed


def test_a_program_that_fails_is_quoted(setup):
    with pytest.raises(setup.Refusal, match=r"(?s)no such mirror.*This failed: sh"):
        setup.do(["sh", "-c", "echo no such mirror; exit 1"])


def test_a_full_disk_is_said_in_a_sentence(setup, capsys, monkeypatch):
    monkeypatch.setattr(setup, "install", lambda _: setup.do(["sh", "-c", "echo No space left on device; exit 1"]))
    assert setup.main(["run"]) == setup.REFUSED
    assert "Ổ đĩa đã đầy.\nThe disk is full." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["chromium", "dovecot"])
def test_a_program_that_is_missing_and_may_not_be_installed_is_named_in_a_sentence(setup, monkeypatch, name):
    variable = f"PHEU_{name.upper()}"
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(setup, "DOVECOTS", ("dovecot",))
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(setup.Refusal, match=f"(?s){variable}.*{variable}"):
        getattr(setup, name)()
    monkeypatch.setenv(variable, "/path/to/it")
    assert getattr(setup, name)() == "/path/to/it"


@pytest.mark.parametrize("name", ["chromium", "dovecot"])
def test_root_has_a_program_that_is_missing_installed(setup, monkeypatch, tmp_path, name):
    done = []

    def do(command, **_how):
        done.append(command)
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)

    (tmp_path / "apt-get").write_text("")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(setup, "DOVECOTS", ("dovecot",))
    monkeypatch.delenv(f"PHEU_{name.upper()}", raising=False)
    monkeypatch.setattr(setup.os, "getuid", lambda: 0)
    monkeypatch.setattr(setup, "do", do)
    assert getattr(setup, name)() == str(tmp_path / name)
    assert done[-1][:2] == ["apt-get", "install"] and done[-1][-1].startswith(name)


@pytest.fixture
def icons(setup, tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "MODULES", tmp_path)
    outline = tmp_path / "@tabler/icons/icons/outline"
    outline.mkdir(parents=True)
    frame = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'
    (outline / "star.svg").write_text(f'<svg\n  width="24"\n>\n  {frame}\n  <path d="M1 2" />\n</svg>\n')
    return setup


def test_the_sprite_has_a_symbol_for_each_name(icons):
    drawn = icons.sprite(["star", "star"])
    assert drawn.count("<symbol") == 1
    assert '<symbol id="star" viewBox="0 0 24 24"><path d="M1 2" /></symbol>' in drawn


def test_an_icon_that_does_not_exist_is_named(icons):
    with pytest.raises(icons.Refusal, match="no icon 'nonsense'"):
        icons.sprite(["nonsense"])


def test_the_front_end_files_are_those_of_the_locked_packages_and_named_icons(tmp_path):
    """`bin/test` has fetched what package-lock.json names; `bin/vendor` makes these files anew."""
    module = setup_module()
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for package in module.LICENSED:
        fetched = json.loads((module.MODULES / package / "package.json").read_text())
        assert fetched["version"] == locked[f"node_modules/{package}"]["version"], "run bin/test to fetch it"
        assert f"{package} {fetched['version']}, " in (module.VENDOR / "LICENCES.txt").read_text()
    module.write_front_end(tmp_path)
    assert contents(module.VENDOR) == contents(tmp_path), "run bin/vendor"


def contents(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def test_running_needs_no_node():
    assert "nodejs" not in (ROOT / "requirements.txt").read_text()
    words = (ROOT / "bin/setup.py").read_text()
    for command in ("run", "pheu", "bench"):
        body = words.partition(f"\ndef {command}(")[2].partition("\n\n\n")[0]
        assert "node_modules" not in body and "requirements-dev" not in body


def test_no_lock_file_names_a_registry():
    for lock in [*ROOT.glob("requirements*.txt"), ROOT / "package-lock.json"]:
        words = lock.read_text()
        assert '"resolved"' not in words
        assert "index-url" not in words.replace("--no-emit-index-url", "")
        assert "find-links" not in words.replace("--no-emit-find-links", "")
