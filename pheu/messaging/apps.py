from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "pheu.messaging"

    def ready(self) -> None:
        from pheu.messaging import events, forms, navigation, panels, reactions  # noqa: F401  (they register themselves)
