from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "pheu.records"

    def ready(self) -> None:
        from pheu.records import consistency, drawing, panels  # noqa: F401  (they register themselves)
