"""Earlier versions of a template: who changed what, and the way back (R1.36)."""

import re
from html import unescape

import pytest

from pheu.conftest import nothing_changes
from pheu.leads.services import create_lead
from pheu.messaging.drafting import drafted
from pheu.messaging.models import EmailTemplate, Message
from pheu.messaging.templates_page import TEMPLATES
from pheu.messaging.tests.test_writing_letters import VAN, letter, mailbox_for
from pheu.messaging.versions import versions_of
from pheu.setup import configuring

pytestmark = pytest.mark.django_db
FIRST = {"name": "Chào", "subject": "Kính chào", "html": "<p>Bản một</p>", "purpose": "transaction", "moment": ""}


@pytest.fixture
def made(dung):
    return configuring.add_item(TEMPLATES, FIRST, by=dung)


def change(made, dung, **now):
    made.refresh_from_db()
    return configuring.change_item(
        TEMPLATES, made.pk, {name: (getattr(made, name), value) for name, value in now.items()}, by=dung
    )


def test_each_change_of_what_a_template_says_is_a_version(made, dung):
    change(made, dung, html="<p>Bản hai</p>")
    change(made, dung, is_active=False)  # says the same
    made = change(made, dung, subject="Thân chào", html="<p>Bản ba</p>", purpose="care")
    told = [(one.values["subject"], one.words, list(one.changed), one.event.by) for one in versions_of(made)]
    assert [one[:2] for one in told] == [("Thân chào", "Bản ba"), ("Kính chào", "Bản hai"), ("Kính chào", "Bản một")]
    assert told[0][2:] == (["subject", "html", "purpose"], dung) and told[1][2] == ["html"]
    assert [one.is_first for one in versions_of(made)] == [False, False, True]
    assert versions_of(made)[1].values["purpose"] == "transaction"


def test_versions_are_those_of_this_template(made, dung):
    other = configuring.add_item(TEMPLATES, FIRST | {"name": "Khác"}, by=dung)
    change(other, dung, html="<p>x</p>")
    assert len(versions_of(made)) == 1


def test_a_version_is_put_back_into_the_form_and_used_once_it_is_saved(client, made, dung):
    made = change(made, dung, subject="Thân chào", html="<p>Bản hai</p>")
    first = versions_of(made)[-1]
    client.force_login(dung)
    form = client.get(f"/setup/email-templates/{made.pk}/").text
    assert f"/mail/templates/version/?of={made.pk}&amp;event={first.event.pk}" in form.replace("&event", "&amp;event")
    with nothing_changes():
        page = client.get("/mail/templates/version/", {"of": made.pk, "event": first.event.pk}).text
    fields = dict(re.findall(r'<input type="(?:text|hidden)" name="([\w-]+)" value="([^"]*)"', page))
    assert (fields["subject"], fields["initial-subject"]) == ("Kính chào", "Thân chào")
    html = unescape(re.search(r'<textarea name="html"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL)[1])
    assert html == "<p>Bản một</p>"
    sent = {name: unescape(value) for name, value in fields.items() if not name.startswith("csrf")}
    sent |= {"html": html, "purpose": "transaction", "moment": ""}
    assert client.post(f"/setup/email-templates/{made.pk}/", sent).status_code == 302
    made.refresh_from_db()
    assert (made.subject, made.html) == ("Kính chào", "<p>Bản một</p>")
    assert len(versions_of(made)) == 3  # going back is a change like any other


def test_letters_that_were_written_keep_what_they_said(made, dung):
    mailbox_for(dung)
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "email": VAN.address, "owner": dung}, by=dung)
    subject, html = drafted(made, lead.record, dung)
    letter(lead.record, dung, subject=subject, html=html)
    change(made, dung, subject="Thân chào", html="<p>Bản hai</p>")
    assert (Message.objects.get().subject, Message.objects.get().html) == ("Kính chào", "<p>Bản một</p>")


def test_what_is_no_version_of_it_is_not_there(client, made, dung, an):
    other = configuring.add_item(TEMPLATES, FIRST | {"name": "Khác"}, by=dung)
    theirs = versions_of(other)[0].event.pk
    client.force_login(dung)
    for asked in ({"of": made.pk, "event": theirs}, {"of": made.pk, "event": "x"}, {"of": 0}, {"event": theirs}):
        assert client.get("/mail/templates/version/", asked).status_code == 404
    client.force_login(an)
    own = versions_of(made)[0].event.pk
    assert client.get("/mail/templates/version/", {"of": made.pk, "event": own}).status_code in (403, 404)


def test_what_came_without_a_log_has_no_versions(client, dung):
    made = EmailTemplate.objects.create(name="Cũ", subject="x", html="x")
    client.force_login(dung)
    assert versions_of(made) == []
    assert "Dùng lại" not in client.get(f"/setup/email-templates/{made.pk}/").text
