from django.urls import path

from pheu.timeline import views

urlpatterns = [
    path("r/<int:pk>/timeline/", views.timeline_page, name="timeline"),
    path("r/<int:pk>/notes/", views.note_add, name="note-add"),
    path("r/<int:pk>/files/", views.file_add, name="file-add"),
    path("r/<int:pk>/following/", views.following, name="following"),
    path("operations/<int:pk>/undo/", views.operation_undo, name="operation-undo"),
    path("files/<int:pk>/", views.file_get, name="file"),
]
