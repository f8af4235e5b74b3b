from django.urls import path

from pheu.timeline import views

urlpatterns = [
    path("r/<id:pk>/timeline/", views.timeline_page, name="timeline"),
    path("r/<id:pk>/colleagues/", views.colleagues, name="colleagues"),
    path("r/<id:pk>/notes/", views.note_add, name="note-add"),
    path("notes/<id:pk>/", views.note_change, name="note-change"),
    path("notes/<id:pk>/withdrawal/", views.note_withdrawal, name="note-withdrawal"),
    path("r/<id:pk>/files/", views.file_add, name="file-add"),
    path("r/<id:pk>/following/", views.following, name="following"),
    path("operations/<id:pk>/undo/", views.operation_undo, name="operation-undo"),
    path("files/<id:pk>/", views.file_get, name="file"),
    path("files/<id:pk>/preview/", views.file_preview, name="file-preview"),
    path("files/<id:pk>/name/", views.file_change, name="file-change"),
    path("files/<id:pk>/withdrawal/", views.file_withdrawal, name="file-withdrawal"),
]
