"""What the company writes: its templates, and a conversation by e-mail on a lead, as it was read from the mailbox of
whoever works it.

The letters come in through the door of all letters; the mailbox is there while they do, within one transaction: no
worker ever sees it, so nothing asks a server, and nothing can be sent.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from pheu.home.demo.signins import DOMAIN
from pheu.leads.models import Lead
from pheu.messaging.channels.email.letters import Address, Letter
from pheu.messaging.models import Mailbox
from pheu.messaging.receiving import place, receive
from pheu.people.models import User
from pheu.people.scopes import CHANGE
from pheu.records.acts import operation
from pheu.records.models import Category
from pheu.setup.portable import import_config

SUBJECT = "Hỏi thông số và thời gian giao trạm quan trắc"
ASKS = """Chào anh/chị,

Bên tôi cần trạm quan trắc tự động, nối về Sở. Nhờ gửi thông số các đầu đo và thời gian giao hàng để trình ban \
giám đốc trong tuần này.

Trân trọng"""
ANSWERS = """Dạ chào anh/chị,

Em gửi thông số trong thư sau. Thiết bị có sẵn, giao và lắp trong 6 tuần kể từ khi duyệt bản vẽ. Anh/chị cho em xin \
sơ đồ mặt bằng và vị trí đặt nhà trạm để em tính phần sàn thao tác ạ.

Nguyễn Hoài An"""
ASKS_MORE = """Cảm ơn em. Sơ đồ tôi sẽ gửi chiều nay.

Em báo giá giúp cả phần bảo trì 12 tháng, tách riêng một dòng nhé."""
# Who writes ("them" or "us"), how many minutes ago, and what.
LETTERS = [("them", 190, ASKS), ("us", 150, ANSWERS), ("them", 40, ASKS_MORE)]


TEMPLATES = [
    {
        "name": "Gửi hồ sơ năng lực",
        "subject": "Hồ sơ năng lực {{ company.name }}",
        "html": "<p>Kính gửi {{ greeting }},</p><p>Em là {{ me.name }}, {{ company.name }}. Em gửi hồ sơ năng lực và "
        "danh sách các trạm đã lắp để {{ greeting }} tham khảo.</p><p>Rất mong được khảo sát hiện trường để tư vấn "
        "phương án phù hợp.</p>",
        "purpose": "transaction",
    },
    {
        "name": "Xác nhận lịch khảo sát",
        "subject": "Xác nhận lịch khảo sát: {{ record.name }}",
        "html": "<p>Kính gửi {{ greeting }},</p><p>Em xin xác nhận lịch khảo sát như đã trao đổi. Nhờ {{ greeting }} "
        "chuẩn bị sơ đồ mặt bằng và cử người phụ trách đi cùng.</p>",
        "purpose": "transaction",
    },
    {
        "name": "Thư cảm ơn sau nghiệm thu",
        "subject": "{{ company.name }} cảm ơn {{ greeting }}",
        "html": "<p>Kính gửi {{ greeting }},</p><p>{{ company.name }} cảm ơn {{ greeting }} đã tin tưởng. Có vấn đề gì "
        "trong quá trình vận hành trạm, {{ greeting }} gọi em bất cứ lúc nào ạ.</p>",
        "purpose": "care",
    },
]


def give_templates(by: User) -> None:
    import_config({"pheu": 1, "lists": {"email-templates": TEMPLATES}}, by=by)


def write_to_each_other(who: User) -> None:
    """On the newest lead of theirs that somebody can be written to about."""
    leads = Lead.objects.within(who, CHANGE).live().filter(owner=who, stage__category=Category.WORKING)
    lead = leads.exclude(email="").exclude(person_name="").select_related("record").order_by("-pk").first()
    if lead is None:
        return
    ours, theirs = Address(who.full_name, who.email), Address(lead.person_name, lead.email)
    mailbox = Mailbox.objects.create(user=who, address=who.email)
    now, known = timezone.now(), list[str]()
    for nth, (side, minutes, text) in enumerate(LETTERS):
        sender, to = (ours, theirs) if side == "us" else (theirs, ours)
        letter = _letter(f"<thu-{nth}@{DOMAIN}>", tuple(known), sender, to, now - timedelta(minutes=minutes), text)
        with operation("receive_mail", by=None, via="mail") as doing:
            doing.starts_automation = False
            message = receive(mailbox, letter, "sent" if side == "us" else "inbox")
        if message.record_id != lead.pk:
            place(message, lead.record, by=who)
        known.append(letter.message_id)
    mailbox.delete()  # its letters stay, as when somebody takes their mailbox away


def _letter(name: str, known: tuple[str, ...], sender: Address, to: Address, at: datetime, text: str) -> Letter:
    return Letter(
        message_id=name,
        in_reply_to=known[-1] if known else "",
        references=known,
        thread_index="",
        subject=f"Re: {SUBJECT}" if known else SUBJECT,
        sender=sender,
        to=(to,),
        cc=(),
        reply_to=(),
        delivered_to=(),
        sent_at=at,
        text=text,
        html="",
        files=(),
        automatic="",
        bounce=None,
        complaint="",
    )
