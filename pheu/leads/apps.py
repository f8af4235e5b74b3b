from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "pheu.leads"

    def ready(self) -> None:
        from pheu.leads import kinds, navigation, panels, reactions, undoing  # noqa: F401  (they register themselves)
