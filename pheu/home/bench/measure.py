"""Times requests through Django's handler, one client, without a network: what the server itself needs."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import connection
from django.test import Client

from pheu.deals.models import Deal
from pheu.leads.models import Lead
from pheu.people.models import User


@dataclass
class Figure:
    """One operation: milliseconds at the median and the 95th percentile, statements, bytes of the answer."""

    operation: str
    p50: float
    p95: float
    queries: int
    size: int


def measure(operation: str, ask: Callable[[], object], *, times: int) -> Figure:
    statements: list[str] = []

    def count(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        answer = ask()
    spent = []
    for _again in range(times):
        began = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - began))
    cuts = statistics.quantiles(spent, n=20)
    return Figure(
        operation,
        round(statistics.median(spent), 1),
        round(cuts[18], 1),
        len(statements),
        len(getattr(answer, "content", b"")),
    )


def operations(client: Client, user: User) -> dict[str, Callable[[], object]]:
    lead = Lead.objects.visible_to(user).filter(stage__category="new").order_by("-pk")[0]
    deal = Deal.objects.visible_to(user).filter(stage__category="open").order_by("-pk")[0]
    stages = list(deal.stage.pipeline.stages.all())[:2]
    number = iter(range(10**9))

    def move() -> object:
        left = Deal.objects.get(pk=deal.pk).stage_id
        to = stages[0].pk if left != stages[0].pk else stages[1].pk
        return client.post(f"/deals/{deal.pk}/stage/", {"to": to, "left": left})

    return {
        "leads list": lambda: client.get("/leads/?tab=all"),
        "leads list, mine": lambda: client.get("/leads/?tab=mine"),
        "leads list by due date": lambda: client.get("/leads/?tab=all&sort=-due_at"),
        "deals list": lambda: client.get("/deals/?tab=all"),
        "deals board": lambda: client.get("/deals/board/?tab=all"),
        "search a name": lambda: client.get("/search/?q=nguyen+xi+mang"),
        "search without a hit": lambda: client.get("/search/?q=khongcogi"),
        "one lead with its history": lambda: client.get(lead.get_absolute_url()),
        "one deal with its history": lambda: client.get(deal.get_absolute_url()),
        "home": lambda: client.get("/"),
        "stage change": move,
        "create a lead": lambda: client.post(
            "/leads/new/", {"company_name": f"Bench {next(number)}", "owner": user.pk}
        ),
    }


def run(emails: list[str], *, times: int) -> list[dict[str, object]]:
    """Every operation as each of these people: the scope is part of the cost."""
    figures = []
    for email in emails:
        user = User.objects.get(email=email)
        client = Client(HTTP_HOST="localhost")
        client.force_login(user)
        for operation, ask in operations(client, user).items():
            figures.append({"who": user.role.code, **asdict(measure(operation, ask, times=times))})
    return figures
