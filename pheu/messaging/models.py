"""Mail of our people: where it comes from and goes to, and each letter with the record it is about."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pheu.core.sealed import seal, unseal
from pheu.messaging.channels.email.hosts import Login
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.oauth import Application, Granted
from pheu.messaging.queries import MailboxQuerySet, MessageQuerySet
from pheu.records.models import ListItem, Record
from pheu.timeline.models import stored_name


class Privacy(models.TextChoices):
    """What colleagues see of a letter on a record that they may see."""

    WHOLE = "whole", _("The whole letter")
    SUBJECT = "subject", _("That there was one, and its subject")
    PRIVATE = "private", _("That there was one")


class Security(models.TextChoices):
    TLS = "tls", _("TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("Not encrypted")


class Purpose(models.TextChoices):
    """What a letter is for: it decides what must be asked before one is sent (Decree 91/2020/NĐ-CP)."""

    TRANSACTION = "transaction", _("About a deal: quotes, orders, appointments")
    CARE = "care", _("Care: greetings, thanks, questions")
    ADVERTISING = "advertising", _("Advertising")


@dataclass(frozen=True)
class House:
    """What is known of a mail provider: where one signs in, what for, and its servers (host, port, encryption)."""

    authorize_url: str
    token_url: str
    scope: str
    imap: tuple[str, int, str]
    smtp: tuple[str, int, str]


HOUSES = {
    "google": House(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "openid email https://mail.google.com/",
        ("imap.gmail.com", 993, Security.TLS),
        ("smtp.gmail.com", 465, Security.TLS),
    ),
    "microsoft": House(
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "openid email offline_access"
        " https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send",
        ("outlook.office365.com", 993, Security.TLS),
        ("smtp.office365.com", 587, Security.STARTTLS),
    ),
}
UNKNOWN = House("", "", "", ("", 993, Security.TLS), ("", 465, Security.TLS))


class MailProvider(ListItem):
    """Where people sign in for their mailbox instead of typing its password (R1.39). `secret` is sealed.

    What is left empty is as the house is known to have it.
    """

    class Kind(models.TextChoices):
        GOOGLE = "google", "Google"
        MICROSOFT = "microsoft", "Microsoft"
        OTHER = "other", _("Another provider")

    house = models.CharField(_("Provider"), max_length=10, choices=Kind.choices, default=Kind.GOOGLE)
    client_id = models.CharField(_("Client ID"), max_length=300)
    secret = models.BinaryField(_("Client secret"), default=b"", blank=True, editable=False)
    authorize_url = models.URLField(_("Sign-in address"), max_length=500, blank=True)
    token_url = models.URLField(_("Token address"), max_length=500, blank=True)
    scope = models.CharField(_("Rights asked for"), max_length=500, blank=True)
    imap_host = models.CharField(_("IMAP server"), max_length=253, blank=True)
    imap_port = models.PositiveIntegerField(_("Port"), default=993)
    imap_security = models.CharField(_("Encryption"), max_length=10, choices=Security.choices, default=Security.TLS)
    smtp_host = models.CharField(_("SMTP server"), max_length=253, blank=True)
    smtp_port = models.PositiveIntegerField(_("Port"), default=465)
    smtp_security = models.CharField(_("Encryption"), max_length=10, choices=Security.choices, default=Security.TLS)

    class Meta(ListItem.Meta):
        abstract = False

    @property
    def application(self) -> Application:
        known = HOUSES.get(self.house, UNKNOWN)
        return Application(
            client_id=self.client_id,
            secret=unseal(bytes(self.secret)) or "",
            authorize_url=self.authorize_url or known.authorize_url,
            token_url=self.token_url or known.token_url,
            scope=self.scope or known.scope,
        )

    @property
    def servers(self) -> dict[str, Any]:
        """Columns of a mailbox there."""
        known = HOUSES.get(self.house, UNKNOWN)
        imap = (self.imap_host, self.imap_port, self.imap_security) if self.imap_host else known.imap
        smtp = (self.smtp_host, self.smtp_port, self.smtp_security) if self.smtp_host else known.smtp
        parts = ("host", "port", "security")
        return {
            f"{way}_{part}": one
            for way, of in (("imap", imap), ("smtp", smtp))
            for part, one in zip(parts, of, strict=True)
        }


class Mailbox(models.Model):
    """A person's own mailbox (R1.42), opened with a password or, where they have signed in at its `provider`, with a
    token that holds until `access_until`; `refresh` gets another one at `token_url`. All three are sealed
    (`core/sealed.py`).

    `problem` is a code of `letters.Refused`, with what the server said in `problem_words`; empty while all is well.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mailbox")
    address = models.EmailField(_("E-mail address"), max_length=254)
    login = models.CharField(_("User name"), max_length=254, blank=True)
    imap_host = models.CharField(_("IMAP server"), max_length=253)
    imap_port = models.PositiveIntegerField(_("Port"), default=993)
    imap_security = models.CharField(_("Encryption"), max_length=10, choices=Security.choices, default=Security.TLS)
    smtp_host = models.CharField(_("SMTP server"), max_length=253)
    smtp_port = models.PositiveIntegerField(_("Port"), default=465)
    smtp_security = models.CharField(_("Encryption"), max_length=10, choices=Security.choices, default=Security.TLS)
    secret = models.BinaryField(default=b"", editable=False)
    provider = models.ForeignKey(MailProvider, models.PROTECT, null=True, related_name="+")
    access = models.BinaryField(default=b"", editable=False)
    access_until = models.DateTimeField(null=True)
    refresh = models.BinaryField(default=b"", editable=False)
    token_url = models.CharField(max_length=500, blank=True)
    privacy = models.CharField(_("What colleagues see"), max_length=10, choices=Privacy.choices, default=Privacy.WHOLE)
    connected_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True)
    problem_words = models.CharField(max_length=500, blank=True)

    objects = MailboxQuerySet.as_manager()

    def __str__(self) -> str:
        return self.address

    def keep_password(self, password: str) -> None:
        self.secret, self.provider = seal(password), None
        self.access, self.access_until, self.refresh, self.token_url = b"", None, b"", ""

    def keep_granted(self, granted: Granted, provider: MailProvider) -> None:
        """In place of a password."""
        self.secret, self.provider, self.token_url = b"", provider, provider.application.token_url
        self.access, self.refresh = seal(granted.access), seal(granted.refresh)
        self.access_until = timezone.now() + timedelta(seconds=granted.lasts)

    @property
    def password(self) -> str:
        """Empty where it cannot be read any more: the server will refuse it, and says so."""
        return unseal(bytes(self.secret)) or ""

    @property
    def token(self) -> str:
        return unseal(bytes(self.access)) or ""

    @property
    def refresh_token(self) -> str:
        return unseal(bytes(self.refresh)) or ""

    @property
    def sender(self) -> Address:
        return Address(self.user.full_name, self.address)

    @property
    def to_read(self) -> Login:
        return self._login(self.imap_host, self.imap_port, self.imap_security)

    @property
    def to_send(self) -> Login:
        return self._login(self.smtp_host, self.smtp_port, self.smtp_security)

    def _login(self, host: str, port: int, security: str) -> Login:
        key = {"token": self.token} if self.provider_id else {"password": self.password}
        return Login(host, port, cast(Any, security), self.login or self.address, **key)


