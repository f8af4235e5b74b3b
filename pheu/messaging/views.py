"""Letters as pages: written from a record, read in a frame of their own; and one's own mailbox."""

import contextlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe
from liquid.exceptions import LiquidError

from pheu.core.errors import DomainError, say_beside, tell
from pheu.core.errors import Refused as NotAllowed
from pheu.core.hosts import Refused
from pheu.core.ids import read_id, read_ids
from pheu.core.once import once
from pheu.messaging import jobs, mailboxes, receiving, sending, signing_in
from pheu.messaging.by_itself import send_first_now, template_of
from pheu.messaging.channels.email.letters import Address
from pheu.messaging.channels.email.quotes import bare_subject
from pheu.messaging.channels.email.safe import clean, has_remote_images
from pheu.messaging.drafting import drafted
from pheu.messaging.forms import LetterForm, MailboxForm, PlaceForm, read_address
from pheu.messaging.models import EmailTemplate, Enclosure, Mailbox, MailProvider, Message, Privacy, Undeliverable
from pheu.messaging.people import addresses_of, known
from pheu.messaging.pictures import as_data
from pheu.messaging.queries import may_read
from pheu.messaging.quoting import quoted
from pheu.messaging.saying import words_of
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, CREATE
from pheu.records import kinds
from pheu.records.act_views import changed_here
from pheu.records.answers import asked_in, done
from pheu.records.models import Record
from pheu.timeline.previews import as_attachment

# What a letter may do that somebody sent us: show itself, and open links apart. Nothing in it runs (quality.md 3).
BODY_RULES = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:{}; frame-ancestors 'self'; form-action 'none'"
)
NO_MAILBOX = "messaging/no_mailbox.html"


def _visible_record(request: Request, pk: int) -> Record:
    return get_object_or_404(Record.objects.visible_to(request.user), pk=pk)


def _changeable_record(request: Request, pk: int) -> Record:
    about = _visible_record(request, pk)
    kinds.get(about.kind).model.objects.within(request.user, CHANGE).get_or_refuse(pk)
    return about


def _readable(request: Request, pk: int) -> Message:
    message = get_object_or_404(Message.objects.select_related("record", "user"), pk=pk)
    if not may_read(message, request.user):
        raise Http404
    return message


def _mine(request: Request, pk: int) -> Message:
    return get_object_or_404(Message.objects.of(request.user).select_related("record"), pk=pk)


# Writing --------------------------------------------------------------------------------------------------------------


@once
def message_new(request: Request, pk: int) -> HttpResponse:
    """A letter about a record, to whom it is about."""
    about = _changeable_record(request, pk)
    initial = {"to": [one.shown for one in addresses_of(about, request.user)], "html": _signed(request)}
    return _compose(request, about, initial=initial, action=reverse("message-new", args=[pk]))


@once
def message_answer(request: Request, pk: int) -> HttpResponse:
    """An answer to a letter; with `?all=1` to everybody who had it."""
    answers = _readable(request, pk)
    own = {one.lower() for one in Mailbox.objects.filter(user=request.user).values_list("address", flat=True)}
    to, cc = sending.answered_to(answers, own, everybody="all" in request.GET)
    initial = {
        "to": [one.shown for one in to],
        "cc": [one.shown for one in cc],
        "subject": f"Re: {bare_subject(answers.subject)}"[:500],
        "html": _signed(request) + quoted(answers),
    }
    return _compose(request, answers.record, initial=initial, action=request.get_full_path(), answers=answers)


@once
def message_edit(request: Request, pk: int) -> HttpResponse:
    """A draft, or what could not be sent, written anew."""
    draft = _mine(request, pk)
    if draft.state not in sending.DRAFTS:
        raise DomainError(_("The e-mail has been sent already."))
    initial = {
        "to": [Address(**one).shown for one in draft.to],
        "cc": [Address(**one).shown for one in draft.cc],
        "bcc": [Address(**one).shown for one in draft.bcc],
        "subject": draft.subject,
        "html": clean(draft.html, images=False, pictures=as_data(draft.enclosures.exclude(content_id=""))),
    }
    action = reverse("message-edit", args=[pk])
    return _compose(request, draft.record, initial=initial, action=action, instead_of=draft)


