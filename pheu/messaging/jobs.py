"""Letters on their way: a job for each, at its time."""

import contextlib

from django.db import transaction
from django.utils.translation import gettext_lazy
from procrastinate.exceptions import AlreadyEnqueued

from pheu.core.jobs import app, job, titled
from pheu.messaging import receiving, sending
from pheu.messaging.models import Mailbox


@titled(gettext_lazy("Sending an e-mail"))
@job
def deliver(message_id: int) -> None:
    """One letter; tried again with growing pauses where the server asks to come back later."""
    sending.deliver(message_id)


@titled(gettext_lazy("Keeping a copy of an e-mail"))
@job
def keep_copy(message_id: int) -> None:
    sending.keep_copy(message_id)


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="messaging.ask_for_forgotten")
def ask_for_forgotten(timestamp: int) -> None:
    """Letters that nobody would send any more: their worker was killed too often, or the job was dropped."""
    sending.ask_for_forgotten()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="messaging.fetch_all")
def fetch_all(timestamp: int) -> None:
    """Look into every mailbox of somebody who is here; a slow server delays its own only."""
    for mailbox in Mailbox.objects.to_look_into():
        fetch_soon(mailbox)


def fetch_soon(mailbox: Mailbox) -> None:
    """Unless it is looked into already."""
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        fetch.configure(queueing_lock=f"mailbox-{mailbox.pk}", lock=f"mailbox-{mailbox.pk}").defer(
            mailbox_id=mailbox.pk
        )


@titled(gettext_lazy("Reading a mailbox"))
@job(retry=False)  # the next minute asks again: what would be tried again stood in that one's way
def fetch(mailbox_id: int) -> None:
    receiving.fetch(mailbox_id)
