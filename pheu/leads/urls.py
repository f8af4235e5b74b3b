from django.urls import include, path

from pheu.leads import views
from pheu.records.urls import record_urls

urlpatterns = [
    path("leads/", include(record_urls("lead", board=True))),
    path("leads/assignment/", views.record_assign, {"kind": "lead"}, name="lead-assign"),
    path("prospects/assignment/", views.record_assign, {"kind": "prospect"}, name="prospect-assign"),
    path("prospects/conversion/", views.prospect_conversion, name="prospect-conversion"),
    path("leads/<id:pk>/closing/", views.lead_closing, name="lead-closing"),
    path("leads/<id:pk>/reopening/", views.lead_reopening, name="lead-reopening"),
]
