"""What every test may ask for."""

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.dispatch import receiver
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import BrowserContext, Locator, Page
from psycopg import sql

from pheu.core import health, shape
from pheu.core.tests.running import Shares, empty_by_rows, made_once
from pheu.deals.models import Deal
from pheu.deals.services import create_deal
from pheu.leads.models import Lead, RequestType
from pheu.leads.services import create_lead
from pheu.parties.models import Source
from pheu.people.models import Department, Role, Team, User
from pheu.records import kinds, writing
from pheu.records.acts import operation
from pheu.records.models import Record, Stage
from pheu.timeline.events import EventKind
from pheu.timeline.models import Event
from pheu.timeline.services import put


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Shares:
    return Shares(config, log)


def pytest_collection_finish() -> None:
    """What a whole site loads stays; to look through it again and again was a tenth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which bin/test found; without its sandbox only as root, where it has none."""
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": os.environ.get("PHEU_CHROMIUM"), "args": sandbox}


shape.see("")  # tests that are only collected ask no database

# The same examples every time, so that a build fails for what was changed; PHEU_EXPLORE=1 goes looking for new ones.
hypothesis_settings.register_profile("steady", derandomize=True, deadline=None)
if not os.environ.get("PHEU_EXPLORE"):
    hypothesis_settings.load_profile("steady")


@receiver(post_migrate, sender=apps.get_app_config("deals"))
def plant_seeds(**_told: Any) -> None:
    """What the migrations plant, again after a test with real transactions has emptied every table."""
    for app in ("people", "records", "activities", "leads", "deals"):
        import_module(f"pheu.{app}.seeds").plant(apps)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_blocker: Any) -> None:
    """The database of the tests is a copy of one that was made before."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = made_once()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A request that a browser still waited for may hold a session; it ends before the database is dropped."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")  # which nobody asks for
    post_migrate.disconnect(create_contenttypes)
    with django_db_blocker.unblock():
        empty_by_rows()
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


PASSWORD = "hoa-sen-trang-2026"


@dataclass
class Cast:
    """The people of style.md: the same in tests and in the demo company."""

    an: User  # sells in Phòng dự án, team Miền Bắc
    binh: User  # leads that team
    chi: User  # sells in another department, team Miền Nam
    dung: User  # administers
    hanh: User  # does customer care
    giang: User  # only looks


def make_cast() -> Cast:
    projects = Department.objects.create(name="Phòng dự án")
    service = Department.objects.create(name="Phòng dịch vụ")
    care = Department.objects.create(name="Phòng CSKH")
    north, south = Team.objects.create(name="Miền Bắc"), Team.objects.create(name="Miền Nam")
    roles = Role.objects.in_bulk(field_name="code")  # nearly every test asks for these people: few statements
    belongs: Any = User.teams.through
    members: list[Any] = []

    def person(name: str, email: str, role: str, department: Department | None, *teams: Team) -> User:
        user = User.objects.create_user(
            f"{email}@quantrac.example", PASSWORD, full_name=name, role=deepcopy(roles[role]), department=department
        )
        members.extend(belongs(user=user, team=team) for team in teams)
        return user

    cast = Cast(
        an=person("Nguyễn Hoài An", "an", "sales", projects, north),
        binh=person("Trần Thanh Bình", "binh", "manager", projects, north),
        chi=person("Lê Kim Chi", "chi", "sales", service, south),
        dung=person("Phạm Tiến Dũng", "dung", "admin", None),
        hanh=person("Lê Thị Hạnh", "hanh", "care", care),
        giang=person("Vũ Trường Giang", "giang", "viewer", None),
    )
    belongs.objects.bulk_create(members)
    return cast


@pytest.fixture(autouse=True)
def nothing_shaped() -> None:
    """A test begins with a company that has no fields of its own; whoever makes one tells this thread too."""
    shape.see("")


Making = Callable[..., Any]


@pytest.fixture(scope="module")
def rows_for_all(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Making]:
    """Makes rows that stand for all tests of a module, each of which is rolled back to them (`one_worker`)."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("files")):
        with transaction.atomic():
            shape.see(None)
            yield made_and_checked
            transaction.set_rollback(True)


def made_and_checked(make: Callable[..., Any], *given: Any, **named: Any) -> Any:
    made = make(*given, **named)
    connection.check_constraints()  # now, not at the end of every test
    return made


@pytest.fixture(scope="module")
def whole_firm(rows_for_all: Making) -> Any:
    """Somebody of every role and a row of every kind for each."""
    from pheu.people.tests.test_access_matrix import Firm

    return rows_for_all(Firm)


@pytest.fixture
def firm(whole_firm: Any, db: None) -> Any:
    return whole_firm


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def an(cast: Cast) -> User:
    return cast.an


@pytest.fixture
def binh(cast: Cast) -> User:
    return cast.binh


@pytest.fixture
def chi(cast: Cast) -> User:
    return cast.chi


@pytest.fixture
def dung(cast: Cast) -> User:
    return cast.dung


@pytest.fixture
def hanh(cast: Cast) -> User:
    return cast.hanh


@pytest.fixture
def giang(cast: Cast) -> User:
    return cast.giang


