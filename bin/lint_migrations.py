"""Migration lint: the models say nothing that no migration does. Like `makemigrations --check`, without a database."""

import os
import sys
from pathlib import Path


def main() -> int:
    """Print one line for each missing change; the exit status is 1 when there was any."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings_test")
    import django
    from django.utils import translation

    django.setup()
    translation.deactivate_all()  # migrations hold the source strings
    missing = [f"{app}: {change}" for app, changes in missing_changes().items() for change in changes]
    print("\n".join(missing))
    return 1 if missing else 0


def missing_changes() -> dict[str, list[str]]:
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    if conflicts := loader.detect_conflicts():
        return {app: [f"two last migrations: {', '.join(names)}"] for app, names in conflicts.items()}
    asked = NonInteractiveMigrationQuestioner(specified_apps=None, dry_run=True)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps), asked)
    found = detector.changes(graph=loader.graph)
    return {app: [step.describe() for each in steps for step in each.operations] for app, steps in found.items()}


if __name__ == "__main__":
    sys.exit(main())
