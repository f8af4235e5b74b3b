from django.urls import path

from pheu.timeline import views

urlpatterns = [
    path("r/<id:pk>/timeline/", views.timeline_page, name="timeline"),
    path("r/<id:pk>/notes/", views.note_add, name="note-add"),
    path("r/<id:pk>/files/", views.file_add, name="file-add"),
    path("r/<id:pk>/following/", views.following, name="following"),
    path("operations/<id:pk>/undo/", views.operation_undo, name="operation-undo"),
    path("files/<id:pk>/", views.file_get, name="file"),
]
