from django.urls import path

from pheu.setup import views

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("setup/log/", views.setup_log, name="setup-log"),
    path("setup/<slug:code>/", views.company_list, name="company-list-page"),
    path("setup/<slug:code>/new/", views.item_new, name="list-item-new"),
    path("setup/<slug:code>/order/", views.list_order, name="list-order"),
    path("setup/<slug:code>/<id:pk>/", views.item_change, name="list-item-change"),
    path("setup/<slug:code>/<id:pk>/switch/", views.item_switch, name="list-item-switch"),
    path("system/jobs/", views.jobs, name="jobs"),
    path("system/jobs/count/", views.jobs_count, name="jobs-count"),
    path("system/jobs/<id:pk>/run/", views.job_run, name="job-run"),
    path("system/jobs/<id:pk>/drop/", views.job_drop, name="job-drop"),
]
