"""Below the form of the sign-in page: another way in."""

from django.http import HttpRequest

from pheu.core.registries import Panel, sign_in_panels


@sign_in_panels.add("*", order=10)
def passkey(request: HttpRequest) -> Panel:
    return Panel("people/_passkey_sign_in.html")
