"""The addresses of every registered kind; a domain app adds only its own acts."""

from django.urls import URLPattern, include, path

from pheu.records import act_views, board_pages, cell_pages, condition_pages, kinds, place_pages, view_pages, views
from pheu.records.kinds import Kind


def record_urls(kind: Kind) -> list[URLPattern]:
    """List, new, picker, counts, page, save, hand-out, taking; board, stage and ends of a kind with stages."""
    here = {"kind": kind.code}
    pages = [
        path("", views.record_list, here, name=f"{kind.code}-list"),
        path("new/", views.record_new, here, name=f"{kind.code}-new"),
        path("pick/", views.record_pick, here, name=f"{kind.code}-pick"),
        path("same/", views.record_same, here, name=f"{kind.code}-same"),
        path("place/", place_pages.record_place, here, name=f"{kind.code}-place"),
        path("filters/", views.record_filters, here, name=f"{kind.code}-filters"),
        path("ids/", views.record_ids, here, name=f"{kind.code}-ids"),
        path("rows/", views.record_rows, here, name=f"{kind.code}-rows"),
        path("counts/", views.record_counts, here, name=f"{kind.code}-counts"),
        path("assignment/", act_views.record_assign, here, name=f"{kind.code}-assign"),
        path("sharing/", act_views.record_sharing, here, name=f"{kind.code}-sharing"),
        path("editing/", act_views.record_editing, here, name=f"{kind.code}-editing"),
        path("following/", act_views.record_following, here, name=f"{kind.code}-following"),
        path("archiving/", act_views.record_archiving, here, name=f"{kind.code}-archiving"),
        path("views/", view_pages.record_views, here, name=f"{kind.code}-views"),
        path("conditions/", condition_pages.record_conditions, here, name=f"{kind.code}-conditions"),
        path("conditions/line/", condition_pages.condition_line, here, name=f"{kind.code}-condition"),
        path("conditions/group/", condition_pages.condition_group, here, name=f"{kind.code}-condition-group"),
        path("columns/", view_pages.record_columns, here, name=f"{kind.code}-columns"),
        path("views/new/", view_pages.view_new, here, name=f"{kind.code}-view-new"),
        path("<id:pk>/", views.record_page, here, name=f"{kind.code}-page"),
        path("<id:pk>/next/", views.record_beside, {**here, "before": False}, name=f"{kind.code}-next"),
        path("<id:pk>/previous/", views.record_beside, {**here, "before": True}, name=f"{kind.code}-previous"),
        path("cells/<slug:field>/<id:pk>/", cell_pages.record_cell, here, name=f"{kind.code}-cell"),
        path("<id:pk>/taking/", act_views.record_taking, here, name=f"{kind.code}-taking"),
        path("<id:pk>/fields/", views.record_save, here, name=f"{kind.code}-save"),
    ]
    if kind.has_stages:
        pages += [
            path("stages/", act_views.record_stages, here, name=f"{kind.code}-stages"),
            path("board/", views.record_board, here, name=f"{kind.code}-board"),
            path("<id:pk>/column/", board_pages.record_column, here, name=f"{kind.code}-column"),
            path("<id:pk>/stage/", views.record_stage, here, name=f"{kind.code}-stage"),
            path("<id:pk>/closing/", act_views.record_closing, here, name=f"{kind.code}-closing"),
            path("<id:pk>/entry/", act_views.record_entry, here, name=f"{kind.code}-entry"),
            path("<id:pk>/reopening/", act_views.record_reopening, here, name=f"{kind.code}-reopening"),
            path("<id:pk>/pipeline/", act_views.record_pipeline, here, name=f"{kind.code}-pipeline"),
        ]
    return pages


urlpatterns = [
    path("r/<id:pk>/", views.open_record, name="record"),
    path("search/", views.search, name="search"),
    path("wards/", place_pages.wards, name="wards"),
    path("views/<id:pk>/", view_pages.view_change, name="view-change"),
    path("views/<id:pk>/update/", view_pages.view_update, name="view-update"),
    path("views/<id:pk>/removal/", view_pages.view_removal, name="view-removal"),
    *(path(f"{kind.path}/", include(record_urls(kind))) for kind in kinds.every()),
]
