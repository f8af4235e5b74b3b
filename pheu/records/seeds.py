"""Labels that a new company starts with (D15)."""

from typing import Any

LABELS = [("Nóng", "red"), ("Ấm", "amber"), ("Lạnh", "blue")]


def plant(apps: Any) -> None:
    plant_list(apps.get_model("records", "Label"), [{"name": name, "colour": colour} for name, colour in LABELS])


def plant_list(model: Any, entries: list[dict[str, Any]], **shared: Any) -> None:
    """Put `entries` in order into a list that has none of the `shared` kind yet."""
    if not model.objects.filter(**shared).exists():
        model.objects.bulk_create([model(position=n, **entry, **shared) for n, entry in enumerate(entries)])


def plant_pipeline(apps: Any, kind: str, name: str, stages: list[dict[str, Any]]) -> None:
    pipelines, stage = apps.get_model("records", "Pipeline").objects, apps.get_model("records", "Stage")
    if not pipelines.filter(kind=kind).exists():
        plant_list(stage, stages, pipeline=pipelines.create(kind=kind, name=name, is_default=True))


def plant_reasons(apps: Any, kind: str, category: str, names: list[str]) -> None:
    plant_list(
        apps.get_model("records", "ClosingReason"), [{"name": name} for name in names], kind=kind, category=category
    )