@pytest.fixture
def lead(an: User) -> Lead:
    return create_lead(
        {
            "company_name": "Xi măng Hòn Đá", "person_name": "Đỗ Thị Vân", "job_title": "Trưởng phòng MT",
            "phone": "+842438637747", "email": "van.dt@hondacement.example", "tax_code": "0100109106",
            "name": "Trạm khí thải dây chuyền 2", "need": "Đo SO₂, NOₓ ở hai ống khói",
            "request_type": RequestType.objects.all()[0], "source": Source.objects.get(name="Hội thảo"),
            "expected_amount": Decimal(1_980_000_000), "priority": 3, "owner": an,
        },
        by=an,
    )  # fmt: skip


@pytest.fixture
def deal(an: User) -> Deal:
    return create_deal({"name": "Trạm nước thải", "expected_amount": Decimal(850_000_000), "owner": an}, by=an)


def stage_of(kind: str, name: str) -> Stage:
    return Stage.objects.get(pipeline__kind=kind, name=name)


def told(kind: EventKind, *, about: Any) -> Event:
    """The one event of this kind about a row; fails where it was told never or twice."""
    return Event.objects.get(kind=kind.code, about=about.pk)


def standing(kind: str, values: dict[str, Any], *, by: User) -> Any:
    """A row that stands as `values` say, whoever could have made it so."""
    return put([kinds.get(kind).schema.new_row(values)], by=by)[0]


def given(row: Any, **columns: Any) -> Any:
    """Let a row stand as no act would leave it: what old data, or a rule of yesterday, may look like."""
    with operation("given", by=None):
        for name, value in columns.items():
            setattr(row, name, value)
        writing.save_many([row], *columns)
    return row


@contextlib.contextmanager
def rewriting_history() -> Iterator[None]:
    """Let events be changed: for tests of what time makes of them."""
    with connection.cursor() as cursor:
        cursor.execute("set local pheu.rewrites_history = on")
        yield
        cursor.execute("set local pheu.rewrites_history = off")


@pytest.fixture(autouse=True)
def _copies_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """However a test ends, what is kept twice agrees: Records with their rows, and what other apps examine."""
    if "db" not in request.fixturenames and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("db")  # so that this ends before the test's rows are rolled back
    yield
    if not connection.needs_rollback and Record.objects.exists():
        assert not [line for lines in health.examine().values() for line in lines]


# Sign-in and counters write here on every request, and say nothing of the business.
LEFT_OUT = {"django_session", "core_cache"}


def fingerprint() -> dict[str, Any]:
    """A figure for each table of the whole database that any changed row changes."""
    with connection.cursor() as cursor:
        cursor.execute(_figures(cursor))  # in one statement: asked for apart, a hundred answers take most of the time
        return {table: figures for table, *figures in cursor.fetchall()}


def _figures(cursor: Any) -> sql.Composed:
    figures = sql.SQL("select {}, count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from {} t")
    tables = sorted(set(connection.introspection.table_names(cursor)) - LEFT_OUT)
    return sql.SQL(" union all ").join(figures.format(sql.Literal(table), sql.Identifier(table)) for table in tables)


@contextlib.contextmanager
def nothing_changes() -> Iterator[None]:
    """The whole database is the same before and after."""
    before = fingerprint()
    yield
    assert fingerprint() == before


# In the browser ---------------------------------------------------------------------------------


CSP = "Content Security Policy"


@dataclass
class World:
    """A running site with the cast in it."""

    url: str
    cast: Cast
    context: BrowserContext
    entered: list[BrowserContext] = field(default_factory=list)
    # What the scripts of pages said: to raise it where it is heard would end Playwright.
    errors: list[str] = field(default_factory=list)

    def enter(self, user: User, path: str = "/") -> Page:
        """A page of somebody signed in, in a browser of their own."""
        browser = self.context.browser
        assert browser is not None
        # Without motion: Chromium drops the transition between two pages when it is busy, and calls that an error.
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, locale="vi-VN", base_url=self.url, reduced_motion="reduce"
        )
        client = Client()
        client.force_login(user)
        self.entered.append(context)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.url}])
        page = context.new_page()
        _press_when_loaded(page)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if CSP in message.text else None)
        page.goto(path)
        return page


def _press_when_loaded(page: Page) -> None:
    """Keys wait for the scripts that hear them: the words of a page are there before these have run."""
    press = page.keyboard.press

    def patient(key: str, **options: Any) -> None:
        page.wait_for_load_state()
        press(key, **options)

    page.keyboard.press = patient  # type: ignore[method-assign]


def edited(page: Page, name: str) -> Locator:
    """The control of a field of a record's page, opened as a person does."""
    field = page.locator(f'.field[data-field="{name}"]')
    folded = page.locator("details.more-facts:not([open])", has=field)
    if folded.count():
        folded.locator("summary").click()
    if field.locator("[data-edit]").is_visible():
        field.locator("[data-edit]").click()
    return field.locator(f'[name="{name}"]')


@pytest.fixture
def world(transactional_db: None, live_server: Any, context: BrowserContext) -> Iterator[World]:
    """The site on a real port."""
    world = World(live_server.url, make_cast(), context)
    yield world
    for one in world.entered:
        one.close()
    assert world.errors == []
