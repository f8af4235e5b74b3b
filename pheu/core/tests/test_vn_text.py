"""Vietnamese text: cleaning, folding, order, places of tones, names."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pheu.core.vietnamese import make_fold_table
from pheu.core.vietnamese.fold_table import CAPITALS, LATIN, SEVERAL, SMALL
from pheu.core.vietnamese.names import given_name, initials, name_sort_key
from pheu.core.vietnamese.text import (
    FOLD_SQL,
    canonical_tone,
    clean,
    clean_lines,
    fold,
    marked_text,
    marked_words,
    search_text,
    search_words,
    sort_key,
)

LATIN_CODES = [*range(0x20, 0x250), *range(0x300, 0x370), *range(0x1E00, 0x1F00), *range(0x2C60, 0x2C80)]
LATIN_CODES += [*range(0xA720, 0xA800), *range(0xAB30, 0xAB70), *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F)]


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Công  ty\u200b\xa0ABC \u200e", "Công ty ABC"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Hoà"), "Nguyễn Thị Hoà"),
        ("e\u200b\u0302", "ê"),
        ("một\nhai\tba", "một hai ba"),
        ("a\x00b\ud800c\x07", "abc"),
        ("👨‍👩‍👧 nhà\u200d mình ❤️", "👨‍👩‍👧 nhà mình ❤️"),
        ("\u200b\u200b", ""),
    ],
)
def test_cleaning_takes_out_what_nobody_sees(typed, cleaned):
    assert clean(typed) == cleaned


def test_cleaning_lines_keeps_the_lines():
    assert clean_lines(" một \r\nhai\u200b\n\n\n\nba\u2028bốn \n") == "một\nhai\n\nba\nbốn"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Nguyễn Văn Đào", "nguyen van dao"),
        ("ĐẶNG THỊ ƯỚC", "dang thi uoc"),
        ("Ðặng", "dang"),
        (unicodedata.normalize("NFD", "Hoà Thuỷ Khoẻ"), "hoa thuy khoe"),
        ("  Công\xa0\xa0ty\u200b  TNHH ", "cong ty tnhh"),
        ("SO₂, NOₓ, 3.000 m³", "so2, nox, 3.000 m3"),
        ("Ａ１ Straße Œuvre ǅ ﬃ", "a1 strasse oeuvre dz ffi"),
        ("ΑΘΗΝΑ Москва 삼성", "αθηνα москва 삼성"),
        ("", ""),
    ],
)
def test_folding_leaves_what_a_hurried_person_types(text, folded):
    assert fold(text) == folded


def test_every_vietnamese_letter_folds_to_its_base():
    shapes = {"a": "aăâ", "e": "eê", "i": "i", "o": "oôơ", "u": "uư", "y": "y"}
    for base, letters in shapes.items():
        for letter in letters:
            for tone in ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]:
                composed = unicodedata.normalize("NFC", letter + tone)
                for form in [composed, composed.upper(), letter + tone, unicodedata.normalize("NFD", composed)]:
                    assert fold(form) == base, form
    assert fold("đĐ") == "dd"


@settings(deadline=None)
@given(st.text(st.sampled_from([*map(chr, LATIN_CODES), "\u200b", "\xa0", "\n"])))
def test_folding_twice_or_cleaning_first_changes_nothing(text):
    assert fold(fold(text)) == fold(clean(text)) == fold(text)


@settings(deadline=None)
@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


def test_the_table_is_what_its_maker_makes():
    latin, small, several = make_fold_table.table()
    for plain, forms in LATIN.items():
        assert set(forms) <= set(latin[plain])  # a later Unicode may add to it
    assert dict(zip(CAPITALS, SMALL, strict=True)).items() <= small.items()
    assert several.items() >= SEVERAL.items()


def folded_by_postgres(texts):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pheu_fold(t) from unnest(%s::text[]) with ordinality u(t, n) order by n", [texts])
        return [folded for (folded,) in cursor.fetchall()]


@pytest.mark.django_db
def test_postgres_folds_every_character_as_python_does():
    # What this Python does not know yet, PostgreSQL may normalise already.
    characters = [chr(code) for code in range(1, 0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    texts = [f"x{character}\u0301 Y" for character in characters] + [f"{mark}a" for mark in characters]
    assert folded_by_postgres(texts) == [fold(text) for text in texts]


_LETTERS = st.sampled_from([chr(code) for code in LATIN_CODES])
_KNOWN = st.characters(codec="utf-8", exclude_categories=["Cn", "Cs"], exclude_characters="\x00")


@pytest.mark.django_db
def test_postgres_folds_texts_as_python_does():
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.text(_LETTERS) | st.text(_KNOWN), min_size=1, max_size=50))
    def held_equal(texts):
        assert folded_by_postgres(texts) == [fold(text) for text in texts]

    held_equal()


@pytest.mark.django_db
def test_postgres_may_index_the_fold():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("create temporary table person (name text)")
        cursor.execute("create index on person (pheu_fold(name))")
        cursor.execute("insert into person values ('Đào  Thị Hoà'), (null)")
        cursor.execute("select pheu_fold(name) from person")
        assert cursor.fetchall() == [("dao thi hoa",), (None,)]


def test_the_function_leans_on_nothing_that_differs_between_servers():
    for word in ["unaccent", "lower(", "regexp", "initcap"]:
        assert word not in FOLD_SQL
    assert FOLD_SQL.isascii()


def test_search_text_begins_every_word_with_a_space():
    assert search_text("TN-000842", "Công ty (CMC)", None, "van.dt@x.vn") == " tn 000842 cong ty cmc van dt x vn"
    assert search_text("", None) == ""
    assert search_words("  TN-000842 Đào ") == ["tn", "000842", "dao"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Đào Hoa", ["zd9a2o"]),
        ("Đạo Hòa", ["zd9a5o", "zho2a"]),
        ("hoà", ["zho2a"]),  # either habit of placing the tone
        ("nguyễn", ["znguye64n"]),
        ("ỆƠĂƯ", ["ze56o7a8u7"]),
        ("Cong ty ABC 12", []),
        ("", []),
    ],
)
def test_words_with_marks_are_told_apart_in_letters_and_digits(text, words):
    """What a trigram index of any locale can tell apart."""
    assert marked_words(text) == words
    assert marked_text(text) == "".join(f" {word}" for word in words)


@given(st.text("aàáâấăđeễoốơớuừy hnt"), st.integers(0, 20))
def test_the_beginning_of_a_word_is_the_beginning_of_its_spelling(text, length):
    word = "".join(text.split())
    begun = marked_words(word[:length])
    # Where the tone of a whole syllable stands elsewhere (hoà, hòa), its beginning is another text.
    if begun and canonical_tone(word) == word:
        assert marked_words(word)[0].startswith(begun[0])


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ordered",
    [
        "a à ả ã á ạ ă ằ ẳ ẵ ắ ặ â ầ ẩ ẫ ấ ậ b c d đ e è ẻ ẽ é ẹ ê ề ể ễ ế ệ g h i ì ỉ ĩ í ị k l m n o ò ỏ õ ó ọ "
        "ô ồ ổ ỗ ố ộ ơ ờ ở ỡ ớ ợ p q r s t u ù ủ ũ ú ụ ư ừ ử ữ ứ ự v x y ỳ ỷ ỹ ý ỵ",
        "an Ân Bình Cường Dũng Đào Đạt Em Giang Hà Hoa hoà Hoá Hoàng Ích Khánh Lan Minh Nga Ô Ơn Phú Quý Ru Sơn Tâm "
        "Uyên Ước Vân Xuân Yến",
        "hoa Hoa hoà Hoà hoan",
        "1 10 2 A Z",
    ],
)
def test_the_order_of_a_vietnamese_dictionary(ordered):
    words = ordered.split()
    backwards = words[::-1]
    assert sorted(backwards, key=sort_key) == words


def test_letters_decide_before_tones_over_the_whole_text():
    assert sort_key("hà an") < sort_key("ha binh") < sort_key("hạ binh")
    assert sort_key("Lan Anh") < sort_key("Lanh")  # a space comes before every letter
    assert sort_key(unicodedata.normalize("NFD", "Hoà")) == sort_key("Hoà")
    assert sort_key("") < sort_key("a") < sort_key("я") < sort_key("삼")
    assert sort_key("cafe") < sort_key("café") < sort_key("cafê")


def test_people_are_sorted_by_given_name_then_middle_then_family():
    people = ["Trần An", "Nguyễn Thị An", "Đỗ Văn An", "LÊ VĂN AN", "Nguyễn Văn Ân", "Đỗ Hoa", "An Hoà", "Bùi Hoá"]
    backwards = people[::-1]
    assert sorted(backwards, key=name_sort_key) == people


@pytest.mark.parametrize(
    ("full_name", "given", "letters"),
    [
        ("Nguyễn Thị Mai Trang", "Trang", "NT"),
        ("Mai Trang", "Trang", "MT"),
        ("Lê Hạnh", "Hạnh", "LH"),
        ("  đỗ   thị\u200b vân ", "vân", "ĐV"),
        ("Ông Nguyễn Văn An (kế toán)", "An", "NA"),
        ("Ms. Trần Thu Hà - Giám đốc", "Hà", "TH"),
        ("Hạnh", "Hạnh", "HẠ"),
        ("Anh", "Anh", "AN"),
        ("(chưa rõ)", "rõ)", "(R"),
        ("", "", ""),
    ],
)
def test_people_are_called_by_the_last_word(full_name, given, letters):
    assert (given_name(full_name), initials(full_name)) == (given, letters)


# --- tones ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modern", "classic"),
    [("hoà", "hòa"), ("thuý", "thúy"), ("khoẻ", "khỏe"), ("thuỷ", "thủy"), ("HOÀ", "HÒA"), ("Loã xoã", "Lõa xõa")],
)
def test_two_habits_of_placing_a_tone_are_one(modern, classic):
    assert modern != classic
    assert canonical_tone(modern) == canonical_tone(classic) == classic
    assert canonical_tone(unicodedata.normalize("NFD", modern)) == classic


@pytest.mark.parametrize("word", ["quý", "Quỳ", "hoàn", "hoài", "thuyền", "khoẻn", "quà", "hoa", "tuần"])
def test_other_tones_stay_where_they_are(word):
    assert canonical_tone(word) == word


def test_a_marked_long_s_is_an_s():
    """Found by the property above: the fold must not need a second time."""
    assert fold("\u1e9b") == "s"
