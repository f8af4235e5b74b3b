"""The people of the demo company below the sign-in form: choose one and the form is filled."""

from django.http import HttpRequest

from pheu.core import environment
from pheu.core.registries import Panel, sign_in_panels
from pheu.home.demo.signins import PASSWORD, demo_people
from pheu.home.demo.staff import CAST


@sign_in_panels.add("*")
def demo_signins(request: HttpRequest) -> Panel | None:
    """Only where the demo company is, and never where the public reaches us."""
    people = [] if environment.is_public() else list(demo_people())
    if not people:
        return None
    return Panel("home/_demo_signins.html", {"cast": people[:CAST], "others": people[CAST:], "password": PASSWORD})
