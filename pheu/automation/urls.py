from django.urls import path

from pheu.automation import views
from pheu.automation.queries import kinds_with_rules

urlpatterns = [
    path(f"{kind.path}/by-rules/", views.by_rules, {"kind": kind.code}, name=f"{kind.code}-by-rules")
    for kind in kinds_with_rules()
]
