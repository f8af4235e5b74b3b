from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "pheu.quality"

    def ready(self) -> None:
        from pheu.quality import outgoing  # noqa: F401  (its buttons register themselves)
