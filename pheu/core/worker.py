"""The worker process: `python -m pheu.core.worker`."""

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["PHEU_PROCESS"] = "worker"  # read by the settings: how long a statement may take
    django.setup()
    from pheu.core.jobs import run_worker
    from pheu.core.processes import keep_what_is_loaded
    from pheu.core.vietnamese.units import atlas

    atlas()  # no job waits for it
    keep_what_is_loaded()
    run_worker()


if __name__ == "__main__":
    main()
