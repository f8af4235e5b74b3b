from django.urls import path

from pheu.reports import views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/xlsx/", views.report_file, name="report-file"),
    path("reports/svg/", views.report_picture, name="report-picture"),
    path("reports/stays/", views.report_stays, name="report-stays"),
    path("reports/work/", views.report_work, name="report-work"),
]