def _compose(
    request: Request,
    about: Record | None,
    *,
    initial: dict[str, Any],
    action: str,
    answers: Message | None = None,
    instead_of: Message | None = None,
) -> HttpResponse:
    mailbox = Mailbox.objects.filter(user=request.user).first()
    if mailbox is None:
        return render(request, NO_MAILBOX, status=409 if request.method == "POST" else 200)
    sent = request.method == "POST"
    keeps = sent and "keep" in request.POST
    form = LetterForm(request.POST, request.FILES, is_ready=not keeps) if sent else LetterForm(initial=initial)
    kept = set(read_ids(request.POST.getlist("kept")))
    if form.is_valid():
        more: dict[str, Any] = {"answers": answers, "instead_of": instead_of, "kept": kept}
        if keeps:
            sending.keep_draft(about, **form.cleaned_data, **more, by=request.user)
            words = _("The draft was kept: “Inbox”, “Drafts”.")
            return changed_here(request, about or f"{reverse('inbox')}?show=drafts", words)
        message = sending.write(about, **form.cleaned_data, **more, by=request.user)
        return _written(request, message)
    files = list(instead_of.enclosures.filter(content_id="")) if instead_of else []
    context = {
        "drafts": [] if sent or instead_of or about is None else _begun(request, about),
        "form": form,
        "bad": _undeliverable(form),
        "about": about,
        "action": action,
        "mailbox": mailbox,
        "kept": [(one, not sent or one.pk in kept) for one in files],
        "is_open": any(form[name].value() for name in ("cc", "bcc")),
    }
    return render(request, "messaging/compose.html", context, status=422 if sent else 200)


MOST_DRAFTS = 5


def _begun(request: Request, about: Record) -> list[Message]:
    """One's own drafts of a record, the newest first: named where one writes another letter."""
    return list(Message.objects.of(request.user).drafts().filter(record=about).order_by("-at")[:MOST_DRAFTS])


def _undeliverable(form: LetterForm) -> list[str]:
    """Of those to whom it is about to go, those at whom an earlier letter did not arrive."""
    found = []
    for text in form["to"].value() or ():
        with contextlib.suppress(ValidationError):  # which the form says of it
            found.append(read_address(str(text)).address.lower())
    return list(Undeliverable.objects.filter(address__in=found).values_list("address", flat=True))


def _signed(request: Request) -> str:
    return sending.signature(request.user)


def _written(request: Request, message: Message) -> HttpResponse:
    later = message.due_at and message.due_at > timezone.now() + 2 * sending.TO_UNDO
    words = _("The e-mail goes out at its time.") if later else _("The e-mail is on its way.")
    return _moved(request, message, words, undo=reverse("message-back", args=[message.pk]))


def _moved(request: Request, message: Message, words: str, *, undo: str = "") -> HttpResponse:
    return changed_here(request, message.record or reverse("mailbox"), words, undo=undo)


@require_POST
def message_back(request: Request, pk: int) -> HttpResponse:
    """«Hoàn tác»: it is a draft again, open where it was written."""
    sending.take_back(_mine(request, pk), by=request.user)
    return asked_in(request, reverse("message-edit", args=[pk]))


@require_safe
def message_unsent(request: Request, pk: int) -> HttpResponse:
    """What can be done with a letter of mine that is not sent."""
    return render(request, "messaging/unsent.html", {"letter": _mine(request, pk)})


@require_POST
def message_again(request: Request, pk: int) -> HttpResponse:
    return _written(request, sending.send_again(_mine(request, pk), by=request.user))


