"""A made-up Vietnamese list of which is known who is who: each sort of slip that real lists are full of, planted as
often as the others, among rows that have nothing in common and rows that only look alike (vietnam.md 7.2-7.4).

The same seed gives the same list. Nobody in it exists (`demo/customers.py`).
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from pheu.core.vietnamese.phone import AREA_CODES, OLD_AREA_CODES, OLD_MOBILES, show_phone
from pheu.home.bench.matching.known import Entry, KnownSet
from pheu.home.demo.customers import BRANDS, FAMILIES, JOBS, MEN, MIDDLES, PROVINCES, TRADES, WOMEN, Inventor

SEED = 2027
EACH, PLAIN_ROWS = 60, 3000
STREETS = [
    "Lê Lợi", "Trần Hưng Đạo", "Nguyễn Huệ", "Hai Bà Trưng", "Lý Thường Kiệt", "Quang Trung", "Phan Chu Trinh",
    "Điện Biên Phủ", "Cách Mạng Tháng Tám", "Nguyễn Trãi", "Hoàng Diệu", "Ngô Quyền", "Trường Chinh", "Bạch Đằng",
]  # fmt: skip
# One form of company in the ways in which it is written.
FORMS = [
    ("Công ty TNHH {}", "Cty TNHH {}", "{} Co., Ltd", "CÔNG TY TRÁCH NHIỆM HỮU HẠN {}"),
    ("Công ty Cổ phần {}", "CTCP {}", "Cty CP {}", "{} JSC"),
    ("Công ty TNHH MTV {}", "Công ty TNHH Một thành viên {}", "Cty TNHH 1TV {}", "C.ty TNHH MTV {}"),
    ("Doanh nghiệp tư nhân {}", "DNTN {}", "Doanh nghiệp Tư nhân {}"),
]
LONG_AND_SHORT = [("Thương mại Dịch vụ", "TMDV"), ("Sản xuất Thương mại", "SX TM"), ("Xuất nhập khẩu", "XNK"),
                  ("Thương mại & Dịch vụ", "TM và DV"), ("Xây dựng", "XD")]  # fmt: skip
MAIL = ["gmail.com", "gmail.com", "yahoo.example", "thu.example"]
NEW_MOBILES = {new: old for old, new in OLD_MOBILES.items()}
NEW_AREAS = {new: old for old, new in OLD_AREA_CODES.items()}
Cells = dict[str, str]
Twin = Callable[["Scribe", Cells], Cells]


@dataclass(frozen=True)
class Place:
    """An address by its parts; `write` puts it down in one of the ways that people have."""

    house: str
    street: str
    ward: str
    district: str
    province: str

    def write(self, way: int = 0) -> str:
        city = "TP.HCM" if self.province == "TP. Hồ Chí Minh" else self.province
        street, ward, district = self.street, self.ward, self.district
        return [
            f"Số {self.house} đường {street}, phường {ward}, quận {district}, {self.province}",
            f"{self.house} {street}, P. {ward}, Q. {district}, {city}",
            f"{self.house} đường {street} - Phường {ward} - Quận {district} - {self.province} - Việt Nam",
        ][way]


class Scribe:
    """Draws customers, and writes them down in every way but the one in which they were written before."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.inventor, self.serial = rng, Inventor(rng), 0
        self.places: dict[str, Place] = {}  # by how they were written first

    # -- what is drawn -----------------------------------------------------------------------------------------------

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def province(self) -> tuple[str, str]:
        return self.rng.choice([one for places in PROVINCES.values() for one in places])

    def address(self, province: str) -> str:
        place = Place(
            f"{self.rng.randrange(1, 400)}{self.rng.choice(['', '', 'A', 'B'])}", self.rng.choice(STREETS),
            self.rng.choice(BRANDS), self.rng.choice(["1", "3", "7", "Tân Phú", "Ba Đình", "Hải Châu"]), province,
        )  # fmt: skip
        self.places[place.write()] = place
        return place.write()

    def brand(self) -> str:
        """What no two companies are called, but for those that are planted."""
        more, _short = self.rng.choice(LONG_AND_SHORT)
        words = [more, self.rng.choice(list(TRADES)), self.rng.choice(BRANDS)]
        return " ".join(words[self.rng.randrange(2) :]) + f" {self.rng.choice('ABCDEGHK')}{self.number()}"

    def person(self) -> str:
        """As often the same as names are."""
        woman = self.rng.random() < 0.5
        middle = self.rng.choice(MIDDLES["chi" if woman else "anh"])
        given = self.rng.choice(WOMEN if woman else MEN)
        family = FAMILIES[int(self.rng.random() ** 2 * len(FAMILIES))]
        return f"{family} {middle} {given}" if " " not in given else f"{family} {given}"

    def company(self) -> Cells:
        province, area = self.province()
        brand, mail = self.brand(), f"c{self.number()}"
        return {
            "name": self.rng.choice(FORMS)[0].format(brand),
            "tax_code": self.inventor.tax_code(),
            "phone": show_phone(self.inventor.landline(area) if self.rng.random() < 0.6 else self.inventor.mobile()),
            "email": f"lienhe@{mail}.example",
            "website": f"https://{mail}.example",
            "address": self.address(province),
        }

    def contact(self) -> Cells:
        province, _area = self.province()
        return {
            "full_name": self.person(),
            "phone": show_phone(self.inventor.mobile()),
            "email": f"nguoi.so{self.number()}@{self.rng.choice(MAIL)}",
            "address": self.address(province),
        }

    # -- ways of writing ---------------------------------------------------------------------------------------------

    def other_form(self, name: str) -> str:
        """The same company by another way of writing its form."""
        for first, *others in FORMS:
            if name.startswith(head := first.format("")):
                return self.rng.choice(others).format(name.removeprefix(head))
        return name

    def short_words(self, name: str) -> str:
        for words, short in LONG_AND_SHORT:
            name = name.replace(words, short)
        return name

    def other_address(self, text: str) -> str:
        return self.places[text].write(self.rng.choice([1, 2]))

    def other_phone(self, shown: str) -> str:
        digits = shown.replace(" ", "")
        international = f"+84 {digits[1:3]} {digits[3:6]} {digits[6:]}"
        dotted = f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"
        return self.rng.choice(
            [international, f"0084{digits[1:]}", dotted, digits[1:], f"{digits[1:]}.0", f"84{digits[1:]}"]
        )

    def slip(self, text: str) -> str:
        """One letter of a longer word left out, doubled or changed for its neighbour."""
        words = text.split()
        at = max(range(len(words)), key=lambda nth: (len(words[nth]), nth))
        word, nth = words[at], self.rng.randrange(1, len(words[at]) - 1)
        words[at] = self.rng.choice(
            [word[:nth] + word[nth + 1 :], word[:nth] + word[nth] + word[nth:],
             word[:nth] + word[nth + 1] + word[nth] + word[nth + 2 :]]
        )  # fmt: skip
        return " ".join(words)


