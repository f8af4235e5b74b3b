"""What went wrong with a letter or a mailbox, in words that say what to do."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# Codes of `letters.Refused`.
WORDS: dict[str, Any] = {
    "host": _("No server has this name."),
    "forbidden": _("This server lies inside a network that Phễu may not reach; an administrator can allow it."),
    "unreachable": _("The server does not answer at this port."),
    "slow": _("The server takes too long to answer."),
    "certificate": _("The server cannot prove who it is: its certificate is not right."),
    "encryption": _("The server does not encrypt in this way."),
    "password": _("The server refuses this user name or password."),
    "token": _("The server refuses the access that was given; connect the mailbox again."),
    "signed_out": _("The provider wants you to sign in again: the access was taken back or has run out."),
    "application": _("The provider does not know Phễu as it is set up; an administrator can mend it in “Setup”."),
    "denied": _("The provider did not allow it."),
    "no_lasting": _(
        "The provider gave access for a short time only; an administrator can look at the rights asked for."
    ),
    "address": _("There is no such address."),
    "too_big": _("The letter is too large for the server."),
    "later": _("The server asks to come back later."),
    "refused": _("The server refuses the letter."),
    "dropped": _("The connection was lost."),
    "protocol": _("The server answers in a way that is not understood."),
    "no_server": _("No mail server is set up, and the sender has no mailbox."),
    "template": _("The template cannot be read; an administrator can mend it."),
    "no_mailbox": _("The sender has no mailbox any more."),
    "no_address": _("There is no e-mail address to write to."),
    "no_consent": _("Somebody among the recipients has not agreed to such e-mails, or does not want them any more."),
    "several": _("An advertisement goes to one person: its end says how this person can stop it."),
    "no_company": _(
        "Advertising has to say who sends it: an administrator fills in name, address and phone of the company."
    ),
    "gave_up": _("It was tried five times."),
}


def words_of(code: str, said: str = "") -> str:
    """A sentence about a code, with what the server itself said."""
    words = str(WORDS.get(code, WORDS["protocol"]))
    return f"{words} ({said})" if said else words
