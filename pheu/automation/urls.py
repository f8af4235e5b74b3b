from django.urls import path

from pheu.automation import views
from pheu.automation.queries import kinds_to_call, kinds_with_rules

urlpatterns = [
    *(
        path(f"{kind.path}/by-rules/", views.by_rules, {"kind": kind.code}, name=f"{kind.code}-by-rules")
        for kind in kinds_with_rules()
    ),
    *(
        path(f"{kind.path}/calling/", views.calling, {"kind": kind.code}, name=f"{kind.code}-calling")
        for kind in kinds_to_call()
    ),
]