def plain(text: str) -> str:
    """«Đỗ Vân» as typed without a Vietnamese keyboard: «Do Van»."""
    letters = unicodedata.normalize("NFD", text).replace("đ", "d").replace("Đ", "D")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


# Twins: the same once more, each with little more than what it is found by --------------------------------------------


def _without_marks(scribe: Scribe, one: Cells) -> Cells:
    return {"name": plain(one["name"]).upper(), "phone": scribe.other_phone(one["phone"])}


def _form_and_address(scribe: Scribe, one: Cells) -> Cells:
    return {"name": scribe.other_form(one["name"]), "address": scribe.other_address(one["address"])}


def _short_words(scribe: Scribe, one: Cells) -> Cells:
    return {"name": scribe.short_words(scribe.other_form(one["name"])), "address": scribe.other_address(one["address"])}


def _old_landline(scribe: Scribe, one: Cells) -> Cells:
    area = scribe.rng.choice([area for area in AREA_CODES if area in NEW_AREAS])
    one["phone"] = show_phone(scribe.inventor.landline(area))
    rest = one["phone"].replace(" ", "").removeprefix(area)
    old = NEW_AREAS[area]
    written = [
        f"({old}) {rest[:4]} {rest[4:]}",
        f"{old}.{rest}",
        f"{old}-{rest}",
        f"(+84.{old[1:]}) {rest[:3]} {rest[3:]}",
    ]
    return {"name": scribe.brand(), "phone": scribe.rng.choice(written)}


