from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "pheu.activities"

    def ready(self) -> None:
        from pheu.activities import (  # noqa: F401  (they register themselves)
            checks,
            consistency,
            navigation,
            panels,
            reactions,
        )
        from pheu.activities.services import next_titles
        from pheu.records.fields import use_next_titles

        use_next_titles(next_titles)
