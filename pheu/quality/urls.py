from django.urls import path

from pheu.quality import alike_views, merge_views, sweep_views, views
from pheu.records.kinds import every

urlpatterns = [
    *(path(f"{one.path}/export/", views.export_new, {"kind": one.code}, name=f"{one.code}-export") for one in every()),
    path("r/<id:pk>/alike/", alike_views.alike, name="alike"),
    path("r/<id:pk>/apart/", alike_views.apart, name="apart"),
    path("duplicates/", sweep_views.duplicates, name="duplicates"),
    path("duplicates/sweep/", sweep_views.sweep, name="duplicates-sweep"),
    path("duplicates/apart/", sweep_views.duplicates_apart, name="duplicates-apart"),
    path("merging/", merge_views.merging, name="merging"),
    path("imports/", views.import_list, name="import-list"),
    path("imports/new/", views.import_new, name="import-new"),
    path("imports/<id:pk>/", views.import_page, name="import-page"),
    path("imports/<id:pk>/columns/", views.import_map, name="import-map"),
    path("imports/<id:pk>/sheet/", views.import_sheet, name="import-sheet"),
    path("imports/<id:pk>/check/", views.import_check, name="import-check"),
    path("imports/lines/<id:pk>/", views.import_line, name="import-line"),
    path("imports/<id:pk>/run/", views.import_run, name="import-run"),
    path("imports/<id:pk>/stop/", views.import_stop, name="import-stop"),
    path("imports/<id:pk>/undo/", views.import_undo, name="import-undo"),
    path("imports/<id:pk>/redo/", views.import_redo, name="import-redo"),
    path("imports/<id:pk>/progress/", views.import_progress, name="import-progress"),
    path("imports/<id:pk>/work/", views.import_work, name="import-work"),
    path("imports/<id:pk>/rejected/", views.import_rejected, name="import-rejected"),
]
