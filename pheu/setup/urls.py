from django.urls import path

from pheu.setup import pipeline_views, views

urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("setup/log/", views.setup_log, name="setup-log"),
    path("setup/pipelines/", pipeline_views.pipeline_list, name="pipeline-list"),
    path("setup/pipelines/new/<slug:kind>/", pipeline_views.pipeline_new, name="pipeline-new"),
    path("setup/pipelines/<id:pk>/", pipeline_views.pipeline_page, name="pipeline-page"),
    path("setup/pipelines/<id:pk>/map/", pipeline_views.pipeline_map, name="pipeline-map"),
    path("setup/pipelines/<id:pk>/name/", pipeline_views.pipeline_name, name="pipeline-name"),
    path("setup/pipelines/<id:pk>/default/", pipeline_views.pipeline_default, name="pipeline-default"),
    path("setup/pipelines/<id:pk>/retiring/", pipeline_views.pipeline_retiring, name="pipeline-retiring"),
    path("setup/pipelines/<id:pk>/resuming/", pipeline_views.pipeline_resuming, name="pipeline-resuming"),
    path("setup/pipelines/<id:pk>/deletion/", pipeline_views.pipeline_deletion, name="pipeline-deletion"),
    path("setup/pipelines/<id:pk>/order/", pipeline_views.stage_order, name="stage-order"),
    path("setup/pipelines/<id:pk>/stages/new/", pipeline_views.stage_new, name="stage-new"),
    path("setup/stages/<id:pk>/", pipeline_views.stage_change, name="stage-change"),
    path("setup/stages/<id:pk>/removal/", pipeline_views.stage_removal, name="stage-removal"),
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