class Folder(models.Model):
    """A folder of a mailbox on its server, as far as it was read: every message from
    `read_from` to `read_up_to` is a `Copy`."""

    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="folders")
    name = models.CharField(max_length=500)
    role = models.CharField(max_length=10)
    uidvalidity = models.BigIntegerField(default=0)
    read_from = models.BigIntegerField(default=1)
    read_up_to = models.BigIntegerField(default=0)
    exists = models.PositiveIntegerField(default=0)  # messages in all, when last looked
    on_server = models.PositiveIntegerField(default=0)  # of these from `read_from` on

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "name"], name="folder_once")]

    def __str__(self) -> str:
        return self.name


ADVERTISES = ~models.Q(advertises_to="")


class Message(models.Model):
    """One letter, written here or received. What it says to others depends on `privacy` (`queries.readable_by`).

    `record` is what it is about, if that is known; `to`, `cc` and `bcc` are [{"name", "address"}].
    """

    class State(models.TextChoices):
        RECEIVED = "received", _("Received")
        WAITING = "waiting", _("Waiting to be sent")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        HELD = "held", _("Draft")  # taken back before it was sent

    stays_with_its_record = True  # as the events that tell of it; see `quality/repointing.py`
    is_work = True

    mailbox = models.ForeignKey(Mailbox, models.SET_NULL, null=True, related_name="messages")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")  # whose mailbox it was
    record = models.ForeignKey(Record, models.CASCADE, null=True, related_name="messages")
    state = models.CharField(max_length=10, choices=State.choices)
    privacy = models.CharField(max_length=10, choices=Privacy.choices, default=Privacy.WHOLE)
    message_id = models.CharField(max_length=998)
    in_reply_to = models.CharField(max_length=998, blank=True)
    references = ArrayField(models.CharField(max_length=998), default=list, blank=True)
    thread_index = models.CharField(max_length=44, blank=True)  # Outlook's name of a conversation
    subject = models.CharField(_("Subject"), max_length=500, blank=True)
    sender = models.JSONField(default=dict)
    to = models.JSONField(default=list)
    cc = models.JSONField(default=list)
    bcc = models.JSONField(default=list)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices, default=Purpose.TRANSACTION)
    advertises_to = models.CharField(max_length=254, blank=True)  # `email_key` of whom an advertisement goes to
    automatic = models.CharField(max_length=20, blank=True)  # why it counts as sent by a machine
    by_house = models.BooleanField(default=False)  # through the company's own server, as its sender has no mailbox
    calendar = models.CharField(max_length=10, blank=True)  # METHOD of the calendar that it brings (RFC 6047)
    at = models.DateTimeField(default=timezone.now)
    made_record = models.BooleanField(default=False)  # its record was made of it: it came to a team's alias
    # Of one that is sent from here.
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, blank=True)
    problem_words = models.CharField(max_length=500, blank=True)
    # Of one that came in: somebody said that it is nothing for Phễu.
    ignored_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "message_id"], name="message_once")]
        indexes = [
            models.Index(fields=["message_id"], name="message_by_id"),
            models.Index(fields=["record", "-at"], name="message_of_record"),
            models.Index(
                fields=["user", "thread_index", "-at"], name="message_thread", condition=~models.Q(thread_index="")
            ),
            models.Index(
                fields=["user", "-at", "-id"],
                name="message_unplaced",
                condition=models.Q(record=None, ignored_at=None, state="received"),
            ),
            models.Index(fields=["advertises_to", "at"], name="message_advertises", condition=ADVERTISES),
        ]

    def __str__(self) -> str:
        return self.subject or str(_("(no subject)"))

    @property
    def is_received(self) -> bool:
        return self.state == self.State.RECEIVED

    @property
    def is_on_its_way(self) -> bool:
        return self.state == self.State.SENDING

    @property
    def recipients(self) -> list[Address]:
        return [Address(**one) for one in (*self.to, *self.cc, *self.bcc)]


