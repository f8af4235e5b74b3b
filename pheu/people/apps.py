from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "pheu.people"

    def ready(self) -> None:
        from pheu.people import navigation, panels, sessions  # noqa: F401  (registers pages; listens to sign-ins)