@require_POST
def message_drop(request: Request, pk: int) -> HttpResponse:
    message = _mine(request, pk)
    sending.drop(message, by=request.user)
    return _moved(request, message, _("The draft was thrown away."))


@require_safe
def message_draft(request: Request, pk: int) -> JsonResponse:
    """What `?template=` says about a record, with the sender's rights."""
    about = _visible_record(request, pk)
    offered = EmailTemplate.objects.filter(is_active=True)
    chosen = get_object_or_404(offered, pk=read_id(request.GET.get("template")))
    try:
        subject, html = drafted(chosen, about, request.user)
    except LiquidError:
        raise DomainError(words_of("template")) from None
    return JsonResponse({"subject": subject, "html": html})


def first_again(request: Request, moment: str, pk: int) -> HttpResponse:
    """«Gửi ngay» what could not go out by itself."""
    about = _changeable_record(request, pk)
    template = template_of(moment)
    if template is None:
        raise DomainError(_("No template goes out then any more."))
    if request.method == "POST":
        send_first_now(about, moment, by=request.user)
        return changed_here(request, about, _("Tried again; the timeline says what came of it."))
    to = addresses_of(about, request.user)[:1]
    return render(request, "messaging/first.html", {"about": about, "moment": moment, "template": template, "to": to})


@require_GET
def people(request: Request) -> JsonResponse:
    """Whom the person may write to: contacts, customers and colleagues whose name or address begins like this."""
    found = known(request.GET.get("q", "").strip()[:100], request.user)
    return JsonResponse([{"id": one.shown, "text": one.shown} for one in found], safe=False)


# Reading --------------------------------------------------------------------------------------------------------------


@require_safe
def message(request: Request, pk: int) -> HttpResponse:
    """A letter, in a frame that runs nothing and loads nothing."""
    message = _readable(request, pk)
    context = {
        "message": message,
        "files": [one for one in message.enclosures.all() if not one.content_id],
        "asks_for_images": has_remote_images(message.html),
        "with_images": "images" in request.GET,
        "sender": Address(**message.sender) if message.sender else None,
        "privacies": Privacy.choices if message.user_id == request.user.pk else [],
        "people": {name: [Address(**one) for one in getattr(message, name)] for name in ("to", "cc")},
    }
    return render(request, "messaging/message.html", context)


@require_safe
def message_body(request: Request, pk: int) -> HttpResponse:
    """What stands in the frame: cleaned of everything that acts, its remote pictures only when asked for."""
    message = _readable(request, pk)
    images = "images" in request.GET
    pictures = as_data(message.enclosures.exclude(content_id=""))
    body = clean(message.html, images=images, pictures=pictures)
    context = {"body": body, "text": "" if message.html else message.text}
    answer = render(request, "messaging/mail/body.html", context)
    answer["Content-Security-Policy"] = BODY_RULES.format(" https: http:" if images else "")
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_POST
def message_privacy(request: Request, pk: int) -> HttpResponse:
    """What colleagues see of one letter of mine."""
    message = receiving.show_as(_mine(request, pk), request.POST.get("privacy", ""), by=request.user)
    return changed_here(request, message.record or reverse("inbox"), message.get_privacy_display())


@require_safe
def enclosure(request: Request, pk: int) -> Any:
    """A file of a letter."""
    one = get_object_or_404(Enclosure.objects.select_related("message"), pk=pk)
    if not may_read(one.message, request.user):
        raise Http404
    return as_attachment(one.content, one.name)


# The mailbox ----------------------------------------------------------------------------------------------------------


def mailbox(request: Request) -> HttpResponse:
    """«Hộp thư của tôi»: looked at before it is kept, so that nobody finds out with their first letter."""
    kept = Mailbox.objects.filter(user=request.user).first()
    if request.method != "POST":
        return _mailbox_page(request, kept, MailboxForm(instance=kept))
    form, found = _checked(request, kept)
    if not form.errors:
        password = form.cleaned_data.pop("password")
        try:
            mailboxes.connect(form.cleaned_data, key=password, by=request.user)
        except DomainError as error:
            say_beside(form, error)
        else:
            tell(request, _("Your mailbox is connected."))
            return redirect("account")
    return _mailbox_page(request, kept, form, found, status=422)


