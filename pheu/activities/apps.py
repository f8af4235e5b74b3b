from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "pheu.activities"

    def ready(self) -> None:
        from pheu.activities import consistency, navigation, panels  # noqa: F401  (they register themselves)
