from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "pheu.quality"

    def ready(self) -> None:
        from pheu.quality import merging, outgoing, panels, rules, taking_back  # noqa: F401  (they register themselves)