def _old_mobile(scribe: Scribe, one: Cells) -> Cells:
    while (start := (number := scribe.inventor.mobile()).replace("+84", "0")[:3]) not in NEW_MOBILES:
        pass
    one["phone"] = show_phone(number)
    rest = number.replace("+84", "0")[3:]
    old = NEW_MOBILES[start]
    return {
        _name(one): _name_of(scribe, one),
        "phone": scribe.rng.choice([f"{old}{rest}", f"{old} {rest[:3]} {rest[3:]}", f"+84{old[1:]}{rest}"]),
    }


def _two_numbers(scribe: Scribe, one: Cells) -> Cells:
    other = show_phone(scribe.inventor.mobile())
    between = scribe.rng.choice([" / ", " - ", "; ", " hoặc "])
    return {_name(one): _name_of(scribe, one), "phone": f"{other}{between}{one['phone']}"}


def _name(one: Cells) -> str:
    return "name" if "name" in one else "full_name"


def _name_of(scribe: Scribe, one: Cells) -> str:
    return scribe.brand() if "name" in one else plain(one["full_name"])


def _tax_code(scribe: Scribe, one: Cells) -> Cells:
    code = one["tax_code"]
    ways = [f"MST: {code}", f"{code[:4]} {code[4:7]} {code[7:]}", code.removeprefix("0"), f"{code}.0", f"'{code}"]
    return {"name": scribe.brand(), "tax_code": scribe.rng.choice(ways)}


def _branch_code(scribe: Scribe, one: Cells) -> Cells:
    branch = f"{scribe.rng.randrange(1, 40):03}"
    bare, one["tax_code"] = one["tax_code"], f"{one['tax_code']}-{branch}"
    return {
        "name": scribe.brand(),
        "tax_code": scribe.rng.choice([f"{bare}{branch}", f"{bare} - {branch}", f"{bare[1:]}{branch}"]),
    }


def _new_code(scribe: Scribe, one: Cells) -> Cells:
    """A household that pays taxes by its owner's citizen id since July 2025."""
    one["name"] = f"Hộ kinh doanh {scribe.brand()}"
    citizen = f"079{scribe.rng.choice('01')}{scribe.rng.randrange(60, 99)}{scribe.rng.randrange(10**6):06}"
    return {
        "name": one["name"].replace("Hộ kinh doanh", "HKD"),
        "tax_code": citizen,
        "phone": scribe.other_phone(one["phone"]),
    }


def _mail(scribe: Scribe, one: Cells) -> Cells:
    local, _at, domain = one["email"].partition("@")
    written = scribe.rng.choice(
        [one["email"].upper(), f"{local}+baogia@{domain}", f"{local}@{domain}; khac{scribe.number()}@x.example"]
    )
    if domain == "gmail.com":
        written = f"{local.replace('.', '')}@googlemail.com"
    name = scribe.brand() if "name" in one else " ".join(one["full_name"].split()[-1:])
    return {_name(one): name, "email": written}


def _website(scribe: Scribe, one: Cells) -> Cells:
    host = one["website"].removeprefix("https://")
    written = scribe.rng.choice([f"http://www.{host}/gioi-thieu", f"www.{host.upper()}", f"{host}/vi/?utm=x"])
    return {"name": scribe.slip(scribe.other_form(one["name"])), "website": written}


def _decomposed(scribe: Scribe, one: Cells) -> Cells:
    """From a phone or another keyboard: letters and marks apart, spaces that cannot be seen."""
    name = unicodedata.normalize("NFD", one[_name(one)]).replace(" ", "\u00a0", 1)
    return {_name(one): f"\u200b{name} ", "address": unicodedata.normalize("NFD", one["address"])}


def _slip_and_address(scribe: Scribe, one: Cells) -> Cells:
    """Of a person two times in three with the number, as lists have it; a slip can also make another name."""
    more = {"phone": scribe.other_phone(one["phone"])} if "full_name" in one and scribe.rng.random() < 2 / 3 else {}
    return {_name(one): scribe.slip(one[_name(one)]), "address": scribe.other_address(one["address"])} | more


