from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "pheu.people"

    def ready(self) -> None:
        from pheu.people import sessions  # noqa: F401  (listens to sign-ins)
