"""Where an address lies today, read from what was typed (vietnam.md 7.1, item 7 of the data that can be trusted)."""

import json

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from pheu.core.vietnamese.address import recognise
from pheu.core.vietnamese.phone import AREA_CODES
from pheu.core.vietnamese.text import canonical_tone
from pheu.core.vietnamese.units import atlas, read_name


def place(text: str) -> tuple[str, ...]:
    """The names of the province and of the wards that `text` can be of."""
    found = recognise(text)
    if found is None:
        return ()
    return atlas().provinces[found.province].short, *(atlas().wards[code].name for code in found.wards)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Of today, two levels.
        ("Phường Sài Gòn, TP Hồ Chí Minh", ("Hồ Chí Minh", "Phường Sài Gòn")),
        ("12 phố Huế, phường Hai Bà Trưng, Hà Nội, Việt Nam", ("Hà Nội", "Phường Hai Bà Trưng")),
        ("Xã Bình Chánh, TP HCM", ("Hồ Chí Minh", "Xã Bình Chánh")),
        ("Thôn 3 - Phường Láng - Hà Nội - 100000", ("Hà Nội", "Phường Láng")),
        ("đặc khu Vân Đồn, tỉnh Quảng Ninh", ("Quảng Ninh", "Đặc khu Vân Đồn")),
        # Of three levels, the ward went into one.
        ("Phường Bến Nghé, Quận 1, TP. Hồ Chí Minh", ("Hồ Chí Minh", "Phường Sài Gòn")),
        ("phuong ben nghe, quan 1, ho chi minh", ("Hồ Chí Minh", "Phường Sài Gòn")),
        ("P.12 Q.10 TPHCM", ("Hồ Chí Minh", "Phường Hòa Hưng")),
        ("P12 Q10 TP.HCM", ("Hồ Chí Minh", "Phường Hòa Hưng")),
        ("Ward 12, District 10, HCMC, Vietnam", ("Hồ Chí Minh", "Phường Hòa Hưng")),
        ("12/3, F.02, Quận 03, Sài Gòn", ("Hồ Chí Minh", "Phường Bàn Cờ")),
        ("Phường Liên Bảo, TP Vĩnh Yên, Vĩnh Phúc", ("Phú Thọ", "Phường Vĩnh Phúc")),
        ("P. Phú Cường, Thủ Dầu Một, Bình Dương", ("Hồ Chí Minh", "Phường Thủ Dầu Một")),
        ("Thị trấn Cái Rồng, Vân Đồn, Quảng Ninh", ("Quảng Ninh", "Đặc khu Vân Đồn")),
        ("Phường Vĩnh Ninh, TP Huế, Thừa Thiên Huế", ("Huế", "Phường Thuận Hóa")),
        # A district of before 2021, and a ward of before 2025 below it.
        ("Lô I-3b, đường N6, P. Tăng Nhơn Phú B, Quận 9, TP.HCM", ("Hồ Chí Minh", "Phường Tăng Nhơn Phú")),
        # The new ward with the old district, as many go on writing.
        ("Phường Sài Gòn, Quận 1, TP. HCM", ("Hồ Chí Minh", "Phường Sài Gòn")),
        # Divided: all of them, nothing is guessed.
        ("12 Điện Biên Phủ, P. Đa Kao, Q.1, TP.HCM", ("Hồ Chí Minh", "Phường Tân Định", "Phường Sài Gòn")),
        ("P. Đa Kao, Quận 1", ("Hồ Chí Minh", "Phường Tân Định", "Phường Sài Gòn")),
        # No more than the province can be told.
        ("Bình Dương", ("Hồ Chí Minh",)),
        ("Thủ Dầu Một, Bình Dương", ("Hồ Chí Minh",)),
        ("Huyện Lý Sơn, Quảng Ngãi", ("Quảng Ngãi",)),
        ("thành phố Vĩnh Long", ("Vĩnh Long",)),
        ("Bình Chánh, TP.HCM", ("Hồ Chí Minh",)),  # a district, a former ward and one of today are called so
        ("Khu công nghiệp Sóng Thần, Dĩ An, tỉnh Bình Dương", ("Hồ Chí Minh",)),
        ("Bà Rịa - Vũng Tàu", ("Hồ Chí Minh",)),
        # A street is no province, and what is elsewhere is nowhere.
        ("Số 5 đường Hà Nội", ()),
        ("Xa lộ Hà Nội", ()),
        ("12 Lê Lợi, DN", ()),  # Đà Nẵng and Đồng Nai are written so
        ("Huyện Châu Thành", ()),  # ten provinces have one
        ("10 Downing Street, London", ()),
        ("", ()),
    ],
)
def test_an_address_says_where_it_lies_today(text: str, expected: tuple[str, ...]) -> None:
    assert place(text) == expected


