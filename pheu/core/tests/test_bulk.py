"""What COPY and statements for many rows take of values."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pheu.core.bulk import array_of_texts

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, max_size=5))
@example(["null", "NULL", "", '"', "\\", '\\"', "{}", "a,b", "\n\t", " x "])
def test_an_array_comes_back_as_it_was_written(texts):
    with connection.cursor() as cursor:
        cursor.execute("select %s::text[]", [array_of_texts(texts)])
        assert cursor.fetchone() == (texts,)
