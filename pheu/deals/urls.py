from django.urls import include, path

from pheu.deals import views
from pheu.leads.views import record_assign
from pheu.records.urls import record_urls

urlpatterns = [
    path("deals/", include(record_urls("deal", board=True))),
    path("deals/assignment/", record_assign, {"kind": "deal"}, name="deal-assign"),
    path("deals/conversions/", views.conversion_counts_page, name="conversion-counts"),
    path("deals/<id:pk>/closing/", views.deal_closing, name="deal-closing"),
    path("deals/<id:pk>/reopening/", views.deal_reopening, name="deal-reopening"),
    path("leads/<id:pk>/conversion/", views.lead_conversion, name="lead-conversion"),
    path("leads/<id:pk>/conversion/undo/", views.lead_conversion_undo, name="lead-conversion-undo"),
]
