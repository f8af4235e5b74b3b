from django.urls import path

from pheu.reports import views

urlpatterns = [path("reports/", views.reports, name="reports")]
