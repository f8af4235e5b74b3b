"""The worker process: `python -m pheu.core.worker`."""

import gc
import os

import django


def settle() -> None:
    """Look less often for circles among objects: files bring these by the hundred thousand, and next to none is one.

    What the start has made is not looked through again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


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
