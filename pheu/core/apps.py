from django.apps import AppConfig
from django.urls import register_converter


class CoreConfig(AppConfig):
    name = "pheu.core"

    def ready(self) -> None:
        from pheu.core.ids import IdConverter

        register_converter(IdConverter, "id")
