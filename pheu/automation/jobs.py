"""What is done by the clock: records that nobody touches go back to the pool, their owner told beforehand."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pheu.automation import services
from pheu.automation.models import Patience
from pheu.core.again import once_more
from pheu.core.jobs import app, titled


@app.periodic(cron="15 * * * *")
@titled(_("Taking back what nobody touches"))
@app.task(name="automation.return_untouched", queueing_lock="automation.return_untouched")
def return_untouched(timestamp: int = 0) -> None:
    """Portion by portion, each a transaction of its own; once more is harmless."""
    in_use = Q(pipeline=None) | Q(pipeline__is_active=True)
    for patience in Patience.objects.filter(in_use, is_active=True):
        for act in (services.warn_of_return, services.return_to_pool):
            while once_more(lambda act=act, patience=patience: act(patience.pk)):  # type: ignore[misc]
                pass
