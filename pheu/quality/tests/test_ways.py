"""Columns that write otherwise: days month first, numbers with a decimal point, words of their own (R1.31)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.parties.models import Prospect, Source
from pheu.quality import ways
from pheu.quality.models import Import
from pheu.quality.places import first_place
from pheu.quality.tests.importing import checked, csv, mapped, opened, run, work
from pheu.records import kinds
from pheu.records.fields import Choice, Date, MultiChoice, Number, Text
from pheu.records.models import Tag
from pheu.setup import shaping
from pheu.timeline.services import create

DAY = Date(name="day", label="Ngày")
NUMBER = Number(name="number", label="Số", places=3)
LEVEL = Choice(name="level", label="Mức", options=[("hot", "Nóng"), ("cold", "Lạnh")])
LEVELS = MultiChoice(name="levels", label="Mức", options=[("hot", "Nóng"), ("cold", "Lạnh")])


@pytest.mark.parametrize(
    ("texts", "way"),
    [
        (["11/24/2026", "01/02/2026"], "month_first"),
        (["24/11/2026", "01/02/2026"], ""),
        (["11/24/2026", "24/11/2026"], ""),  # both: nothing is guessed
        (["01/02/2026"], ""),
        (["2026-11-24", "mai", ""], ""),
    ],
)
def test_the_days_of_a_column_say_how_they_are_written(texts, way):
    assert ways.propose("days", texts) == way


@pytest.mark.parametrize(
    ("texts", "way"),
    [
        (["1,234.50"], "point"),
        (["1,234,567"], "point"),
        (["12.5", "7"], "point"),
        (["1.234,50"], ""),
        (["1,234.50", "12,5"], ""),
        (["1.234", "1,234"], ""),
    ],
)
def test_the_numbers_of_a_column_say_how_they_are_written(texts, way):
    assert ways.propose("numbers", texts) == way


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.sampled_from("/-."), st.booleans())
def test_a_day_written_month_first_is_that_day(day, between, padded):
    text = (
        f"{day:%m}{between}{day:%d}{between}{day:%Y}" if padded else f"{day.month}{between}{day.day}{between}{day.year}"
    )
    written = ways.rewriter(DAY, {"days": "month_first"})
    assert DAY.read(written(text)) == day
    assert DAY.read(written(day.isoformat())) == day


@given(st.decimals(0, 10**9, places=3))
def test_a_number_written_with_a_point_is_that_number(number):
    written = ways.rewriter(NUMBER, {"numbers": "point"})
    for text in (f"{number:,}", f"{number}"):
        assert NUMBER.read(written(text)) == number, text


def test_what_can_only_be_the_day_is_no_month():
    written = ways.rewriter(DAY, {"days": "month_first"})
    assert DAY.read(written("24/11/2026")) == date(2026, 11, 24)
    assert ways.rewriter(NUMBER, {"days": "month_first"}) is None  # the column goes to another field now


def test_words_of_a_column_are_those_of_the_list_that_they_were_said_to_be():
    words = {"words": {"rat nong": "Nóng", "nguoi": "Lạnh"}}
    assert LEVEL.read(ways.rewriter(LEVEL, words)("Rất  nóng")) == "hot"
    assert LEVELS.read(ways.rewriter(LEVELS, words)("rất nóng, NGUỘI")) == ["hot", "cold"]
    assert ways.rewriter(LEVEL, words)("ấm") == "ấm"
    assert ways.rewriter(Text(name="text", label="Chữ"), words) is None
    offered = ways.list_of(LEVEL, None)
    assert ways.unknown_words(LEVEL, ["nong", "Rất nóng", "rất  nóng", "ấm"], offered) == {
        "rat nong": "Rất nóng",
        "am": "ấm",
    }


def test_an_entry_with_a_comma_of_its_own_is_one_word():
    places = MultiChoice(name="places", label="Nơi", options=[("in", "Hà Nội, nội thành"), ("out", "Ngoại thành")])
    offered = ways.list_of(places, None)
    assert ways.unknown_words(places, ["Hà Nội, nội thành; ngoai thanh", "Ngoại thành, quê"], offered) == {"que": "quê"}
    written = ways.rewriter(places, {"words": {"que": "Ngoại thành", "pho": ""}})
    assert places.read(written("Hà Nội, nội thành; Quê")) == ["in", "out"]
    assert written("phố") == "phố"  # said to be none of the list


# --- on the page ------------------------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def own(dung):
    """A day and a number of the company's own."""
    group = shaping.groups_of("prospect")[0].name
    day = shaping.add_field("prospect", "date", {"label": "Ngày hẹn", "group": group}, by=dung)
    number = shaping.add_field(
        "prospect", "number", {"label": "Công suất", "group": group, "settings": {"places": 2}}, by=dung
    )
    return day.key, number.key


