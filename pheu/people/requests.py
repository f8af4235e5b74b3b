"""What a view of ours is given, for type checkers: the middleware has seen to a signed-in person and to htmx."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from pheu.people.models import User


class Request(HttpRequest):
    """A request of somebody signed in; every view is one's, unless marked `login_not_required`."""

    user: User
    htmx: HtmxDetails
