"""What was measured: figures, gates, and how they stand beside another run."""

import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from pheu.home.bench.server import Answer

AT_LEAST = 3
GROWTH = 1.5


@dataclass(frozen=True)
class Gate:
    """Every figure of this family may take `most` milliseconds, at the median or the 95th percentile."""

    label: str
    measure: str
    most: float


GATES = {
    "list": Gate("list", "p50", 20),
    "order": Gate("sort, tab or filter", "p95", 50),
    "board": Gate("board, first load", "p50", 60),
    "home": Gate("home", "p50", 60),
    "search": Gate("search", "p50", 25),
    "record": Gate("open a record", "p50", 40),
    "create": Gate("create", "p50", 40),
    "stage": Gate("stage change", "p50", 20),
    "convert": Gate("convert", "p50", 60),
    "typing": Gate("who else has what is typed", "p95", 20),
    "merge": Gate("merge three", "p50", 60),
    "bulk": Gate("convert 80, hand out 500", "p50", 1000),
}


@dataclass(frozen=True)
class Probe:
    """One operation. `ask(nth)` does it and gives the answer that counts, or None where there is nothing to do it to.

    `seconds` bounds it: slow ones are asked fewer times than others.
    """

    name: str
    ask: Callable[[int], Answer | None]
    gate: str = ""
    seconds: float = 1.5
    most: int = 10**6


@dataclass
class Figure:
    """Milliseconds as the client sees them; at the median statements, their time, the server's own; bytes sent."""

    p50: float
    p95: float
    statements: int
    sql_ms: float
    own_ms: float
    size: int
    gate: str = ""
    failed: int = 0

    @property
    def is_over(self) -> bool:
        gate = GATES.get(self.gate)
        return bool(self.failed) or (gate is not None and getattr(self, gate.measure) > gate.most)


Figures = dict[str, dict[str, Figure]]  # by person, by operation


def measure(probe: Probe, *, times: int) -> Figure | None:
    """Ask once to warm up and then until the times or the seconds are over; None where there is nothing to ask."""
    if probe.ask(0) is None:
        return None
    began, answers = monotonic(), list[Answer]()
    for nth in range(1, min(times, probe.most) + 1):
        if len(answers) >= AT_LEAST and monotonic() - began > probe.seconds:
            break
        if (answer := probe.ask(nth)) is None:
            break
        answers.append(answer)
    return figure_of(answers, probe.gate) if answers else None


def figure_of(answers: list[Answer], gate: str) -> Figure:
    spent = [answer.ms for answer in answers]
    cuts = statistics.quantiles(spent, n=20, method="inclusive") if len(spent) > 1 else spent * 19
    return Figure(
        p50=round(statistics.median(spent), 1),
        p95=round(cuts[18], 1),
        statements=round(statistics.median(answer.statements for answer in answers)),
        sql_ms=round(statistics.median(answer.sql_ms for answer in answers), 1),
        own_ms=round(statistics.median(answer.own_ms for answer in answers), 1),
        size=round(statistics.median(answer.size for answer in answers)),
        gate=gate,
        failed=sum(answer.status >= 400 for answer in answers),
    )


# Kept between runs ----------------------------------------------------------------------------------------------------


def keep(path: Path, leads: int, figures: Figures) -> None:
    told = {who: {name: asdict(one) for name, one in found.items()} for who, found in figures.items()}
    path.write_text(json.dumps({"figures": told, "leads": leads}, indent=1, sort_keys=True, ensure_ascii=False))


def kept(path: Path) -> Figures:
    """The figures of an earlier run; none where there was none, or one of another shape."""
    try:
        told: dict[str, Any] = json.loads(path.read_text())["figures"]
        return {who: {name: Figure(**one) for name, one in found.items()} for who, found in told.items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


# Told to people -------------------------------------------------------------------------------------------------------


HEAD = "     p50      p95  queries   in SQL   Python       kB   × last"


def line(name: str, one: Figure, last: Figure | None) -> str:
    """One figure, with how many times its median of the last run it takes now."""
    mark = "FAILED" if one.failed else "over" if one.is_over else ""
    numbers = f"{one.p50:8.1f} {one.p95:8.1f} {one.statements:8} {one.sql_ms:8.1f} {one.own_ms:8.1f}"
    return f"{name:42}{numbers} {one.size / 1000:8.1f} {_ratio(one, last):>8} {mark}".rstrip()


def _ratio(now: Figure, then: Figure | None) -> str:
    return f"{now.p50 / then.p50:.2f}" if then and then.p50 else ""


def verdicts(figures: Figures) -> Iterator[str]:
    """One line for each gate: how many of its figures hold, and the worst of them."""
    for code, gate in GATES.items():
        under = [(who, name, one) for who, found in figures.items() for name, one in found.items() if one.gate == code]
        if not under:
            continue
        over = [one for _who, _name, one in under if one.is_over]
        who, name, worst = max(under, key=lambda told: getattr(told[2], gate.measure))
        passed = f"FAIL {len(over)} of {len(under)}" if over else f"pass {len(under)}"
        slowest = f"{getattr(worst, gate.measure):.1f} ms: {name}, {who}"
        yield f"{passed:16} {gate.label:26} {gate.measure} <= {gate.most:.0f} ms; slowest {slowest}"


def growth(figures: Figures, smaller: Figures) -> Iterator[str]:
    """What takes more than `GROWTH` times as long as among fewer rows, the worst first; and how many do not."""
    pairs = [
        (one.p50 / less.p50, who, name)
        for who, found in figures.items()
        for name, one in found.items()
        if (less := smaller.get(who, {}).get(name)) and less.p50
    ]
    grown = sorted((pair for pair in pairs if pair[0] > GROWTH), reverse=True)
    passed = f"FAIL {len(grown)} of {len(pairs)}" if grown else f"pass {len(pairs)}"
    yield f"{passed:16} growth of the median       <= {GROWTH} times"
    yield from (f"{'':16} {times:5.1f} times: {name}, {who}" for times, who, name in grown)