class EmailTemplate(ListItem):
    """«Mẫu email» (R1.41). The one of a `moment` goes out by itself then (R0.32, R0.37)."""

    class Moment(models.TextChoices):
        NEW_LEAD = "new_lead", _("When a lead is made: to introduce us")
        CONVERTED = "converted", _("When a lead is converted: to confirm what was said")

    subject = models.CharField(_("Subject"), max_length=500)
    html = models.TextField(_("Body"), max_length=100_000)
    purpose = models.CharField(_("Purpose"), max_length=12, choices=Purpose.choices, default=Purpose.TRANSACTION)
    moment = models.CharField(_("Goes out by itself"), max_length=10, choices=Moment.choices, blank=True)

    class Meta(ListItem.Meta):
        abstract = False


class Copy(models.Model):
    """A message as a server has it in a folder; of one that is not kept, `left_out` says why."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="copies")
    uid = models.BigIntegerField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="copies")
    left_out = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "uid"], name="copy_once")]

    def __str__(self) -> str:
        return f"{self.folder_id}: {self.uid}"


class Undeliverable(models.Model):
    """An address at which nothing arrives: a server said so."""

    address = models.EmailField(max_length=254, unique=True)
    status = models.CharField(max_length=20, blank=True)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.address


class Enclosure(models.Model):
    """A file that goes or came with a letter; one with a `content_id` is shown inside of it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="enclosures")
    content = models.FileField(upload_to=stored_name)
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100, blank=True)  # what its sender says it is
    content_id = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def bytes(self) -> bytes:
        with self.content.open("rb") as file:
            found: bytes = file.read()
            return found


class Consent(models.Model):
    """One line of the ledger of consents: somebody agreed to be written to, or wants it no more (Decree 356/2025).

    `subject` is whose it is: the `email_key` of an address, or a phone number. Append-only, as events are: who changes
    their mind makes another row, and the newest one of a subject, purpose and channel holds. It outlives the record on
    which it was noted, because the wish of a person does.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", _("Email")
        SMS = "sms", _("SMS")
        ZALO = "zalo", _("Zalo")
        CALL = "call", _("Phone call")

    class Source(models.TextChoices):
        FORM = "form", _("A form that they filled in")
        LETTER = "letter", _("A letter or an e-mail of theirs")
        CALL = "call", _("A conversation")
        IMPORT = "import", _("An imported list")
        LINK = "link", _("The link at the end of an e-mail")

    stays_with_its_record = True  # nobody's hand moves a line of the ledger; see `quality/repointing.py`
    is_work = True

    subject = models.CharField(max_length=254)
    record = models.ForeignKey(Record, models.SET_NULL, null=True, related_name="+")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    given = models.BooleanField()
    source = models.CharField(max_length=10, choices=Source.choices)
    wording = models.TextField(max_length=2000, blank=True)  # what they agreed to
    proof = models.TextField(max_length=2000, blank=True)  # where it can be seen
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "channel", "purpose", "-id"], name="consent_newest")]
        constraints = [
            models.CheckConstraint(name="consent_says_to_what", condition=models.Q(given=False) | ~models.Q(wording=""))
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.purpose}"
