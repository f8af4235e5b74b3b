"""Who a million leads come from: the names of the demo's inventor, drawn fast and again and again, as in life."""

from dataclasses import dataclass
from random import Random

from pheu.core.vietnamese.address import province_named
from pheu.core.vietnamese.text import fold
from pheu.home.demo.customers import BRANDS, FAMILIES, FORMS, MEN, MOBILES, PROVINCES, TRADES, WOMEN
from pheu.home.demo.words import WANTS

CITIES = [city for places in PROVINCES.values() for city, _area in places]
MIDDLE = ["", "Thị ", "Văn ", "Ngọc ", "Minh ", "Hữu "]
# A few names that hardly anybody has: what a search for a rare word looks for.
RARE_BRAND, ONE_IN = "Vàm Rồng", 20_000
CHANCES = [name for wants in WANTS.values() for want in wants for name in want.names]
NEEDS = [need for wants in WANTS.values() for want in wants for need in want.needs]


@dataclass(slots=True)
class Customer:
    """A company by name, a person of it, and how to reach them."""

    company: str
    brand: str
    person: str
    salutation: str
    phone: str
    email: str
    address: str
    province: str


class Inventor:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.addresses = {word: fold(word).replace(" ", "").replace("'", "") for word in (*BRANDS, RARE_BRAND)}
        self.given = {word: fold(word.split()[-1]) for word in (*WOMEN, *MEN)}
        self.trades = list(TRADES)
        self.codes = {city: province_named(city) for city in CITIES}

    def customer(self, nth: int) -> Customer:
        """The `nth` customer: the same number, the same phone."""
        rng = self.rng
        brand = BRANDS[int(rng.random() ** 2 * len(BRANDS))] if nth % ONE_IN else RARE_BRAND
        city = CITIES[int(rng.random() * len(CITIES))]
        trade = self.trades[int(rng.random() ** 1.5 * len(self.trades))]
        form = FORMS[int(rng.random() * len(FORMS))]
        woman = rng.random() < 0.5
        given = (WOMEN if woman else MEN)[int(rng.random() * 15)]
        family = FAMILIES[int(rng.random() ** 2 * len(FAMILIES))]
        middle = MIDDLE[int(rng.random() * len(MIDDLE))]
        return Customer(
            company=f"{form.format(f'{trade} {brand}')} {city}",
            brand=brand,
            person=f"{family} {middle}{given}",
            salutation="chi" if woman else "anh",
            phone=f"+84{MOBILES[nth % len(MOBILES)][1:]}{2_000_000 + nth * 7919 % 7_999_999}",
            email=f"{self.given[given]}.{nth}@{self.addresses[brand]}.example" if nth % 3 else "",
            address=f"KCN {brand}, {city}",
            province=self.codes[city],
        )

    def chance(self) -> str:
        """What a lead or deal is about, in a few words."""
        rng = self.rng
        sizes = {"n": 2 + int(rng.random() * 9), "t": 10 + 5 * int(rng.random() * 14), "y": 12, "m": "1.200"}
        return CHANCES[int(rng.random() * len(CHANCES))].format(**sizes)
