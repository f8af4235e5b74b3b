from django.apps import AppConfig


class AutomationConfig(AppConfig):
    name = "pheu.automation"

    def ready(self) -> None:
        from pheu.automation import (  # noqa: F401  (they register themselves)
            forms,
            jobs,
            navigation,
            panels,
            portable,
            reactions,
            undoing,
        )
