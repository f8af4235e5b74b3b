from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "pheu.notifications"

    def ready(self) -> None:
        from pheu.notifications import navigation, panels, reactions  # noqa: F401  (they register themselves)
