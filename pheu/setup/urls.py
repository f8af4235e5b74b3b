from typing import Any

from django.urls import URLPattern, path

from pheu.setup import field_views, pipeline_views, profile_views, views


def _of(code: str, *more: str, page: Any = None) -> list[URLPattern]:
    """The addresses of a page of its own, drawn by the view `page`; the lists of apps share those below."""
    given, at = {"code": code}, f"setup/{code}/"
    ways = {"switch": views.item_switch, "removal": views.item_remove}
    return [
        path(at, page or views.company_list, {} if page else given, name=f"setup-{code}-page"),
        path(f"{at}new/", views.item_new, given, name=f"setup-{code}-new"),
        path(f"{at}<id:pk>/", views.item_change, given, name=f"setup-{code}-change"),
        *(path(f"{at}<id:pk>/{one}/", ways[one], given, name=f"setup-{code}-{one}") for one in more),
    ]


urlpatterns = [
    path("setup/", views.setup, name="setup"),
    path("setup/log/", views.setup_log, name="setup-log"),
    path("setup/fields/", field_views.fields, name="setup-fields"),
    path("setup/fields/new/", field_views.field_new, name="setup-field-new"),
    path("setup/fields/<id:pk>/", field_views.field_change, name="setup-field"),
    path("setup/fields/<id:pk>/switch/", field_views.field_switch, name="setup-field-switch"),
    path("setup/fields/<id:pk>/move/", field_views.field_move, name="setup-field-move"),
    path("setup/layout/<slug:kind>/", field_views.layout, name="setup-layout"),
    path("setup/layout/<slug:kind>/order/", field_views.groups_order, name="setup-groups-order"),
    path("setup/layout/<slug:kind>/new/", field_views.group_new, name="setup-group-new"),
    path("setup/layout/<slug:kind>/<slug:group>/order/", field_views.fields_order, name="setup-fields-order"),
    path("setup/groups/<id:pk>/", field_views.group_change, name="setup-group"),
    path("setup/groups/<id:pk>/drop/", field_views.group_drop, name="setup-group-drop"),
    path("setup/company/", profile_views.company, name="setup-company-page"),
    path("setup/company/logo/", profile_views.logo_change, name="setup-company-logo"),
    path("company/logo/<slug:name>/", profile_views.logo, name="company-logo"),
    path("setup/holidays/<id:year>/public/", profile_views.holidays_propose, name="setup-holidays-propose"),
    *_of("holidays", "removal", page=profile_views.holidays),
    *_of("people"),
    path("setup/people/<id:pk>/invitation/", views.person_invitation, name="setup-people-invitation"),
    path("setup/people/<id:pk>/leaving/", views.person_leaving, name="setup-people-leaving"),
    path("setup/people/<id:pk>/second-step/", views.person_second_step, name="setup-people-second-step"),
    path("setup/people/<id:pk>/return/", views.person_return, name="setup-people-return"),
    path("account/picture/", profile_views.picture_change, name="account-picture"),
    path("people/picture/<slug:name>/", profile_views.picture, name="person-picture"),
    path("people/<id:pk>/time-off/", views.time_off, name="time-off"),
    path("people/time-off/<id:pk>/removal/", views.time_off_remove, name="time-off-removal"),
    *_of("teams", "switch"),
    *_of("departments", "switch"),
    *_of("branches", "switch"),
    *_of("roles", "removal"),
    path("setup/roles/lists/<slug:kind>/<id:pk>/", views.role_list, name="setup-role-list"),
    path("setup/roles/order/", views.list_order, {"code": "roles"}, name="setup-roles-order"),
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
    path("setup/stages/<id:pk>/leaving/", pipeline_views.stage_leaving, name="stage-leaving"),
    path("setup/stages/<id:pk>/removal/", pipeline_views.stage_removal, name="stage-removal"),
    path("setup/<slug:code>/", views.company_list, name="company-list-page"),
    path("setup/<slug:code>/new/", views.item_new, name="list-item-new"),
    path("setup/<slug:code>/order/", views.list_order, name="list-order"),
    path("setup/<slug:code>/<id:pk>/", views.item_change, name="list-item-change"),
    path("setup/<slug:code>/<id:pk>/switch/", views.item_switch, name="list-item-switch"),
    path("system/jobs/", views.parked, name="jobs"),
    path("system/jobs/count/", views.jobs_count, name="jobs-count"),
    path("system/jobs/<id:pk>/run/", views.job_run, name="job-run"),
    path("system/jobs/<id:pk>/drop/", views.job_drop, name="job-drop"),
]
