from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "pheu.records"

    def ready(self) -> None:
        from pheu.records import consistency, panels  # noqa: F401  (it registers itself)
