from django.urls import path

from pheu.setup import views

urlpatterns = [
    path("system/jobs/", views.jobs, name="jobs"),
    path("system/jobs/count/", views.jobs_count, name="jobs-count"),
    path("system/jobs/<id:pk>/run/", views.job_run, name="job-run"),
    path("system/jobs/<id:pk>/drop/", views.job_drop, name="job-drop"),
]
