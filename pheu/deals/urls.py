from django.urls import path

from pheu.deals import views

urlpatterns = [
    path("deals/conversions/", views.conversion_counts_page, name="conversion-counts"),
    path("leads/<id:pk>/conversion/", views.lead_conversion, name="lead-conversion"),
    path("leads/<id:pk>/conversion/undo/", views.lead_conversion_undo, name="lead-conversion-undo"),
    path("leads/<id:pk>/conversion/redo/", views.lead_conversion_redo, name="lead-conversion-redo"),
]
