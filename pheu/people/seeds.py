"""The roles that a new company starts with (R0.39, design.md 3). `plant` runs in the first migration and in tests."""

from typing import Any

EVERYTHING = ["view", "create", "change", "move", "assign", "convert", "import", "export"]
WORKED = ["prospect", "lead", "deal"]
PARTIES = ["company", "contact"]


def _grants(worked: dict[str, str], parties: dict[str, str], **extra: dict[str, str]) -> dict[str, dict[str, str]]:
    grants = {kind: dict(worked) for kind in WORKED} | {kind: dict(parties) for kind in PARTIES}
    for kind, more in extra.items():
        grants[kind] = grants[kind] | more
    return grants


def everywhere(scope: str, *actions: str) -> dict[str, str]:
    return dict.fromkeys(actions, scope)


ROLES = [
    (
        "admin",
        "Quản trị",
        # Who may look after the installation itself is a grant like others: nothing asks for a role's code.
        _grants(everywhere("all", *EVERYTHING), everywhere("all", *EVERYTHING))
        | {"system": everywhere("all", "view", "change")},
    ),
    (
        "manager",
        "Quản lý",
        _grants(
            everywhere("department", *EVERYTHING),
            everywhere("all", "view", "create", "change") | {"assign": "department"},
        ),
    ),
    (
        "sales",
        "Kinh doanh",
        _grants(
            everywhere("team", "view") | everywhere("own", "create", "change", "move", "convert"),
            everywhere("all", "view", "create") | everywhere("own", "change"),
            prospect={"import": "team"},
        ),
    ),
    (
        "care",
        "CSKH",
        _grants(
            everywhere("department", "view", "create", "change", "move", "assign", "convert", "import"),
            everywhere("all", "view", "create") | everywhere("own", "change"),
            deal=everywhere("own", "view", "change")
            | everywhere("none", "create", "move", "assign", "convert", "import"),
        ),
    ),
    ("viewer", "Chỉ xem", _grants(everywhere("all", "view"), everywhere("all", "view"))),
]


def plant(apps: Any) -> None:
    """Make the roles where there are none yet."""
    Role = apps.get_model("people", "Role")
    for position, (code, name, grants) in enumerate(ROLES):
        Role.objects.get_or_create(code=code, defaults={"name": name, "grants": grants, "position": position})
