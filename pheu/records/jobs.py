"""What keeps the directory small and quick, by the clock."""

from pheu.core.jobs import app
from pheu.records import counters, journal


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="records.fold_counters")
def fold_counters(timestamp: int) -> None:
    """Add the deltas of the last minute to the kept counts."""
    counters.fold()


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="records.prune_journal")
def prune_journal(timestamp: int) -> None:
    """Forget how to take back what is too old to be taken back."""
    while journal.prune():
        pass
