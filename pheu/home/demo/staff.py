"""The people of the demo company: departments, branches, teams, and who does what."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from pheu.home.demo.signins import COMPANY, DOMAIN, PASSWORD
from pheu.people.models import Branch, Department, Role, Team, User

# Department -> the one above it.
DEPARTMENTS = {
    "Ban giám đốc": "",
    "Khối kinh doanh": "",
    "Phòng dự án": "Khối kinh doanh",
    "Phòng dịch vụ": "Khối kinh doanh",
    "Phòng CSKH": "",
    "Phòng marketing": "",
    "Phòng hệ thống": "",
}
# Team -> (branch, who leads it).
TEAMS = {
    "Miền Bắc": ("Chi nhánh Hà Nội", "binh"),
    "Miền Nam": ("Chi nhánh TP. Hồ Chí Minh", "khanh"),
    "Miền Trung": ("Chi nhánh Hà Nội", "son"),
}
CAST = 6  # the first of them are the cast of the tests, one for each role and a second seller
# Address, full name, role, job title, department, team.
PEOPLE = [
    ("an", "Nguyễn Hoài An", "sales", "Chuyên viên kinh doanh dự án", "Phòng dự án", "Miền Bắc"),
    ("binh", "Trần Thanh Bình", "manager", "Trưởng phòng dự án", "Phòng dự án", "Miền Bắc"),
    ("chi", "Lê Kim Chi", "sales", "Chuyên viên kinh doanh dịch vụ", "Phòng dịch vụ", "Miền Nam"),
    ("dung", "Phạm Tiến Dũng", "admin", "Quản trị hệ thống", "Phòng hệ thống", ""),
    ("hanh", "Lê Thị Hạnh", "care", "Chuyên viên chăm sóc khách hàng", "Phòng CSKH", ""),
    ("giang", "Vũ Trường Giang", "viewer", "Trợ lý tổng giám đốc", "Ban giám đốc", ""),
    ("khanh", "Đặng Quốc Khánh", "manager", "Trưởng phòng dịch vụ", "Phòng dịch vụ", "Miền Nam"),
    ("son", "Huỳnh Công Sơn", "manager", "Giám đốc kinh doanh", "Khối kinh doanh", "Miền Trung"),
    ("lan", "Hoàng Thị Lan", "sales", "Chuyên viên kinh doanh dự án", "Phòng dự án", "Miền Bắc"),
    ("quan", "Đỗ Minh Quân", "sales", "Kỹ sư bán hàng", "Phòng dự án", "Miền Trung"),
    ("my", "Ngô Thảo My", "sales", "Chuyên viên kinh doanh dự án", "Phòng dự án", "Miền Nam"),
    ("phuc", "Bùi Văn Phúc", "sales", "Kỹ sư bán hàng", "Phòng dịch vụ", "Miền Trung"),
    ("nhu", "Nguyễn Phan Ngọc Quỳnh Như", "care", "Chuyên viên chăm sóc khách hàng", "Phòng CSKH", ""),
    ("trang", "Phan Thị Thu Trang", "manager", "Trưởng phòng marketing", "Phòng marketing", ""),
]  # fmt: skip
# How well who sells does it: what they win and how soon they call, beside others.
SKILLS = {"my": 1.6, "an": 1.25, "chi": 1.1, "quan": 1.0, "lan": 0.7, "phuc": 0.55}


@dataclass(frozen=True)
class Staff:
    """Everybody by the name before the @, and the teams by their name."""

    people: dict[str, User]
    teams: dict[str, Team]

    def __getitem__(self, address: str) -> User:
        return self.people[address]

    def sellers(self, team: str) -> list[User]:
        """Who sells in `team`."""
        return [self[address] for address, _, role, _, _, place in PEOPLE if (role, place) == ("sales", team)]

    def leader(self, team: str) -> User:
        return self[TEAMS[team][1]]


def hire() -> Staff:
    """Make departments, branches, teams and accounts; all of them with the demo password."""
    departments = _plant_departments()
    password = make_password(PASSWORD)  # Slow by design, and the same for everybody.
    people = {}
    for address, name, role, job_title, department, _team in PEOPLE:
        people[address] = User.objects.create(
            email=f"{address}@{DOMAIN}",
            password=password,
            full_name=name,
            job_title=job_title,
            role=Role.objects.get(code=role),
            department=departments[department],
        )
    return Staff(people, _found_teams(people))


def _plant_departments() -> dict[str, Department]:
    planted: dict[str, Department] = {}
    for name, above in DEPARTMENTS.items():
        planted[name] = Department.objects.create(name=name, parent=planted.get(above))
    return planted


def _found_teams(people: dict[str, User]) -> dict[str, Team]:
    branches = {
        name: Branch.objects.create(name=f"{COMPANY} – {name}") for name in sorted({one for one, _ in TEAMS.values()})
    }
    teams = {}
    for name, (branch, leader) in TEAMS.items():
        teams[name] = Team.objects.create(name=name, branch=branches[branch], leader=people[leader])
        teams[name].members.set([people[address] for address, *_, team in PEOPLE if team == name])
    return teams
