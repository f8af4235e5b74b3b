"""Of the demo company, what needs no company that stands, or one of its own."""

from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from pheu.core import cli, environment
from pheu.home.demo.build import build
from pheu.home.demo.customers import Inventor
from pheu.people.models import User
from pheu.records.models import Record


def built_and_gone(now):
    """What the directory held after a build that is taken back."""
    with transaction.atomic():
        build(leads=20, days=91, now=now)
        told = list(Record.objects.order_by("pk").values_list("kind", "title", "owner__email", "next_activity_at"))
        transaction.set_rollback(True)
    return told


@pytest.mark.django_db
def test_the_same_moment_gives_the_same_company(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    now = timezone.now()
    assert built_and_gone(now) == built_and_gone(now)


def test_everybody_invented_can_be_called():
    """Of the prefix 089 some blocks are given to nobody; a lead with such a number could not be converted."""
    inventor = Inventor(Random(1))
    assert all(inventor.mobile().startswith("+84") for _somebody in range(2000))


@pytest.mark.django_db
def test_a_build_that_breaks_leaves_nothing(settings, tmp_path):
    """Its last step is the files: a place that cannot be written to stops it when everything else is there."""
    settings.MEDIA_ROOT = tmp_path / "file"
    settings.MEDIA_ROOT.write_text("no directory")
    with pytest.raises(OSError, match="file"):
        build(leads=20, days=91)
    assert not User.objects.exists()
    assert not Record.objects.exists()


@pytest.mark.django_db
def test_a_public_site_gets_no_demo_company(monkeypatch):
    monkeypatch.setenv("PHEU_BASE_URL", "https://crm.sen.example")
    with pytest.raises(CommandError, match="ai cũng biết mật khẩu"):
        call_command("demo")
    cli.refuse_open_doors()  # and an empty one starts


@pytest.mark.django_db
def test_without_the_demo_company_nothing_is_offered(client):
    assert "data-sign-in-as" not in client.get("/accounts/login/").text
    said = StringIO()
    call_command("demo_signins", stdout=said)
    assert said.getvalue() == ""


@pytest.mark.parametrize(
    ("url", "is_public"),
    [
        ("https://crm.sen.example", True),
        ("https://localhost:8443", False),
        ("http://crm.sen.example", False),
        ("", False),
    ],
)
def test_public_is_an_https_address_of_another_machine(monkeypatch, url, is_public):
    monkeypatch.setenv("PHEU_BASE_URL", url)
    assert environment.is_public() == is_public
