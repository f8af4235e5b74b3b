"""What an answer begins with: the letter that it answers, below a line that says whose it was."""

from django.utils.html import linebreaks
from django.utils.translation import gettext as _

from pheu.core.markup import html
from pheu.core.vietnamese.dates import show_datetime
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.safe import simple
from pheu.messaging.models import Message

MOST = 100_000  # characters


def quoted(message: Message) -> str:
    """Markup of our own kind: no picture, nothing that acts."""
    said = simple(message.html) if 0 < len(message.html) <= MOST else linebreaks(message.text[:MOST], autoescape=True)
    sender = Address(**message.sender).shown if message.sender else ""
    line = _("On %(at)s %(sender)s wrote:") % {"at": show_datetime(message.at), "sender": sender}
    return html("<p><br></p><p>{}</p>", line) + f"<blockquote>{said}</blockquote>"
