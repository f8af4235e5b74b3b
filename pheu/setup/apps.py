from django.apps import AppConfig


class SetupConfig(AppConfig):
    name = "pheu.setup"

    def ready(self) -> None:
        from pheu.setup import navigation  # noqa: F401  (it registers itself)
