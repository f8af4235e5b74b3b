from django.apps import AppConfig


class DealsConfig(AppConfig):
    name = "pheu.deals"

    def ready(self) -> None:
        from pheu.deals import kinds, merging, navigation, panels, reactions  # noqa: F401  (they register themselves)