def _mailbox_page(
    request: Request, kept: Mailbox | None, form: MailboxForm, found: Any = None, *, status: int = 200
) -> HttpResponse:
    offered = MailProvider.objects.filter(is_active=True)
    context = {"form": form, "mailbox": kept, "found": found, "providers": offered}
    return render(request, "messaging/mailbox.html", context, status=status)


BEGUN = "mailbox_sign_in"  # in the session


@require_POST
def mailbox_sign_in(request: Request, pk: int) -> HttpResponse:
    """«Đăng nhập bằng Google»: off to the provider. A page that leads on, as ours let no form lead elsewhere (CSP)."""
    provider = get_object_or_404(MailProvider, pk=pk, is_active=True)
    privacy = request.POST.get("privacy", "")
    begun, url = signing_in.begin(
        provider,
        address=request.POST.get("address", "").strip()[:254],
        privacy=privacy if privacy in Privacy.values else Privacy.WHOLE.value,
    )
    request.session[BEGUN] = signing_in.remembered(begun)
    return render(request, "messaging/leaving.html", {"url": url, "provider": provider})


@require_safe
def mailbox_signed_in(request: Request) -> HttpResponse:
    """Back from the provider: its answer is good once, and in the session that went there only."""
    begun = signing_in.answered(request.session.pop(BEGUN, None), request.GET.dict())
    provider = get_object_or_404(MailProvider, pk=begun.provider, is_active=True)
    kept = Mailbox.objects.filter(user=request.user).first()
    form = MailboxForm(instance=kept, initial={"address": begun.address, "privacy": begun.privacy})
    try:
        granted = signing_in.granted(begun, provider, request.GET.dict())
        address = signing_in.whose(granted, begun)
    except Refused as error:
        return _mailbox_page(request, kept, form, {"sign_in": words_of(error.code, error.reply)}, status=422)
    values = {"address": address, "login": "", "privacy": begun.privacy, **provider.servers}
    key = (granted, provider)
    if wrong := mailboxes.problems(mailboxes.unsaved(request.user, values, key)):
        found = {name: words_of(error.code, error.reply) for name, error in wrong.items()}
        return _mailbox_page(request, kept, form, found, status=422)
    mailboxes.connect(values, key=key, by=request.user)
    tell(request, _("Your mailbox is connected."))
    return redirect("account")


@require_POST
def mailbox_check(request: Request) -> HttpResponse:
    """«Kiểm tra kết nối»: what the servers say, in words; nothing is kept."""
    form, found = _checked(request, Mailbox.objects.filter(user=request.user).first())
    context = {"form": form, "found": found, "is_well": not form.errors}
    return render(request, "messaging/_checked.html", context, status=422 if form.errors else 200)


def _checked(request: Request, kept: Mailbox | None) -> tuple[MailboxForm, dict[str, str]]:
    """The form as it was sent, and what is wrong with each server; the form has that as its error too."""
    form = MailboxForm(request.POST)
    if not form.is_valid():
        return form, {}
    given = dict(form.cleaned_data)
    password = given.pop("password")
    if mailboxes.lacks_password(kept, given, password):
        form.add_error("password", mailboxes.LACKS_PASSWORD)
        return form, {}
    wrong = mailboxes.problems(mailboxes.unsaved(request.user, given, password))
    found = {name: words_of(error.code, error.reply) for name, error in wrong.items()}
    for name, error in wrong.items():
        form.add_error(_beside(name, error), found[name])
    return form, found


