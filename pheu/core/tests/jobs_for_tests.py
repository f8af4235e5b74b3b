"""A worker with a job of its own, for the drills in test_jobs: `python -m pheu.core.tests.jobs_for_tests`."""

import threading
from pathlib import Path

import django


def declare_jobs() -> None:
    """Declare `failing`, which fails, and `drill`.

    That one tells that it began, hangs for ever the first time, and leaves a line when it is done.
    """
    from pheu.core.jobs import job

    @job(name="drill")
    def drill(notes: str) -> None:
        lines = Path(notes).read_text()
        Path(notes).write_text(lines + "began\n")
        print("began", flush=True)  # from here on the test may kill this process
        if not lines:
            threading.Event().wait()
        Path(notes).write_text(Path(notes).read_text() + "done\n")
        print("done", flush=True)

    @job(name="failing")
    def failing() -> None:
        raise ValueError("as it must")


def main() -> None:
    django.setup()
    from pheu.core import jobs

    declare_jobs()
    jobs.SILENCE = 3.0  # a worker is found dead sooner than in earnest
    jobs.run_worker(update_heartbeat_interval=0.5, stalled_worker_timeout=3.0, fetch_job_polling_interval=0.5)


if __name__ == "__main__":
    main()