FILE = csv(
    "Tên công ty,Điện thoại,Nguồn,Ngày hẹn,Công suất",
    'Thép Sông Đà,0903 123 456,Hoi cho,11/24/2026,"1,234.50"',
    "Gạch Đông Á,0904 123 456,FB ads,11/05/2026,7.25",
    "Xi măng Hòn Đá,0905 123 456,Website,12/01/2026,3",
)


def test_the_page_shows_how_columns_are_read_and_takes_what_one_says(client, an, own):
    """R1.31: found from the cells, shown, changed by whoever knows better."""
    client.force_login(an)
    imported = opened(client, FILE, "khach.csv")
    page = client.get(f"/imports/{imported.pk}/columns/").text
    assert "tháng/ngày/năm" in page
    assert "FB ads" in page
    column = next(n for n, name in imported.columns.items() if name == "source")
    source = Source.objects.exclude(name="Website").first()
    form = mapped(imported, **{f"word_{column}_{n}": source.name for n in range(2)})
    assert client.post(f"/imports/{imported.pk}/columns/", form).status_code == 302
    work()
    run(client, imported, policy="create")
    day, number = own
    rows = Prospect.objects.order_by("company_name")
    assert [(row.company_name, row.own.get(day), row.own.get(number)) for row in rows] == [
        ("Gạch Đông Á", "2026-11-05", "7.25"),
        ("Thép Sông Đà", "2026-11-24", "1234.5"),
        ("Xi măng Hòn Đá", "2026-12-01", 3),
    ]
    assert [row.source.name for row in rows] == [source.name, source.name, "Website"]


def test_whoever_chooses_our_way_gets_it(client, an, own):
    client.force_login(an)
    imported = opened(client, FILE, "khach.csv")
    day = next(n for n, name in imported.columns.items() if name == own[0])
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, **{f"days_{day}": ""}))
    work()
    line = imported.lines.get(line=3)
    assert line.values[own[0]] == "2026-05-11"
    page = client.get(f"/imports/{imported.pk}/columns/")
    assert page.context["form"][f"days_{day}"].value() == ""  # what was said is not proposed again otherwise
    assert "bad_value" in imported.lines.get(line=2).marks  # there is no month 24


def test_the_next_file_of_the_same_source_is_mapped_as_the_last_one(client, an, own):
    """R1.31: columns, ways and words are remembered by the headers, wherever these stand now."""
    client.force_login(an)
    first = opened(client, FILE, "thang-10.csv")
    column = next(n for n, name in first.columns.items() if name == "source")
    source = Source.objects.exclude(name="Website").first()
    said = {f"word_{column}_{n}": source.name for n in range(2)} | {"column_4": ""}
    client.post(f"/imports/{first.pk}/columns/", mapped(first, **said))
    work()
    content = csv("Công suất,Nguồn,Tên công ty,Điện thoại,Ngày hẹn", "5,FB ads,Giấy Bãi Bằng,0906 123 456,02/03/2026")
    second = opened(client, content, "thang-11.csv")
    assert second.like == first
    assert second.columns == {"1": "source", "2": "company_name", "3": "phone", "4": own[0]}
    page = client.get(f"/imports/{second.pk}/columns/").text
    assert "thang-10.csv" in page
    client.post(f"/imports/{second.pk}/columns/", mapped(second))
    work()
    [line] = second.lines_of_customers
    assert line.values[own[0]] == "2026-02-03"
    assert line.values["source"]["name"] == source.name


def test_other_headers_and_imports_of_others_are_not_remembered(client, an, chi, own):
    client.force_login(an)
    checked(client, FILE, "thang-10.csv", column_4="")
    other = opened(client, csv("Tên công ty,Điện thoại,Nguồn,Ngày hẹn", "Giấy,0906 123 456,Website,1/2/2026"), "a.csv")
    assert other.like is None
    client.force_login(chi)
    hers = opened(client, FILE, "cua-chi.csv")
    assert hers.like is None
    assert hers.columns["4"] == own[1]


def test_what_was_said_of_words_outlives_a_file_without_them_and_entries_that_are_gone(client, an):
    """R1.31: nothing that is proposed is refused."""
    client.force_login(an)
    source, other = Source.objects.exclude(name="Website")[:2]
    head = "Tên công ty,Điện thoại,Nguồn"
    first = opened(client, csv(head, "Thép Sông Đà,0903 123 456,FB ads", "Gạch,0903 123 457,Hội chợ hè"), "a.csv")
    said = {"word_2_0": source.name, "word_2_1": other.name}
    client.post(f"/imports/{first.pk}/columns/", mapped(first, **said))
    work()
    checked(client, csv(head, "Sứ Hải Hà,0904 123 456,Website"), "b.csv")
    Source.objects.filter(pk=other.pk).update(is_active=False)
    third = checked(client, csv(head, "Kính,0905 123 456,FB ads", "Vôi,0905 123 457,Hội chợ hè"), "c.csv")
    values = [line.values for line in third.lines_of_customers.order_by("line")]
    assert values[0]["source"]["name"] == source.name
    assert "source" not in values[1]
    assert "Hội chợ hè" in values[1]["remark"]


