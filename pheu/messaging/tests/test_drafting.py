"""Templates of letters: what may stand in them, and that nothing else can be reached (R1.36, R1.41)."""

import pytest

from pheu.deals.services import create_deal
from pheu.leads.services import create_lead
from pheu.messaging.drafting import drafted, wrong_with
from pheu.messaging.models import EmailTemplate
from pheu.messaging.tests.test_writing_letters import mailbox_for
from pheu.parties.services import create_contact

pytestmark = pytest.mark.django_db


def text(html, about, by, subject="x"):
    return drafted(EmailTemplate(name="x", subject=subject, html=html), about, by)[1]


def test_a_template_is_chosen_in_the_composer_and_filled_with_the_record(client, an, lead):
    """R1.41: subject and text, with the sender's rights."""
    mailbox_for(an)
    made = EmailTemplate.objects.create(
        name="Gửi báo giá", subject="Báo giá {{ record.number }}", html="<p>{{ greeting }}</p>"
    )
    EmailTemplate.objects.create(name="Không dùng nữa", subject="x", html="x", is_active=False)
    client.force_login(an)
    page = client.get(f"/r/{lead.pk}/mail/").text
    assert "Gửi báo giá" in page and "Không dùng nữa" not in page
    drawn = client.get(f"/r/{lead.pk}/mail/draft/?template={made.pk}").json()
    assert drawn == {"subject": f"Báo giá {lead.record.number}", "html": "<p>Đỗ Thị Vân</p>"}
    for wrong in ("", "0", "x"):
        assert client.get(f"/r/{lead.pk}/mail/draft/?template={wrong}").status_code == 404


@pytest.mark.parametrize(("salutation", "said"), [("chi", "Chị Vân"), ("anh", "Anh Vân"), ("", "Đỗ Thị Vân")])
def test_people_are_greeted_by_their_given_name(an, salutation, said):
    """vietnam.md 7.4: anh, chị with the last word of the name; of a deal its contact."""
    contact = create_contact({"full_name": "Đỗ Thị Vân", "salutation": salutation, "owner": an}, by=an)
    deal = create_deal({"name": "Trạm", "contact": contact, "owner": an}, by=an)
    for about in (contact.record, deal.record):
        assert text("{{ greeting }}", about, an) == said


def test_whoever_is_nobody_yet_is_a_dear_customer(an):
    lead = create_lead({"company_name": "Xi măng Hòn Đá", "owner": an}, by=an)
    assert text("{{ greeting }}", lead.record, an) == "Quý khách"


def test_what_people_typed_is_escaped_and_never_a_template(an):
    lead = create_lead({"company_name": "<img src=x onerror=alert(1)>{{ me.email }}", "owner": an}, by=an)
    drawn = text("<p>{{ record.company_name }}</p>", lead.record, an)
    assert "<img" not in drawn and "{{ me.email }}" in drawn


def test_a_subject_is_one_line(an):
    lead = create_lead({"need": "Một\nBcc: tat.ca@nguoi.example", "company_name": "X", "owner": an}, by=an)
    made = EmailTemplate(name="x", subject="{{ record.need }}", html="x")
    assert "\n" not in drafted(made, lead.record, an)[0]


def test_nobody_reads_more_through_a_template_than_on_the_page(an, chi, lead):
    """A record out of sight has nothing to say, and a hidden field is no field."""
    assert text("[{{ record.email }}]", lead.record, chi) == "[]"
    an.role.fields = {"lead": {"email": "hidden"}}
    an.role.save()
    an.refresh_from_db()
    assert text("[{{ record.email }}]", lead.record, type(an).objects.get(pk=an.pk)) == "[]"


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ record.__class__ }}", "{{ me.password }}", "{{ me.name.__class__.__mro__ }}", "{{ company._meta }}",
        "{{ record.pk.__init__.__globals__ }}", "{{ settings.SECRET_KEY }}", "{{ request.user }}",
    ],
)  # fmt: skip
def test_nothing_but_the_words_of_the_record_is_reached(an, lead, hostile):
    assert text(f"[{hostile}]", lead.record, an) == "[]"


@pytest.mark.parametrize(
    "endless",
    [
        "{% for a in (1..99999999) %}x{% endfor %}",
        "{% for a in (1..900) %}{% for b in (1..900) %}xxxxxxxxxx{% endfor %}{% endfor %}",
        "{% include 'x' %}", "{% render 'etc/passwd' %}", "{% unclosed", "{{ greeting | nothing }}", "{% if %}",
    ],
)  # fmt: skip
def test_what_never_ends_or_reads_files_is_refused_in_words(endless):
    assert "Không đọc được" in wrong_with(endless)


def test_markup_of_a_template_is_as_small_as_that_of_any_letter(an, lead):
    drawn = text('<p style="position:fixed">a</p><script>x()</script><iframe src="//x"></iframe>', lead.record, an)
    assert "script" not in drawn and "iframe" not in drawn and "fixed" not in drawn


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            "<p>Chào {{ record.number",
            "Không đọc được chỗ «{{ record.number»: phần bắt đầu bằng «{{» hay «{%» chưa đóng.",
        ),
        ("{% unclosed", "Không đọc được chỗ «{% unclosed»: phần bắt đầu bằng «{{» hay «{%» chưa đóng."),
        ("a {{ greeting | la }} b", "Không đọc được chỗ «{{ greeting | la }}»: không có bộ lọc «la»."),
        ("{% include 'x' %}", "Không đọc được chỗ «{% include 'x' %}»: không có thẻ «include», hoặc không dùng ở đây."),
        ("{% if record.number %}x", "Không đọc được: thiếu «{% endif %}»."),
        (
            "{{ 1 | divided_by: 0 }}",
            "Không đọc được chỗ «{{ 1 | divided_by: 0 }}»: bộ lọc không dùng được với giá trị này.",
        ),
        ("{{ a b }}", "Không đọc được chỗ «{{ a b }}»: thiếu một phần, hoặc đặt sai chỗ."),
        ("{% for a in (1..9999) %}x{% endfor %}", "dài quá, hoặc không bao giờ dừng."),
    ],
)
def test_what_is_wrong_is_said_in_our_words_with_the_place(wrong, words):
    assert words in wrong_with(wrong)


@pytest.mark.parametrize(
    "cut", ["{{", "{%", "a {{", "{% if", "{{ 'x", "{% for a in", "{% if a %}{{", "{{\n", "{%\n\n", "{{ a |"]
)
def test_what_ends_in_the_middle_is_refused_in_words(cut):
    assert "Không đọc được" in wrong_with(cut)
