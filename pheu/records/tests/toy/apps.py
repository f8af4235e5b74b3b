from django.apps import AppConfig


class ToyConfig(AppConfig):
    name = "pheu.records.tests.toy"
    label = "toy"

    def ready(self) -> None:
        from pheu.records.tests.toy import kinds  # noqa: F401  (registers itself)
