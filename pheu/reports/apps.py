from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "pheu.reports"

    def ready(self) -> None:
        from pheu.reports import navigation  # noqa: F401  (it registers itself)
