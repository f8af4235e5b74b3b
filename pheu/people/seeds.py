"""What a new company starts with: an empty profile, and roles (R0.39, design.md 3).

`plant` runs in the first migration and in tests.
"""

from typing import Any

EVERYTHING = ["view", "create", "change", "move", "assign", "convert", "import", "export", "archive", "override"]
Grants = dict[str, dict[str, str]]


def everywhere(scope: str, *actions: str) -> dict[str, str]:
    return dict.fromkeys(actions, scope)


# By family of kinds (`records.kinds.Kind.family`): "work" walks a pipeline or is screened, "party" is whom we sell to.
# A role names a single kind only where it differs.
SALES = everywhere("team", "view") | everywhere("own", "create", "change", "move", "convert", "archive")
ROLES: list[tuple[str, str, Grants]] = [
    (
        "admin",
        "Quản trị",
        # Who may look after the installation itself is a grant like others: nothing asks for a role's code.
        {
            "work": everywhere("all", *EVERYTHING),
            "party": everywhere("all", *EVERYTHING),
            "system": everywhere("all", "view", "change"),
        },
    ),
    (
        "manager",
        "Quản lý",
        {
            "work": everywhere("department", *EVERYTHING),
            "party": everywhere("all", "view", "create", "change") | everywhere("department", "assign", "archive"),
        },
    ),
    (
        "sales",
        "Kinh doanh",
        {
            "work": SALES,
            "party": everywhere("all", "view", "create") | everywhere("own", "change", "archive"),
            "prospect": SALES | {"import": "team"},
        },
    ),
    (
        "care",
        "CSKH",
        {
            "work": everywhere("department", "view", "create", "change", "move", "assign", "convert", "import")
            | everywhere("own", "archive"),
            "party": everywhere("all", "view", "create") | everywhere("own", "change", "archive"),
            "deal": everywhere("own", "view", "change"),
        },
    ),
    ("viewer", "Chỉ xem", {"work": everywhere("all", "view"), "party": everywhere("all", "view")}),
]


def plant(apps: Any) -> None:
    """Make the profile and the roles where there are none yet."""
    Profile = apps.get_model("people", "Profile")
    if not Profile.objects.exists():
        Profile.objects.create()
    Role = apps.get_model("people", "Role")
    for position, (code, name, grants) in enumerate(ROLES):
        Role.objects.get_or_create(code=code, defaults={"name": name, "grants": grants, "position": position})
