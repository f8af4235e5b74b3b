"""Templates travel in the file of the configuration with everything that they say."""

import pytest

from pheu.messaging.models import EmailTemplate
from pheu.messaging.templates_page import TEMPLATES
from pheu.messaging.versions import versions_of
from pheu.setup import configuring
from pheu.setup.portable import exported, import_config

pytestmark = pytest.mark.django_db
SAYS = {"subject": "Kính chào", "html": "<p>Bản một</p>", "purpose": "care", "moment": "new_lead", "is_active": True}


def says(made: EmailTemplate) -> dict:
    return {name: getattr(made, name) for name in SAYS}


def test_a_template_comes_into_another_house_and_over_one_of_its_name(dung):
    configuring.add_item(TEMPLATES, {"name": "Chào", **SAYS}, by=dung)
    told = exported()
    EmailTemplate.objects.all().delete()
    import_config(told, by=dung)
    made = EmailTemplate.objects.get()
    assert says(made) == SAYS
    changes = {"html": ("<p>Bản một</p>", "<p>Bản hai</p>"), "is_active": (True, False)}
    configuring.change_item(TEMPLATES, made.pk, changes, by=dung)
    import_config(told, by=dung)
    made.refresh_from_db()
    assert says(made) == SAYS
    assert len(versions_of(made)) == 3
    assert import_config(told, by=dung) == []
