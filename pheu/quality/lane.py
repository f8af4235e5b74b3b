"""One lane more of an import, a process of its own: `python -m pheu.quality.lane ID` (`lanes`).

What fails here is left to the worker that asked for it, which finds the lines as they were.
"""

import os
import sys

import django

from pheu.core.processes import stop_with_parent


def main(import_id: int) -> None:
    stop_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from pheu.core import shape
    from pheu.core.vietnamese.units import atlas
    from pheu.core.worker import settle
    from pheu.quality.lanes import work_beside

    atlas()  # no line waits for it
    settle()
    shape.see(None)
    work_beside(import_id)


if __name__ == "__main__":
    main(int(sys.argv[1]))
