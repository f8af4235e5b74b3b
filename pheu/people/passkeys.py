"""Passkeys: fingerprint, face or PIN of a device opens the account, alone or after the password.

The device signs for this site's address only, so a false page gets nothing that opens ours. allauth keeps the keys and
checks the signatures; what is sent is read here, and whatever is wrong with it is said in the same words.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, EditWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth, flows
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView, RemoveWebAuthnView
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, RegistrationResponse, ResidentKeyRequirement
from fido2.webauthn import UserVerificationRequirement as Verification

from pheu.people.devices import device
from pheu.people.models import User
from pheu.people.second_step import LIMIT, WAIT, second_step

UNANSWERED = _("Your browser sent no passkey. It must run our scripts for this.")
REFUSED = _("This passkey was not accepted. Try again, or use another way.")
NAME_LENGTH = 60
LONGEST = 20_000  # characters; what a device answers has a few hundred, with all its certificates a few thousand
# What reading bytes that somebody made up may end in.
UNREADABLE = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError, TypeError,
    ValueError, struct.error,
)  # fmt: skip


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except forms.ValidationError as error:
        raise forms.ValidationError(WAIT if error.code == LIMIT else REFUSED, code=error.code) from error
    except UNREADABLE as error:
        raise forms.ValidationError(REFUSED) from error


class CredentialField(forms.JSONField):
    """What the device answered, as js/passkeys.js writes it."""

    widget = forms.HiddenInput
    default_error_messages = {"required": UNANSWERED}

    def to_python(self, value: Any) -> Any:
        with _in_words():
            if len(value or "") > LONGEST:
                raise ValueError
            return super().to_python(value)


# Forms ----------------------------------------------------------------------------------------------------------------


class AddForm(forms.Form):
    """A new key with its name."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    credential = CredentialField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def clean_credential(self) -> dict[str, Any]:
        credential = self.cleaned_data["credential"]
        with _in_words():
            kept = _kept(credential)
            auth.complete_registration(kept)
        return kept


def _kept(credential: Any) -> dict[str, Any]:
    """What is worth keeping of an answer, written anew: nothing else that somebody sent gets into the database."""
    read = RegistrationResponse.from_dict(credential)
    told = credential.get("clientExtensionResults", {}).get("credProps", {})
    return {
        "id": read.id,
        "rawId": read.id,
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(read.response.client_data),
            "attestationObject": websafe_encode(read.response.attestation_object),
        },
        "clientExtensionResults": {"credProps": {"rk": told.get("rk") is True}},
    }


class RenameForm(EditWebAuthnForm):
    """Another name."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)


class AfterPasswordForm(AuthenticateWebAuthnForm):
    """The second step of signing in."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        with _in_words():
            return super().clean_credential()


class AloneForm(AfterPasswordForm, LoginWebAuthnForm):
    """Signing in without a password: the device must have asked for finger, face or PIN.

    It is asked here once more: a question that was put for a second step leaves that to the device.
    """

    def clean_credential(self) -> Authenticator:
        with _in_words():
            answer = AuthenticationResponse.from_dict(self.cleaned_data["credential"])
            if not answer.response.authenticator_data.is_user_verified():
                raise ValueError
        return super().clean_credential()


# Pages ----------------------------------------------------------------------------------------------------------------


class PasswordFirst(View):
    """Leads to the password, and back; allauth's middleware sees only what its own pages raise."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except ReauthenticationRequired:
            return suspend_request(request, reverse("account_reauthenticate"))


class AddView(PasswordFirst, AddWebAuthnView):
    """A key of this device, or one that is plugged in or held against it."""

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {"name": device(self.request.headers.get("User-Agent", ""))[:NAME_LENGTH]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = {"creation_options": begin_adding(self.request.user)}
        # allauth's own would begin a second time, and draws a form that forgets what was wrong.
        return super(AddWebAuthnView, self).get_context_data(**kwargs) | {"js_data": options}


def begin_adding(user: Any) -> dict[str, Any]:
    """What the browser asks the device for: a key that can open the account alone, if the device can make such."""
    options, state = auth.get_server().register_begin(
        user=auth.build_user_payload(user),
        credentials=auth.get_credentials(user),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=Verification.PREFERRED,
        extensions=auth.EXTENSIONS,
    )
    auth.set_state(state)
    return dict(options)


class RemoveView(PasswordFirst, RemoveWebAuthnView):
    """The last one stays as long as the company asks for a second step."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stays = not get_adapter().can_delete_authenticator(self.object)
        return super().get_context_data(**kwargs) | {"stays": stays}

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        User.objects.select_for_update().get(pk=self.request.user.pk)  # two at once, each the last but one
        if not get_adapter().can_delete_authenticator(self.object):
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)


class SecondStepView(AuthenticateView):
    """A passkey or a code, whatever the person has."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"second_step": second_step(self.stage.login.user)}


@method_decorator([login_not_required, never_cache], name="dispatch")
class AloneView(LoginWebAuthnView):
    """`GET` with `Accept: application/json` tells what to ask the device for, `POST` signs in."""

    def form_valid(self, form: Any) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=get_next_redirect_url(self.request))
        return flows.perform_passwordless_login(self.request, authenticator, login)
