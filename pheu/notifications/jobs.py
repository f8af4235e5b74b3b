from pheu.core.jobs import app
from pheu.notifications.presence import forget_gone
from pheu.notifications.services import forget_old


@app.periodic(cron="20 3 * * *")
@app.task(queueing_lock="notifications.forget_old")
def forget_old_notifications(timestamp: int) -> None:
    """What was told half a year ago goes."""
    while forget_old():
        pass


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="notifications.forget_readers")
def forget_readers(timestamp: int) -> None:
    """Those who left without a word."""
    forget_gone()
