from django.urls import path

from pheu.timeline import batch_views, bin_views, history_views, views

urlpatterns = [
    path("r/<id:pk>/timeline/", views.timeline_page, name="timeline"),
    path("r/<id:pk>/history/", history_views.field_history, name="field-history"),
    path("r/<id:pk>/past/", history_views.record_past, name="record-past"),
    path("r/<id:pk>/colleagues/", views.colleagues, name="colleagues"),
    path("r/<id:pk>/notes/", views.note_add, name="note-add"),
    path("notes/<id:pk>/", views.note_change, name="note-change"),
    path("notes/<id:pk>/withdrawal/", views.note_withdrawal, name="note-withdrawal"),
    path("r/<id:pk>/files/", views.file_add, name="file-add"),
    path("r/<id:pk>/following/", views.following, name="following"),
    path("access/", views.access, name="access"),
    path("undo/", views.undoables, name="undoables"),
    path("operations/<id:pk>/undo/", views.operation_undo, name="operation-undo"),
    path("operations/<id:pk>/redo/", views.operation_redo, name="operation-redo"),
    path("events/<id:pk>/former/", views.event_former, name="event-former"),
    path("batches/<id:pk>/", batch_views.batch_page, name="batch"),
    path("batches/<id:pk>/progress/", batch_views.batch_progress, name="batch-progress"),
    path("batches/<id:pk>/line/", batch_views.batch_line, name="batch-line"),
    path("batches/<id:pk>/stop/", batch_views.batch_stop, name="batch-stop"),
    path("batches/<id:pk>/undo/", batch_views.batch_undo, name="batch-undo"),
    path("bin/", bin_views.recycle_bin, name="bin"),
    path("bin/restoring/", bin_views.restoring, name="bin-restoring"),
    path("bin/destruction/", bin_views.destruction, name="bin-destruction"),
    path("files/<id:pk>/", views.file_get, name="file"),
    path("files/<id:pk>/preview/", views.file_preview, name="file-preview"),
    path("files/<id:pk>/name/", views.file_change, name="file-change"),
    path("files/<id:pk>/withdrawal/", views.file_withdrawal, name="file-withdrawal"),
]
