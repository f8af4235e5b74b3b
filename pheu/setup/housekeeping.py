"""The acts on the company's profile that are more than a change of a column: its logo, the holidays of a year."""

from collections.abc import Iterable
from datetime import date
from functools import partial

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from pheu.core import shape
from pheu.core.errors import DomainError, Refused
from pheu.people.models import Holiday, Profile, User
from pheu.records.acts import act
from pheu.setup import configuring, events
from pheu.setup.profile import COMPANY, HOLIDAYS, proposed, years_to_propose
from pheu.timeline.events import EventKind
from pheu.timeline.previews import media_type_of
from pheu.timeline.services import record

LOGO_LIMIT = 512 * 1024  # bytes: it is drawn at 24 pixels
LOGO_TYPES = ("image/png", "image/jpeg", "image/webp")


@act
def change_logo(upload: UploadedFile, *, by: User, via: str = "page") -> None:
    """Show this picture beside the company's name. A picture is known by its bytes, never by its name."""
    profile = _held(by)
    kind = media_type_of(upload)
    if kind not in LOGO_TYPES:
        raise DomainError(_("A logo is a picture: PNG, JPEG or WebP."))
    if (upload.size or 0) > LOGO_LIMIT:
        raise DomainError(_("A logo has at most 512 KB."))
    old, profile.logo, profile.logo_type = str(profile.logo), upload, kind
    _save_logo(profile, old, events.LOGO_CHANGED, by, via)


@act
def remove_logo(*, by: User, via: str = "page") -> None:
    """Show the product's own sign again; taking down what is not there tells nothing."""
    profile = _held(by)
    if not profile.logo:
        return
    old, profile.logo, profile.logo_type = str(profile.logo), "", ""
    _save_logo(profile, old, events.LOGO_REMOVED, by, via)


PICTURE_LIMIT = 512 * 1024  # bytes: the browser has made it small before


@act
def change_picture(upload: UploadedFile | None, *, by: User, via: str = "page") -> None:
    """Show this picture of oneself beside one's name; None: the initials again. Nobody else's business: not told."""
    if not by.is_active:
        raise Refused
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    kind = media_type_of(upload) if upload else ""
    if upload and kind not in LOGO_TYPES:
        raise DomainError(_("Choose a picture: PNG, JPEG or WebP."))
    if upload and (upload.size or 0) > PICTURE_LIMIT:
        raise DomainError(_("A picture has at most 512 KB."))
    old, person.picture, person.picture_type = str(person.picture), upload or "", kind
    person.save(update_fields=["picture", "picture_type"])
    if old:
        transaction.on_commit(partial(default_storage.delete, old))


def _held(by: User) -> Profile:
    return configuring.hold_entries(COMPANY, by=by)[0]


def _save_logo(profile: Profile, old: str, kind: EventKind, by: User, via: str) -> None:
    profile.save(update_fields=["logo", "logo_type"])
    record(kind, about=None, by=by, via=via, subject=str(COMPANY.label), list=COMPANY.code)
    shape.changed()
    if old:
        transaction.on_commit(partial(default_storage.delete, old))


@act
def add_holidays(year: int, days: Iterable[date], *, by: User, via: str = "page") -> list[Holiday]:
    """Put those of the public holidays of a year that are on one of `days` into the list, where they are not yet."""
    configuring.hold_entries(HOLIDAYS, by=by)
    if year not in years_to_propose():
        raise DomainError(_("Public holidays are known for this year and the next."))
    wanted = set(days)
    return [
        configuring.add_item(HOLIDAYS, {"name": one.name, "day": one.day, "is_working": one.is_working}, by=by, via=via)
        for one in proposed(year)
        if one.day in wanted
    ]
