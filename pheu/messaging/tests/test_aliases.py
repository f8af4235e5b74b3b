"""«Bí danh email»: a letter to a team's alias becomes its deal or lead, of or with its sender (R3.09, R3.10)."""

import pytest

from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.messaging import mailboxes, receiving
from pheu.messaging.aliases import MOST_A_DAY
from pheu.messaging.channels.email.letters import Address, Attached
from pheu.messaging.models import Message
from pheu.messaging.tests.test_receiving import mail, read
from pheu.messaging.tests.test_sending_letters import columns
from pheu.parties.models import Contact
from pheu.parties.services import create_company, create_contact
from pheu.people.models import Team
from pheu.timeline.models import Event

pytestmark = pytest.mark.django_db
LA = Address("Phạm Văn Lạ", "la@khac.example")


@pytest.fixture
def north(cast):
    team = Team.objects.get(name="Miền Bắc")
    team.alias = "kinhdoanh.bac"
    team.save()
    return team


@pytest.fixture
def ours(binh, north, mailbox, recorder):
    """The mailbox of who leads the team, to which the alias is routed."""
    return mailboxes.connect(columns(mailbox, recorder), key=mailbox.login.password, by=binh)


@pytest.fixture
def alias(ours):
    return Address("", f"kinhdoanh.bac@{ours.address.partition('@')[2]}")


def test_a_letter_to_the_alias_becomes_one_deal_with_contact_and_files(client, binh, north, ours, mailbox, alias):
    file = Attached("mặt bằng.pdf", "application/pdf", b"%PDF-1.4 x")
    letter = mail(LA, to=alias, subject="Fwd: Cần báo giá quan trắc", files=[file])
    mailbox.deliver(letter)
    read(ours)
    read(ours)
    deal = Deal.objects.get()
    assert (deal.name, deal.team, deal.owner) == ("Cần báo giá quan trắc", north, None)
    assert (deal.contact.full_name, deal.contact.email) == (LA.name, LA.address)
    message = Message.objects.get()
    assert message.record_id == deal.pk and [one.name for one in message.enclosures.all()] == ["mặt bằng.pdf"]
    assert Event.objects.get(kind="email.received").about_id == deal.pk
    client.force_login(binh)
    page = client.get(deal.get_absolute_url()).text
    assert "Chào anh, tôi cần báo giá." in page and LA.name in page


def test_a_known_sender_is_the_contact_of_the_deal_with_their_company(binh, ours, mailbox, alias):
    company = create_company({"name": "Xi măng Hòn Đá", "owner": binh}, by=binh)
    given = {"full_name": "Lạ", "email": "La@Khac.example", "company": company, "owner": binh}
    contact = create_contact(given, by=binh)
    mailbox.deliver(mail(LA, to=Address("", alias.address.upper())))
    read(ours)
    deal = Deal.objects.get()
    assert (deal.contact, deal.company, Contact.objects.count()) == (contact, company, 1)


def test_an_answer_comes_to_the_same_deal(ours, mailbox, alias):
    mailbox.deliver(mail(LA, to=alias, n=1))
    read(ours)
    mailbox.deliver(mail(LA, to=alias, subject="Re: Về báo giá", in_reply_to="<1@hondacement.example>", n=2))
    read(ours)
    assert Deal.objects.count() == 1 and Message.objects.filter(record=Deal.objects.get().pk).count() == 2


def test_the_same_letter_in_two_mailboxes_is_one_deal(an, ours, mailbox, alias, dovecot, recorder):
    second = dovecot.mailbox()
    others = mailboxes.connect(columns(second, recorder), key=second.login.password, by=an)
    letter = mail(LA, to=alias)
    mailbox.deliver(letter)
    second.deliver(letter)
    read(ours)
    read(others)
    assert Deal.objects.count() == 1
    assert set(Message.objects.values_list("record", flat=True)) == {Deal.objects.get().pk}


def test_machines_and_our_own_people_make_no_deal(an, ours, mailbox, alias):
    mailbox.deliver(
        mail(LA, to=alias, automatic="auto-replied", n=1),
        mail(LA, to=alias, automatic="auto-generated", n=2),
        mail(Address("An", an.email), to=alias, n=3),
        mail(Address("Bình", ours.address), to=alias, n=4),
        mail(Address("", "mailer-daemon@mx.example"), to=alias, n=5),
    )
    read(ours)
    assert not Deal.objects.exists() and Message.objects.count() == 5


