"""One lane more, a process of its own (`lanes`): `run ID`, or `check ID ROUND BEHIND TO`, both numbers of lines.

What fails here is left to the worker that asked for it, which finds the lines as they were.
"""

import os
import sys

import django

from pheu.core.processes import stop_with_parent


def main(what: str, *numbers: int) -> None:
    stop_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from pheu.core import shape
    from pheu.core.vietnamese.units import atlas
    from pheu.core.worker import settle
    from pheu.quality import lanes, services
    from pheu.quality.models import Import

    atlas()  # no line waits for it
    settle()
    shape.see(None)
    if what == lanes.RUN:
        lanes.work_beside(*numbers)
    else:
        import_id, round_, last, end = numbers
        services.read_share(Import.objects.get(pk=import_id), round_, last, end)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
