from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "pheu.messaging"

    def ready(self) -> None:
        from pheu.messaging import (  # noqa: F401  (they register themselves)
            events,
            forms,
            navigation,
            panels,
            posting,
            reactions,
        )