def test_who_writes_all_day_long_makes_a_few_deals(ours, mailbox, alias):
    mailbox.deliver(*(mail(LA, to=alias, n=n) for n in range(MOST_A_DAY + 3)))
    read(ours)
    assert Deal.objects.count() == MOST_A_DAY and Message.objects.count() == MOST_A_DAY + 3


@pytest.mark.parametrize("change", [{"is_active": False}, {"alias": ""}, {"alias": "kinhdoanh.bac@noikhac.example"}])
def test_an_alias_that_is_none_makes_no_deal(north, ours, mailbox, alias, change):
    Team.objects.filter(pk=north.pk).update(**change)
    mailbox.deliver(mail(LA, to=alias))
    read(ours)
    assert not Deal.objects.exists() and Message.objects.get().record_id is None


def test_a_local_part_elsewhere_is_somebody_elses(ours, mailbox):
    mailbox.deliver(mail(LA, to=Address("", "kinhdoanh.bac@congtykhac.example")))
    read(ours)
    assert not Deal.objects.exists()


def test_a_crash_in_the_middle_leaves_nothing_and_the_deal_is_made_once(ours, mailbox, alias, monkeypatch):
    mailbox.deliver(mail(LA, to=alias))
    with monkeypatch.context() as broken:
        broken.setattr(receiving, "_tell", lambda *_given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receiving.fetch(ours.pk)
    assert not Deal.objects.exists() and not Message.objects.exists()
    read(ours)
    assert Deal.objects.count() == 1


# As a lead ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def wants_leads(north):
    Team.objects.filter(pk=north.pk).update(alias_makes="lead")


def test_where_the_team_wants_leads_a_letter_becomes_one_lead(client, binh, north, ours, mailbox, alias, wants_leads):
    """Of its sender, with the letter and its files; nobody is a contact before the lead is won."""
    file = Attached("mặt bằng.pdf", "application/pdf", b"%PDF-1.4 x")
    mailbox.deliver(mail(LA, to=alias, subject="Fwd: Cần báo giá quan trắc", files=[file]))
    read(ours)
    read(ours)
    lead = Lead.objects.get()
    assert (lead.name, lead.team, lead.owner) == ("Cần báo giá quan trắc", north, None)
    assert (lead.person_name, lead.email) == (LA.name, LA.address)
    assert not Deal.objects.exists() and not Contact.objects.exists()
    message = Message.objects.get()
    assert message.record_id == lead.pk and [one.name for one in message.enclosures.all()] == ["mặt bằng.pdf"]
    client.force_login(binh)
    assert "Chào anh, tôi cần báo giá." in client.get(lead.get_absolute_url()).text


def test_a_lead_of_somebody_known_names_their_contact_and_company(binh, ours, mailbox, alias, wants_leads):
    company = create_company({"name": "Xi măng Hòn Đá", "owner": binh}, by=binh)
    given = {"full_name": "Phạm Lạ", "email": "La@Khac.example", "company": company, "owner": binh}
    contact = create_contact(given, by=binh)
    mailbox.deliver(mail(LA, to=alias))
    read(ours)
    lead = Lead.objects.get()
    assert (lead.contact, lead.company, lead.person_name) == (contact, company, "Phạm Lạ")
    assert lead.company_name == "Xi măng Hòn Đá"


def test_an_answer_comes_to_the_same_lead_and_machines_make_none(ours, mailbox, alias, wants_leads):
    mailbox.deliver(
        mail(LA, to=alias, n=1),
        mail(LA, to=alias, subject="Re: Về báo giá", in_reply_to="<1@hondacement.example>", n=2),
        mail(Address("Máy", "may@khac.example"), to=alias, automatic="auto-replied", n=3),
    )
    read(ours)
    assert Message.objects.filter(record=Lead.objects.get().pk).count() == 2


def test_who_writes_all_day_long_makes_a_few_leads(ours, mailbox, alias, wants_leads):
    mailbox.deliver(*(mail(LA, to=alias, n=n) for n in range(MOST_A_DAY + 2)))
    read(ours)
    assert Lead.objects.count() == MOST_A_DAY
