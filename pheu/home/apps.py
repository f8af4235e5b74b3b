from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "pheu.home"

    def ready(self) -> None:
        from pheu.home import checks, navigation  # noqa: F401  (they register themselves)
        from pheu.home.demo import panel  # noqa: F401