def test_whoever_sees_the_files_of_others_goes_on_with_them_where_they_may_import(client, an, dung):
    """R1.31."""
    source, head = Source.objects.exclude(name="Website").first(), "Tên công ty,Điện thoại,Nguồn"
    client.force_login(dung)
    mine = opened(client, csv(head, "Thép Sông Đà,0903 123 456,FB ads"), "a.csv")
    place = {"team": "", "department": dung.department_id or an.department_id}
    assert client.post(f"/imports/{mine.pk}/columns/", mapped(mine, word_2_0=source.name, **place)).status_code == 302
    work()
    again = opened(client, csv(head, "Gạch,0904 123 456,FB ads"), "b.csv")
    mine.refresh_from_db()
    assert (again.like, again.department, again.team) == (mine, mine.department, None)
    Import.objects.filter(pk=mine.pk).update(by=an, department=None)
    third = opened(client, csv(head, "Gạch,0904 123 456,FB ads"), "c.csv")
    assert (third.like, third.department) == (mine, first_place(dung, "prospect")[1])
    client.force_login(an)
    his = opened(client, csv(head, "Gạch,0904 123 456,FB ads"), "d.csv")
    assert his.like == mine


# --- tags -------------------------------------------------------------------------------------------------------------

TAGGED = csv(
    "Tên công ty,Điện thoại,Từ khóa",
    'Thép Sông Đà,0903 123 456,"vip, Hội thảo hè; #Xuất khẩu, nội địa"',
    "Gạch Đông Á,0904 123 456,khách vip",
    "Xi măng Hòn Đá,0905 123 456,",
)


@pytest.fixture
def tags():
    return {name: Tag.objects.create(name=name) for name in ("VIP", "Hội thảo hè", "Xuất khẩu, nội địa")}


def tags_of(title: str) -> set[str]:
    return set(Tag.objects.filter(records__title=title).values_list("name", flat=True))


def test_tags_come_in_and_words_that_are_none_are_asked_about_or_kept(client, an, tags):
    """R1.31: one comma may be part of a tag's own name; what is no tag goes into the remark, never away."""
    client.force_login(an)
    imported = opened(client, TAGGED, "the.csv")
    assert imported.columns["2"] == "tags"
    page = client.get(f"/imports/{imported.pk}/columns/").text
    assert "khách vip" in page
    client.post(f"/imports/{imported.pk}/columns/", mapped(imported, word_2_0="VIP"))
    work()
    done = run(client, imported, policy="create")
    assert done.created == 3
    assert tags_of("Thép Sông Đà") == set(tags)
    assert tags_of("Gạch Đông Á") == {"VIP"}
    assert tags_of("Xi măng Hòn Đá") == set()
    again = checked(client, csv("Tên công ty,Điện thoại,Thẻ", "Sứ Hải Hà,0906 123 456,VIP; lạ"), "la.csv")
    run(client, again, policy="create")
    assert tags_of("Sứ Hải Hà") == {"VIP"}
    assert "lạ" in Prospect.objects.get(company_name="Sứ Hải Hà").remark


@pytest.mark.parametrize("policy", ["fill", "overwrite"])
def test_tags_of_a_line_join_those_of_the_record_that_is_there(client, an, tags, policy):
    """R1.31."""
    there = create("prospect", {"company_name": "Thép Sông Đà", "phone": "+84903123456", "tags": [tags["VIP"]]}, by=an)
    client.force_login(an)
    head = "Tên công ty,Điện thoại,Từ khóa"
    imported = checked(client, csv(head, "Thép Sông Đà,0903 123 456,Hội thảo hè"), "the.csv")
    done = run(client, imported, policy=policy)
    assert (done.updated, done.created) == (1, 0)
    assert tags_of(there.title) == {"VIP", "Hội thảo hè"}


def test_an_exported_list_brings_its_tags_back(client, an, tags):
    there = create("prospect", {"company_name": "Thép Sông Đà", "tags": [*tags.values()]}, by=an)
    field = kinds.get("prospect").fields["tags"].read_for(an)
    assert field.read(field.to_cell(there)) == list(field.value(there))


def test_a_file_asks_for_its_tags_once(client, an, tags, django_assert_max_num_queries):
    """R1.31: a thousand lines, each with other tags, ask no statement of their own."""
    names = list(tags)
    lines = [f'Công ty {nth},09{nth:08},"{"; ".join(names[: nth % 4])}"' for nth in range(400)]
    client.force_login(an)
    imported = checked(client, csv("Tên công ty,Điện thoại,Từ khóa", *lines), "the.csv")
    with django_assert_max_num_queries(62):
        run(client, imported, policy="create")
    assert Tag.objects.get(name="VIP").records.count() == 300
