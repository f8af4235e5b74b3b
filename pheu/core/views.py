"""The page of all components with their states, for whoever builds screens."""

import os
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path


class SampleForm(forms.Form):
    """One field of each sort; its words are samples, as everything on the page is."""

    name = forms.CharField(label="Tên công ty", help_text="Như trên giấy phép kinh doanh.")
    email = forms.EmailField(label="Email", required=False)
    amount = forms.CharField(label="Giá trị dự kiến", required=False, widget=forms.TextInput({"data-money": ""}))
    close_on = forms.DateField(label="Dự kiến chốt", required=False, widget=forms.DateInput())
    team = forms.ChoiceField(
        label="Đội bán hàng", required=False, choices=[("", "—"), ("1", "Miền Bắc"), ("2", "Miền Nam")]
    )
    owner = forms.ChoiceField(
        label="Người phụ trách",
        required=False,
        widget=forms.Select({"data-pick-url": "/ui/people/"}),
        choices=[("", "")],
    )
    tags = forms.MultipleChoiceField(
        label="Từ khóa",
        required=False,
        widget=forms.SelectMultiple({"data-pick": ""}),
        choices=[("1", "Năng lượng"), ("2", "Dự án nhà nước"), ("3", "Bảo trì")],
    )
    priority = forms.IntegerField(label="Độ ưu tiên", required=False, widget=forms.RadioSelect({"data-stars": ""}))
    customer = forms.ChoiceField(
        label="Khách hàng",
        widget=forms.RadioSelect,
        choices=[("new", "Tạo khách hàng mới"), ("known", "Liên kết khách hàng hiện có"), ("none", "Không liên kết")],
    )
    channels = forms.MultipleChoiceField(
        label="Kênh liên lạc",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("phone", "Điện thoại"), ("mail", "Email"), ("zalo", "Zalo")],
    )
    is_followed = forms.BooleanField(
        label="Báo cho tôi khi có thay đổi", required=False, widget=forms.CheckboxInput({"data-switch": ""})
    )
    notes = forms.CharField(label="Ghi chú", required=False, widget=forms.Textarea({"rows": 3}))
    file = forms.FileField(label="Tệp", required=False)


PEOPLE = [
    {"id": 1, "text": "Lê Hạnh", "sub": "Phòng chăm sóc khách hàng"},
    {"id": 2, "text": "Mai Trang", "sub": "Phòng dự án"},
    {"id": 3, "text": "Quốc Duy", "sub": "Phòng dự án"},
    {"id": 4, "text": "Trần Nam", "sub": "Phòng kinh doanh"},
]
STAGES = [
    SimpleNamespace(pk=at, name=name)
    for at, name in enumerate(("Tiếp cận", "Xác định nhu cầu", "Báo giá", "Đàm phán"), 1)
]


def kit(request: HttpRequest) -> HttpResponse:
    """`/ui/`: every component. `?case=dialog|toast|422|403|404|409` answers as an app would."""
    _only_while_building()
    case = request.GET.get("case", "")
    if case in CASES:
        return CASES[case](request)
    return render(request, "ui/kit.html", _sample_context())


def people(request: HttpRequest) -> JsonResponse:
    """What a combobox asks."""
    _only_while_building()
    asked = request.GET.get("q", "").lower()
    return JsonResponse([one for one in PEOPLE if asked in str(one["text"]).lower()], safe=False)


def _only_while_building() -> None:
    if not (settings.DEBUG or os.environ.get("PHEU_DEMO") == "1" or getattr(settings, "PHEU_DEMO", False)):
        raise Http404


def _sample_context() -> dict[str, Any]:
    bound = SampleForm({"name": "", "email": "an@", "amount": "1.980.000.000", "customer": "new", "priority": "2"})
    return {
        "form": SampleForm(initial={"customer": "new", "priority": 2, "amount": "1980000000"}, auto_id="id_%s"),
        "wrong": SampleForm(bound.data, auto_id="wrong_%s"),
        "people": [SimpleNamespace(pk=one["id"], name=one["text"]) for one in PEOPLE],
        "stages": STAGES,
        "shades": ["jade", "blue", "violet", "amber", "rose", "red", "slate"],
        "meter": [(3, "jade"), (2, "amber"), (1, "red")],
        "wizard": ["Chọn tệp", "Ghép cột", "Kiểm tra", "Nhập"],
        "tabs": [
            {"label": "Của tôi", "url": "?tab=1", "count": 12},
            {"label": "Phòng dự án", "url": "?tab=2", "count": 64, "current": True},
            {"label": "Tất cả", "url": "?tab=3", "count": "999+"},
        ],
        "looks": [
            {"label": "Danh sách", "url": "?look=list", "icon": "list"},
            {"label": "Bảng", "url": "?look=board", "icon": "layout-kanban", "current": True},
        ],
    }


def _dialog(request: HttpRequest) -> HttpResponse:
    form = SampleForm(request.POST if request.method == "POST" else None, auto_id="dialog_%s")
    if request.method == "POST" and form.is_valid():
        trigger = '{"dialog-close": true, "toast": {"text": "OK", "undo": "/ui/?case=toast"}}'
        return HttpResponse(status=204, headers={"HX-Trigger": trigger})
    return render(request, "ui/kit_dialog.html", {"form": form}, status=422 if form.is_bound else 200)


def _toast(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Trigger": '{"toast": {"text": "OK", "level": "info"}}'})


def _move(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=422)


def _error(status: int) -> Any:
    return lambda request: render(request, f"{status}.html", status=status)


CASES: dict[str, Any] = {
    "dialog": _dialog,
    "toast": _toast,
    "move": _move,
    "401": lambda _request: HttpResponse(status=401),
    **{str(status): _error(status) for status in (403, 404, 409, 500)},
}

urlpatterns = [path("", kit, name="ui_kit"), path("people/", people, name="ui_people")]