def test_it_is_told_which_words_are_of_before() -> None:
    def is_former(text: str) -> bool:
        found = recognise(text)
        assert found is not None
        return found.is_former

    assert [is_former(text) for text in ("Phường Láng, Hà Nội", "Hà Nội", "TP.HCM")] == [False, False, False]
    assert [is_former(text) for text in ("Bình Dương", "P. Bến Nghé, Q1, TP.HCM", "Quận 1, TP.HCM")] == [True] * 3


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Hà Nội", ("024",)),
        ("Quảng Nam", ("0235",)),  # no province any more: whoever writes so means that of before
        ("Thừa Thiên Huế", ("0234",)),
        ("Đà Nẵng", ("0235", "0236")),  # of before or of today, with Quảng Nam
        ("TP.HCM", ("0254", "0274", "028")),
        ("Phường Tam Kỳ, TP Đà Nẵng", ("0235",)),
        ("Phường Hải Châu, TP Đà Nẵng", ("0236",)),
        ("Phường Thạc Gián, Thanh Khê, Đà Nẵng", ("0236",)),
        ("12 Bạch Đằng, Quận Hải Châu, Đà Nẵng", ("0236",)),
        ("12 Bạch Đằng, Hải Châu, Đà Nẵng", ("0236",)),
        ("Quận 1, TP.HCM", ("028",)),
        ("Quận 1", ("028",)),
        ("Dĩ An, Bình Dương", ("0274",)),
        ("Phường Dĩ An, TP.HCM", ("0274",)),
        ("Quế Sơn, Đà Nẵng", ("0235", "0236")),  # the district of Quảng Nam, or a street of Đà Nẵng
        ("Tầng 3, Trần Hưng Đạo, Hải Phòng", ("0220", "0225")),  # a street, though wards are called so
        ("12 Lê Lợi, Đà Nẵng", ("0235", "0236")),
    ],
)
def test_an_address_says_which_area_codes_its_landlines_have(text: str, codes: tuple[str, ...]) -> None:
    """R4.02: those of the provinces of before July 2025; one of today has several, unless ward or district tell."""
    found = recognise(text)
    assert found is not None and found.area_codes == codes


def test_every_former_district_tells_its_area_code_below_the_province_of_before_and_of_today() -> None:
    """Never a wrong one; where several provinces of before had a district of that name, the codes of all."""
    codes = {read_name(name).rest: code for code, name in AREA_CODES.items()}
    codes |= {"hochiminh": "028", "hue": "0234"}
    unsure = set()
    for province in atlas().former:
        code, today = codes[read_name(province.name).rest], atlas().provinces[province.code].name
        for district in (one.name for one in province.districts if one.name):
            for text in (f"{district}, {province.name}", f"{district}, {today}", f"12 Lê Lợi, {district}, {today}"):
                found = recognise(text)
                assert found is not None and code in found.area_codes, text
                unsure |= {district} if found.area_codes != (code,) else set()
    assert unsure == {"Huyện Châu Thành"}


def test_every_ward_of_today_is_known_by_its_name_and_province() -> None:
    for ward in atlas().wards.values():
        found = recognise(f"{ward.name}, {atlas().provinces[ward.province].name}")
        assert found is not None and found.province == ward.province
        same = [one for one in atlas().provinces[ward.province].wards if read_name(one.name) == read_name(ward.name)]
        assert set(found.wards) == {one.code for one in same}, ward.name


def test_every_former_ward_leads_to_those_that_it_is_in_now() -> None:
    for province in atlas().former:
        for district in province.districts:
            for ward in district.wards:
                if ward.names and (found := recognise(f"{min(ward.names, key=len)}, {district.name}, {province.name}")):
                    assert found.province == province.code
                    assert set(ward.codes) <= set(found.wards)
                else:
                    assert not ward.names  # an island without one


def test_the_list_is_whole() -> None:
    assert len(atlas().provinces) == 34
    assert len(atlas().wards) == 3321
    assert sum(len(district.wards) for one in atlas().former for district in one.districts) == 10_040
    reached = {
        code for one in atlas().former for district in one.districts for ward in district.wards for code in ward.codes
    }
    assert reached == set(atlas().wards)
    assert all(one.former for one in atlas().wards.values())


@given(st.text(max_size=200), st.sampled_from(["", ", Hà Nội", ", Quận 1, TP.HCM", ", P., Q., TP."]))
def test_any_text_is_an_address_or_none(text: str, end: str) -> None:
    found = recognise(text + end)
    assert found is None or {atlas().wards[code].province for code in found.wards} <= {found.province}


def test_later_lists_have_the_same_units() -> None:
    for path in (settings.BASE_DIR.parent / "shared/data").glob("vn-units-*.json"):
        for province in json.loads(path.read_text(encoding="utf-8")):
            assert same(atlas().provinces[province["Code"]].name) == same(province["FullName"])
            for ward in province["Wards"]:
                assert same(atlas().wards[ward["Code"]].name) == same(ward["FullName"])
                assert atlas().wards[ward["Code"]].province == province["Code"]


def same(name: str) -> str:
    """A name in one way of writing it: «Yên Hoà», «Yên Hòa»."""
    return canonical_tone(name).casefold().replace(" - ", " ").replace("-", " ")
