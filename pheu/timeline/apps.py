from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "pheu.timeline"

    def ready(self) -> None:
        from pheu.timeline import panels  # noqa: F401  (they register themselves)
