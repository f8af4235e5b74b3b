from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "pheu.records"

    def ready(self) -> None:
        from pheu.records import consistency, counter_triggers, custom, drawing, panels  # noqa: F401  (they register themselves)

        post_migrate.connect(counter_triggers.watch_all, sender=self)