def _person_without_marks(scribe: Scribe, one: Cells) -> Cells:
    return {"full_name": plain(one["full_name"]).upper(), "phone": scribe.other_phone(one["phone"])}


def _swapped(scribe: Scribe, one: Cells) -> Cells:
    """As mail programs and airlines write it: the given name first."""
    *before, given = one["full_name"].split()
    return {"full_name": " ".join([given, *before]), "address": scribe.other_address(one["address"])}


def _spoken_of(scribe: Scribe, one: Cells) -> Cells:
    given = one["full_name"].split()[-1]
    job = scribe.rng.choice(JOBS)
    return {
        "full_name": scribe.rng.choice([f"Anh {given}", f"Chị {given} ({job})", f"Mr. {plain(given)}"]),
        "phone": scribe.other_phone(one["phone"]),
    }


def _honoured(scribe: Scribe, one: Cells) -> Cells:
    name, job = one["full_name"], scribe.rng.choice(JOBS)
    return {
        "full_name": scribe.rng.choice([f"Ông {name}", f"{name} - {job}", f"ThS. {name}"]),
        "address": scribe.other_address(one["address"]),
    }


TWINS: dict[str, dict[str, Twin]] = {
    "company": {
        "no marks, phone written otherwise": _without_marks,
        "form of company and address written otherwise": _form_and_address,
        "short words (TMDV, XNK)": _short_words,
        "landline with its old area code": _old_landline,
        "mobile with its old eleven digits": _old_mobile,
        "two numbers in a cell": _two_numbers,
        "tax code written otherwise": _tax_code,
        "tax code of a branch": _branch_code,
        "citizen id in place of the tax code": _new_code,
        "e-mail written otherwise": _mail,
        "website written otherwise, a slip in the name": _website,
        "marks apart, unseen spaces": _decomposed,
        "a slip in the name, address written otherwise": _slip_and_address,
    },
    "contact": {
        "no marks, phone written otherwise": _person_without_marks,
        "given name first, address written otherwise": _swapped,
        "called by the given name, same phone": _spoken_of,
        "titles and jobs around the name": _honoured,
        "mobile with its old eleven digits": _old_mobile,
        "two numbers in a cell": _two_numbers,
        "e-mail written otherwise": _mail,
        "marks apart, unseen spaces": _decomposed,
        "a slip in the name, address written otherwise": _slip_and_address,
    },
}


# Others: what only looks the same -------------------------------------------------------------------------------------

Others = Callable[[Scribe], list[Cells]]


def _namesakes(scribe: Scribe) -> list[Cells]:
    one, other = scribe.company(), scribe.company()
    return [one, other | {"name": scribe.other_form(one["name"])}]


def _namesakes_of_unknown_code(scribe: Scribe) -> list[Cells]:
    one, other = _namesakes(scribe)
    del other["tax_code"]
    return [one, other]


def _branches(scribe: Scribe) -> list[Cells]:
    """Of one company, one number and one website, each with a tax code of its own."""
    one = scribe.company()
    codes = [f"{one['tax_code']}-{nth:03}" for nth in (1, 2)]
    return [one | {"tax_code": code, "address": scribe.company()["address"]} for code in codes]


def _hotline(scribe: Scribe) -> list[Cells]:
    """Companies of a group that answer the same number."""
    number = f"1900 {scribe.number() + 2000:04}"
    return [scribe.company() | {"phone": number} for _nth in range(4)]


def _busy_hotline(scribe: Scribe) -> list[Cells]:
    """The number of an office that writes its own for everybody; of many no tax code is known."""
    number = show_phone(scribe.inventor.landline("028"))
    return [{"name": scribe.brand(), "phone": number, "address": scribe.company()["address"]} for _nth in range(40)]


def _one_roof(scribe: Scribe) -> list[Cells]:
    address = scribe.company()["address"]
    return [scribe.company() | {"address": address} for _nth in range(3)]


def _accountant(scribe: Scribe) -> list[Cells]:
    """Two customers of one office that keeps their books: its address of mail stands with both."""
    mail = f"ketoan{scribe.number()}@thu.example"
    return [scribe.company() | {"email": mail} for _nth in range(2)]


