"""Text typed for the Vietnamese fonts from before Unicode: recognised, converted, and never taken for what it is not
(R1.31)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pheu.core.vietnamese import legacy
from pheu.core.vietnamese.legacy import convert, looks_like

SMALL = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
CAPITALS = SMALL.upper()
TO_TCVN3 = {letter: chr(byte) for byte, letter in legacy._TCVN3.items()}
TO_VNI = {letter: typed for typed, letter in legacy._VNI.items() if typed.islower() or typed.isupper()}

NEW = ["Công ty TNHH Đầu tư Sông Hồng", "Nguyễn Thị Bích Phượng", "Sử dụng điện, đường Láng, quận Đống Đa"]


def typed(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in unicodedata.normalize("NFC", text))


def test_the_tables_hold_every_letter_that_the_fonts_have():
    """R1.31: VNI all 134, TCVN3 the small ones and the seven capitals that bear no tone."""
    assert set(legacy._VNI.values()) == set(SMALL + CAPITALS)
    assert set(TO_TCVN3) == set(SMALL) | set("ĂÂĐÊÔƠƯ")


@given(st.text(st.sampled_from(SMALL + CAPITALS + "abcdeghiklmnopqrstuvxy ABCDE 0123456789-.,/@")))
def test_what_is_typed_in_vni_comes_back(text):
    """R1.31."""
    assert convert(typed(text, TO_VNI), "vni") == text


@given(st.text(st.sampled_from(SMALL + "ĂÂĐÊÔƠƯ" + "abcdeghiklmnopqrstuvxy ABCDE 0123456789-.,/@")))
def test_what_is_typed_in_tcvn3_comes_back(text):
    """R1.31."""
    assert convert(typed(text, TO_TCVN3), "tcvn3") == text


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("NguyÔn V¨n A", "tcvn3", "Nguyễn Văn A"),
        ("C«ng ty TNHH §Çu t\xad", "tcvn3", "Công ty TNHH Đầu tư"),
        ("TrÇn ThÞ Hång – Hµ Néi", "tcvn3", "Trần Thị Hồng – Hà Nội"),
        ("Nguyeãn Vaên A", "vni", "Nguyễn Văn A"),
        ("COÂNG TY ÑAÀU TÖ", "vni", "CÔNG TY ĐẦU TƯ"),
        ("Aùnh Ñaøo, Huyønh", "vni", "Ánh Đào, Huỳnh"),
        ("Đã là Unicode: Hà Nội", "tcvn3", "Đã là Unicode: Hà Nội"),
        ("0903 123 456", "vni", "0903 123 456"),
        ("C«ng ty", "", "C«ng ty"),
    ],
)
def test_texts_of_real_lists_are_converted(text, code, meant):
    """R1.31: a cell that is typed in Unicode already stays."""
    assert convert(text, code) == meant


def test_texts_in_either_old_encoding_are_recognised():
    """R1.31: also where a list holds cells in both."""
    assert looks_like([typed(text, TO_TCVN3) for text in NEW]) == "tcvn3"
    assert looks_like([typed(text, TO_VNI) for text in NEW]) == "vni"
    assert looks_like([text.upper() for text in [typed(text, TO_VNI) for text in NEW]]) == "vni"
    assert looks_like(["Tên công ty", "0903 123 456", *(typed(text, TO_TCVN3) for text in NEW)]) == "tcvn3"


@pytest.mark.parametrize(
    "texts",
    [
        NEW,
        [unicodedata.normalize("NFD", text) for text in NEW],
        ["Hà Nam", "Công ty Hòa Bình", "ông bà là cô chú, còn có ý khác"],
        ["Société Générale à Québec, où l'été dernier né, thé, café crème, déjà très élevé, Noël, forêt, hôtel"],
        ["Müller & Söhne GmbH, Straße, Köln, Düsseldorf, für große Öfen"],
        ["El niño español añadió más año mañana señor"],
        ["The quick brown fox’s naïve résumé — 20 €"],
        ["0903 123 456", "(+84) 28 3845 0000", "12 m² · 30° · ½ · © ®", "«Sông Hồng»"],
        ["", "\xa0", "\u202a+84\u202c"],
        ["Nguyá»…n VÄƒn A", "CÃ´ng ty TNHH Ä\x90áº§u tÆ°"],
    ],
)
def test_nothing_else_is_taken_for_an_old_encoding(texts):
    """R1.31: Unicode, other languages, numbers and signs, UTF-8 that was read as something else."""
    assert looks_like(texts) == ""
    assert looks_like(texts * 20) == ""
