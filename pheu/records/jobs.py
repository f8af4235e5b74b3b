"""What keeps the directory small and quick, by the clock."""

from django.utils.translation import gettext_lazy as _

from pheu.core.jobs import app, titled
from pheu.records import alike, counter_triggers, field_indexes, journal


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="records.fold_counters")
def fold_counters(timestamp: int) -> None:
    """Add the deltas of the last minute to the kept counts."""
    counter_triggers.fold()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="records.fill_keys")
def fill_keys(timestamp: int) -> None:
    """Let records from before they had keys be found by what they share."""
    while alike.fill():
        pass


@app.periodic(cron="*/10 * * * *")
@titled(_("Indexes for fields of your own"))
@app.task(name="records.mend_field_indexes", queueing_lock="records.mend_field_indexes")
def mend_field_indexes(timestamp: int = 0) -> None:
    """Make lists quick that are filtered or ordered by a company's own fields."""
    field_indexes.mend()


@app.periodic(cron="15 3 * * *")
@app.task(queueing_lock="records.prune_journal")
def prune_journal(timestamp: int) -> None:
    """Forget how to take back what is too old to be taken back."""
    while journal.prune():
        pass
