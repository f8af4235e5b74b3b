from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "pheu.parties"

    def ready(self) -> None:
        from pheu.parties import checks, importing, kinds, navigation, panels  # noqa: F401  (they register themselves)
