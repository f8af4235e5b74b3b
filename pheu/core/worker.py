"""The worker process: `python -m pheu.core.worker`."""

import os

import django

from pheu.core.processes import keep_what_is_loaded


def settle() -> None:
    """Look seldom for circles among objects: files bring these by the hundred thousand, and next to none is one."""
    keep_what_is_loaded(look_after=50_000)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["PHEU_PROCESS"] = "worker"  # read by the settings: how long a statement may take
    django.setup()
    from pheu.core.jobs import run_worker
    from pheu.core.vietnamese.units import atlas

    atlas()  # no job waits for it
    settle()
    run_worker()


if __name__ == "__main__":
    main()
