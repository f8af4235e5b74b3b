from pheu.activities.services import TOLD_AT_ONCE, tell_overdue
from pheu.core.again import once_more
from pheu.core.jobs import app


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="activities.tell_overdue")
def tell_overdue_work(timestamp: int) -> None:
    """Let people hear of their work whose time has passed."""
    while once_more(tell_overdue) == TOLD_AT_ONCE:
        pass
