"""Sixty people of a larger company: those of the demo, and colleagues in more teams and departments."""

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from pheu.home.demo.customers import FAMILIES, MEN, WOMEN
from pheu.people.models import Department, Role, Team, User

PEOPLE = 60
DEPARTMENTS = ["Phòng dự án 2", "Phòng dịch vụ 2", "Phòng khách hàng lớn", "Phòng đại lý"]
TEAMS = ["Đồng bằng sông Hồng", "Tây Bắc", "Tây Nguyên", "Đông Nam Bộ", "Đồng bằng sông Cửu Long"]


@dataclass(frozen=True)
class Staff:
    """Who owns records, each with the team and department that a record takes from its owner."""

    sellers: list[User]
    # The two who read in what others work: most rows are made by them.
    importers: list[User]
    team_of: dict[int, int | None]
    teams: list[int]
    departments: list[int]
    # Some have many records, most have few: the sums of their weights.
    weights: list[float]

    def seller(self, rng: Random) -> User:
        return rng.choices(self.sellers, cum_weights=self.weights)[0]


def hire() -> Staff:
    """Bring the company up to `PEOPLE` people, once, and tell who sells."""
    _hire_missing(PEOPLE - User.objects.count())
    sellers = list(User.objects.filter(role__code__in=["sales", "manager"]).order_by("pk").prefetch_related("teams"))
    Random(1).shuffle(sellers)  # noqa: S311
    return Staff(
        sellers=sellers,
        importers=list(User.objects.filter(role__code="manager").order_by("-pk")[:2]),
        team_of={one.pk: min((team.pk for team in one.teams.all()), default=None) for one in sellers},
        teams=list(Team.objects.order_by("pk").values_list("pk", flat=True)),
        departments=list(
            Department.objects.filter(people__in=sellers).order_by("pk").distinct().values_list("pk", flat=True)
        ),
        weights=list(accumulate(1 / (5 + place) for place in range(len(sellers)))),
    )


def _hire_missing(missing: int) -> None:
    if missing <= 0:
        return
    above = Department.objects.filter(name="Khối kinh doanh").first()
    departments = [Department.objects.create(name=name, parent=above) for name in DEPARTMENTS]
    teams = [Team.objects.create(name=name) for name in TEAMS]
    roles = {code: Role.objects.get(code=code) for code in ("sales", "manager", "care")}
    for nth in range(missing):
        given = (WOMEN if nth % 2 else MEN)[nth // 2 % 15]
        code = "manager" if nth < len(departments) else "care" if nth % 10 == 9 else "sales"
        user = User.objects.create_user(
            f"dong.nghiep.{nth}@quantrac.example",
            None,
            full_name=f"{FAMILIES[nth % len(FAMILIES)]} {given}",
            role=roles[code],
            department=departments[nth % len(departments)],
        )
        user.teams.add(teams[nth % len(teams)])