def _beside(name: str, error: Refused) -> str:
    match error.code:
        case "password" | "token":
            return "password"
        case "encryption" | "certificate":
            return f"{name}_security"
    return f"{name}_host"


@require_GET
def mailbox_proposal(request: Request) -> JsonResponse:
    """The servers of an address."""
    return JsonResponse(mailboxes.proposed(request.GET.get("address", "")[:254]))


@require_POST
def mailbox_off(request: Request) -> HttpResponse:
    mailboxes.disconnect(by=request.user)
    tell(request, _("Your mailbox is disconnected. The e-mails stay on their records."))
    return redirect("account")


# Letters that are about nothing yet -----------------------------------------------------------------------------------

PAGE = 50


@require_safe
def inbox(request: Request) -> HttpResponse:
    """«Hộp thư»: what came from people who are on no record yet; `?show=` "all" with what machines sent, "aside",
    "drafts", and "unsent": what I wrote that waits or could not be sent.
    """
    show = request.GET.get("show", "")
    mine = Message.objects.of(request.user)
    asked = {
        "drafts": mine.drafts(),
        "unsent": mine.unsent(),
        "aside": mine.filter(state=Message.State.RECEIVED, record=None, ignored_at__isnull=False),
        "all": mine.unplaced(),
    }.get(show, mine.unplaced().filter(automatic=""))
    if (below := read_id(request.GET.get("below"))) is not None:
        edge = get_object_or_404(mine, pk=below)
        asked = asked.filter(Q(at__lt=edge.at) | Q(at=edge.at, pk__lt=edge.pk))
    found = list(asked.without_html().order_by("-at", "-pk")[: PAGE + 1])
    mailbox = Mailbox.objects.filter(user=request.user).first()
    context = {
        "letters": found[:PAGE],
        "more": found[PAGE - 1].pk if len(found) > PAGE else None,
        "show": show,
        "drafts": mine.drafts().count(),
        "mailbox": mailbox,
        "missing": receiving.missing(mailbox) if mailbox else 0,
        "may_make_lead": request.user.may("lead", CREATE),
    }
    return render(request, "messaging/inbox.html", context)


@require_safe
def inbox_count(request: Request) -> HttpResponse:
    """How many wait, for the sidebar."""
    many = Message.objects.of(request.user).unplaced().filter(automatic="")[:100].count()
    return HttpResponse(str(many) if many else "")


@once
def message_place(request: Request, pk: int) -> HttpResponse:
    """«Gắn vào»: which record a letter is about."""
    message = _mine(request, pk)
    if not any(request.user.may(kind.code, CHANGE) for kind in kinds.every()):
        raise NotAllowed
    form = PlaceForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        receiving.place(message, form.cleaned_data["record"], by=request.user)
        return changed_here(request, reverse("inbox"), _("The e-mail stands on its record now."))
    status = 422 if form.is_bound else 200
    return render(request, "messaging/place.html", {"form": form, "message": message}, status=status)


@require_POST
def message_lead(request: Request, pk: int) -> HttpResponse:
    lead = receiving.make_lead(_mine(request, pk), by=request.user)
    return done(request, lead.get_absolute_url())


@require_POST
def message_aside(request: Request, pk: int) -> HttpResponse:
    """«Bỏ qua», and back with `back`."""
    message, back = _mine(request, pk), "back" in request.GET
    (receiving.take_up if back else receiving.put_aside)(message, by=request.user)
    if back:
        return changed_here(request, reverse("inbox"), _("The e-mail is back."))
    undo = f"{reverse('message-aside', args=[pk])}?back=1"
    return changed_here(request, reverse("inbox"), _("The e-mail was put aside."), undo=undo)


@require_POST
def inbox_look(request: Request) -> HttpResponse:
    """Look for new mail now, not in a minute."""
    mailbox = get_object_or_404(Mailbox, user=request.user)
    jobs.fetch_soon(mailbox)
    return changed_here(request, reverse("inbox"), _("Looking for new e-mails."))
