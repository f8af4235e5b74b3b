"""How far an act on everything that a list had is; stopping it, and taking it back."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from pheu.core.ids import read_id
from pheu.people.requests import Request
from pheu.records import kinds
from pheu.records.many import ACTS
from pheu.timeline import batches, jobs
from pheu.timeline.models import Batch


def _context(request: Request, pk: int) -> dict[str, object]:
    """Of those that the person began: nobody else is shown what they do."""
    batch = get_object_or_404(Batch, pk=pk, by=request.user)
    asked = read_id(request.GET.get("asked", "")) or 0
    return {"batch": batch, "act": ACTS[batch.act], "kind": kinds.get(batch.kind), "asked": min(asked + 1, 1000)}


@require_safe
def batch_page(request: Request, pk: int) -> HttpResponse:
    return render(request, "timeline/batch.html", _context(request, pk))


@require_safe
def batch_progress(request: Request, pk: int) -> HttpResponse:
    """What its page asks for again while it goes on."""
    return render(request, "timeline/_batch.html", _context(request, pk))


@require_safe
def batch_line(request: Request, pk: int) -> HttpResponse:
    """The line above other pages (js/works.js)."""
    return render(request, "timeline/_batch_line.html", _context(request, pk))


@require_POST
def batch_stop(request: Request, pk: int) -> HttpResponse:
    batches.stop(get_object_or_404(Batch, pk=pk, by=request.user), by=request.user)
    return redirect("batch", pk=pk)


@require_POST
def batch_undo(request: Request, pk: int) -> HttpResponse:
    jobs.take_batch_back(get_object_or_404(Batch, pk=pk, by=request.user), by=request.user)
    return redirect("batch", pk=pk)
