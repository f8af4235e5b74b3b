"""What the suite itself relies on."""

import pytest
from django.db.models import F

from pheu.conftest import fingerprint, nothing_changes
from pheu.people.models import Team, User


def test_one_changed_row_of_any_table_is_another_fingerprint(cast):
    before = fingerprint()
    User.objects.filter(pk=cast.an.pk).update(full_name="Nguyễn Hoài Ân")
    now = fingerprint()
    assert [table for table in now if now[table] != before[table]] == ["people_user"]


def test_a_new_row_is_a_change(cast):
    with pytest.raises(AssertionError):
        with nothing_changes():
            Team.objects.create(name="Miền Trung")


def test_writing_what_stands_there_is_none(cast):
    with nothing_changes():
        Team.objects.update(name=F("name"))
