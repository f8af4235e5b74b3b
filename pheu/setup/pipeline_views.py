"""«Cấu hình → Tiến trình»: the pipelines of every kind that walks one, and the stages of each."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pheu.core.errors import DomainError, Invalid, say, say_beside
from pheu.core.ids import read_ids
from pheu.people.requests import Request
from pheu.people.scopes import CHANGE, VIEW
from pheu.records import kinds
from pheu.records.act_views import changed_here
from pheu.records.forms import stages_elsewhere
from pheu.records.kinds import Kind
from pheu.records.models import Pipeline, Stage
from pheu.setup import jobs, lists, pipelines
from pheu.setup.pipeline_forms import LeavingForm, NewPipelineForm, PipelineNameForm, StageForm
from pheu.setup.queries import gone_from, records_by_stage, steps_of

# Very many records move in the background, and what was asked comes true after the last of them.
LATER = gettext_lazy("The records of “%(name)s” are on their way; once they are there, it is done.")


def _must_look_after_it(request: Request, *, change: bool = False) -> None:
    if not request.user.may("system", VIEW):
        raise Http404
    if change:
        request.user.must("system", CHANGE)


@require_safe
def pipeline_list(request: Request) -> HttpResponse:
    """The pipelines of each kind, with their stages and how many records stand in them."""
    _must_look_after_it(request)
    counts, found = records_by_stage(), Pipeline.objects.order_by("-is_active", "position", "pk")
    every = list(found.prefetch_related("stages"))
    groups = [(kind, [one for one in every if one.kind == kind.code]) for kind in kinds.every() if kind.has_stages]
    for pipeline in every:
        vars(pipeline)["records"] = sum(counts.get(stage.pk, 0) for stage in pipeline.stages.all())
    return render(request, "setup/pipelines.html", _framed(request) | {"groups": groups})


@require_safe
def pipeline_page(request: Request, pk: int) -> HttpResponse:
    """One pipeline: its stages in their order."""
    pipeline = _pipeline(request, pk)
    counts, stages = records_by_stage(), list(pipeline.stages.all())
    for stage in stages:
        vars(stage)["records"] = counts.get(stage.pk, 0)
        if stage.is_leaving:
            vars(stage)["gone"] = gone_from(stage)
    context = {"pipeline": pipeline, "kind": kinds.get(pipeline.kind), "stages": stages}
    return render(request, "setup/pipeline.html", _framed(request) | context)


@require_safe
def pipeline_map(request: Request, pk: int) -> HttpResponse:
    """«Lưu đồ»: the configured process as a diagram, with how many stand where and how long they stay (R4.60)."""
    pipeline = _pipeline(request, pk)
    steps, ends = steps_of(pipeline)
    context = {"pipeline": pipeline, "kind": kinds.get(pipeline.kind), "steps": steps, "ends": ends}
    return render(request, "setup/map.html", _framed(request) | context)


def _framed(request: Request) -> dict[str, Any]:
    return {"pages": lists.every(), "page": "pipelines", "may_change": request.user.may("system", CHANGE)}


def _pipeline(request: Request, pk: int, *, change: bool = False) -> Pipeline:
    _must_look_after_it(request, change=change)
    return get_object_or_404(Pipeline, pk=pk)


def _stage(request: Request, pk: int) -> Stage:
    _must_look_after_it(request, change=True)
    return get_object_or_404(Stage.objects.select_related("pipeline"), pk=pk)


def _saved(request: Request, pipeline: Pipeline, words: str) -> HttpResponse:
    """The page of the pipeline draws its stages anew."""
    return changed_here(request, reverse("pipeline-page", args=[pipeline.pk]), words, news=["list-changed"])


def _tried(form: Any, act: Callable[[], Any]) -> Any:
    """What the act gives; None where it refuses values, in words beside their fields."""
    try:
        return act()
    except Invalid as error:
        say_beside(form, error)
        return None


def _answer(request: Request, template: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context, status=422 if request.method == "POST" else 200)


# Pipelines --------------------------------------------------------------------------------------------------------


def pipeline_new(request: Request, kind: str) -> HttpResponse:
    chosen = _kind(request, kind)
    form = NewPipelineForm(request.POST if request.method == "POST" else None, kind=chosen)
    if form.is_bound and form.is_valid():
        name, stages = form.cleaned_data["name"], form.stages
        made = _tried(form, lambda: pipelines.add_pipeline(chosen, name=name, stages=stages, by=request.user))
        if made is not None:
            words = _("“%(name)s” was saved.") % {"name": made.name}
            return changed_here(request, reverse("pipeline-list"), words, news=["list-changed"])
    return _answer(request, "setup/pipeline_new.html", {"kind": chosen, "form": form})


def _kind(request: Request, code: str) -> Kind:
    _must_look_after_it(request, change=True)
    found = next((kind for kind in kinds.every() if kind.code == code and kind.has_stages), None)
    if found is None:
        raise Http404
    return found


def pipeline_name(request: Request, pk: int) -> HttpResponse:
    pipeline = _pipeline(request, pk, change=True)
    form = PipelineNameForm(request.POST if request.method == "POST" else None, initial={"name": pipeline.name})
    if form.is_bound and form.is_valid():
        changes = form.changes()
        if _tried(form, lambda: pipelines.change_pipeline(pipeline, changes, by=request.user)):
            return _saved(request, pipeline, _("“%(name)s” was saved.") % {"name": form.cleaned_data["name"]})
    return _answer(request, "setup/pipeline_name.html", {"pipeline": pipeline, "form": form})


@require_POST
def pipeline_default(request: Request, pk: int) -> HttpResponse:
    """New records begin in this one from now on."""
    pipeline = _pipeline(request, pk, change=True)
    pipelines.change_pipeline(pipeline, {"is_default": (False, True)}, by=request.user)
    return _saved(request, pipeline, _("New records begin in “%(name)s”.") % {"name": pipeline.name})


def pipeline_retiring(request: Request, pk: int) -> HttpResponse:
    """Using it no more: open records go where the admin says."""
    pipeline = _pipeline(request, pk, change=True)
    n = kinds.get(pipeline.kind).model.objects.live().filter(stage__pipeline=pipeline, closed_at=None).count()
    places = list(stages_elsewhere(pipeline))
    form = LeavingForm(request.POST if request.method == "POST" else None, places=places, named=True)
    if request.method == "POST" and (form.is_valid() or not n):
        to = form.cleaned_data.get("to") if n else None
        moved = jobs.retire_pipeline(pipeline, to=to, by=request.user)
        if moved is None:
            return _saved(request, pipeline, LATER % {"name": pipeline})
        return _saved(request, pipeline, _said(_("“%(name)s” is offered no more.") % {"name": pipeline}, moved))
    context = {"pipeline": pipeline, "form": form, "n": n, "places": places}
    return _answer(request, "setup/pipeline_retiring.html", context)


@require_POST
def pipeline_resuming(request: Request, pk: int) -> HttpResponse:
    pipeline = pipelines.resume_pipeline(_pipeline(request, pk, change=True), by=request.user)
    return _saved(request, pipeline, _("“%(name)s” is offered again.") % {"name": pipeline.name})


@require_POST
def pipeline_deletion(request: Request, pk: int) -> HttpResponse:
    pipeline = _pipeline(request, pk, change=True)
    pipelines.delete_pipeline(pipeline, by=request.user)
    return redirect("pipeline-list")


# Stages -----------------------------------------------------------------------------------------------------------


def stage_new(request: Request, pk: int) -> HttpResponse:
    pipeline = _pipeline(request, pk, change=True)
    form = StageForm(request.POST if request.method == "POST" else None, kind=kinds.get(pipeline.kind))
    if form.is_bound and form.is_valid():
        made = _tried(form, lambda: pipelines.add_stage(pipeline, form.cleaned_data, by=request.user))
        if made is not None:
            return _saved(request, pipeline, _("“%(name)s” was saved.") % {"name": made.name})
    return _answer(request, "setup/stage.html", {"pipeline": pipeline, "form": form, "stage": None})


def stage_change(request: Request, pk: int) -> HttpResponse:
    """One stage; where another category would be wrong for its records the form asks where they go."""
    stage = _stage(request, pk)
    kind, sent = kinds.get(stage.pipeline.kind), request.POST if request.method == "POST" else None
    form, n = StageForm(sent, kind=kind, stage=stage), 0
    if sent is not None and pipelines.is_another_sort(stage.category, sent.get("category", "")):
        n = kind.model.objects.filter(stage=stage).count()
        if n:
            form.ask_where(stage, pipelines.places_for(stage, list(stage.pipeline.stages.all())))
    if form.is_bound and form.is_valid():
        changes, to = form.changes(), form.cleaned_data.get("to")
        done = _tried(form, lambda: jobs.change_stage(stage, changes, to=to, by=request.user))
        if done is not None:
            words = _("“%(name)s” was saved.") if done else LATER
            return _saved(request, stage.pipeline, words % {"name": form.cleaned_data["name"]})
    return _answer(request, "setup/stage.html", {"pipeline": stage.pipeline, "form": form, "stage": stage, "n": n})


def stage_removal(request: Request, pk: int) -> HttpResponse:
    """Taking a stage out: where its records go."""
    stage = _stage(request, pk)
    n = kinds.get(stage.pipeline.kind).model.objects.filter(stage=stage).count()
    places = pipelines.places_for(stage, list(stage.pipeline.stages.all()))
    form = LeavingForm(request.POST if request.method == "POST" else None, places=places)
    if request.method == "POST" and (form.is_valid() or not n):
        moved = jobs.remove_stage(stage, to=form.cleaned_data.get("to") if n else None, by=request.user)
        if Stage.objects.filter(pk=stage.pk).exists():
            return _saved(request, stage.pipeline, _("The records of “%(name)s” are on their way.") % {"name": stage})
        return _saved(request, stage.pipeline, _said(_("“%(name)s” was taken out.") % {"name": stage}, moved))
    context = {"stage": stage, "pipeline": stage.pipeline, "form": form, "n": n, "places": places}
    return _answer(request, "setup/stage_removal.html", context)


@require_safe
def stage_leaving(request: Request, pk: int) -> HttpResponse:
    """How far the records of a stage are that is taken out; the page draws its stages anew once it is gone."""
    _must_look_after_it(request)
    stage = Stage.objects.select_related("pipeline", "empties_into").exclude(empties_into=None).filter(pk=pk).first()
    if stage is None:
        return trigger_client_event(HttpResponse(), "list-changed")
    vars(stage)["gone"] = gone_from(stage)
    return render(request, "setup/_leaving.html", {"stage": stage})


@require_POST
def stage_order(request: Request, pk: int) -> HttpResponse:
    """What is refused is said, and the page draws the order that stands."""
    pipeline = _pipeline(request, pk, change=True)
    try:
        pipelines.order_stages(pipeline, read_ids(request.POST.getlist("ids")), by=request.user)
    except DomainError as error:
        return trigger_client_event(say(request, error), "list-changed")
    return changed_here(request, reverse("pipeline-page", args=[pk]), _("The order was saved."), news=())


def _said(words: str, moved: int) -> str:
    also = ngettext("%(n)d record was moved.", "%(n)d records were moved.", moved) % {"n": moved}
    return f"{words} {also}" if moved else words