def _father_and_son(scribe: Scribe) -> list[Cells]:
    """One family name, one house, one landline."""
    father, son = scribe.contact(), scribe.contact()
    family, given = father["full_name"].split()[0], scribe.rng.sample(MEN, 2)
    home = {"address": father["address"], "phone": show_phone(scribe.inventor.landline("024"))}
    return [
        father | home | {"full_name": f"{family} Văn {given[0]}"},
        son | home | {"full_name": f"{family} Văn {given[1]}"},
    ]


def _sisters(scribe: Scribe) -> list[Cells]:
    """Names that rhyme, one house."""
    one, other = scribe.contact(), scribe.contact()
    family, names = (
        one["full_name"].split()[0],
        scribe.rng.choice([("Hương", "Phương"), ("Lan", "Loan"), ("Thanh", "Khanh"), ("Hồng", "Hằng")]),
    )
    return [
        one | {"full_name": f"{family} Thị {names[0]}"},
        other | {"full_name": f"{family} Thị {names[1]}", "address": one["address"]},
    ]


def _of_one_name(scribe: Scribe) -> list[Cells]:
    one, other = scribe.contact(), scribe.contact()
    return [one, other | {"full_name": one["full_name"]}]


def _colleagues(scribe: Scribe) -> list[Cells]:
    """Whose company has one switchboard and one house."""
    company = scribe.company() | {"phone": show_phone(scribe.inventor.landline("028"))}
    shared = {name: company[name] for name in ("phone", "address")}
    names = scribe.rng.sample(
        [f"{family} {given}" for family in FAMILIES[:8] for given in ("Thị Mai", "Văn Hải", "Thu Hà", "Gia Huy")], 3
    )
    return [scribe.contact() | shared | {"full_name": name} for name in names]


OTHERS: dict[str, dict[str, Others]] = {
    "company": {
        "same name, other province, other tax code": _namesakes,
        "two branches with numbers of their own": _branches,
        "one hotline of a group": _hotline,
        "one building": _one_roof,
        "one accountant": _accountant,
    },
    "contact": {
        "father and son": _father_and_son,
        "sisters": _sisters,
        "same name, nothing else": _of_one_name,
        "colleagues of one switchboard": _colleagues,
    },
}
RARER: dict[str, dict[str, Others]] = {  # one for ten of the others
    "company": {
        "same name, other province, tax code not known": _namesakes_of_unknown_code,
        "one number on forty rows": _busy_hotline,
    },
    "contact": {},
}


# The lists ------------------------------------------------------------------------------------------------------------


def known_sets() -> Iterator[KnownSet]:
    """As they are measured in `docs/figures.md`."""
    return (known_set(kind, each=EACH, plain_rows=PLAIN_ROWS) for kind in TWINS)


def known_set(kind: str, *, each: int, plain_rows: int, seed: int = SEED) -> KnownSet:
    """`each` twins and look-alikes of every sort among rows that have nothing in common, in a drawn order."""
    scribe = Scribe(Random(f"{seed}-{kind}"))  # noqa: S311
    entries, whose = list[Entry](), 0
    for sort, cells in _groups(scribe, kind, each, plain_rows):
        if sort in TWINS[kind]:
            whose += 1
            entries += [Entry(whose, sort, one) for one in cells]
        else:
            entries += [Entry(whose + 1 + nth, sort, one) for nth, one in enumerate(cells)]
            whose += len(cells)
    scribe.rng.shuffle(entries)
    return KnownSet(f"Việt Nam, {kind}", kind, entries)


def _groups(scribe: Scribe, kind: str, each: int, plain_rows: int) -> Iterator[tuple[str, list[Cells]]]:
    draw = scribe.company if kind == "company" else scribe.contact
    for sort, twin in TWINS[kind].items():
        for _nth in range(each):
            one = draw()
            other = twin(scribe, one)  # first: some give the first one what can be written in two ways
            yield sort, [one, other]
    for many, others in ((each, OTHERS[kind]), (max(1, each // 10), RARER[kind])):
        for sort, make in others.items():
            for _nth in range(many):
                yield sort, make(scribe)
    for _nth in range(plain_rows):
        yield "nothing in common", [draw()]
