from django.urls import path

from pheu.activities import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/count/", views.calendar_count, name="calendar-count"),
    path("r/<int:pk>/activities/new/", views.activity_new, name="activity-new"),
    path("r/<int:pk>/activities/log/", views.activity_log, name="activity-log"),
    path("activities/<int:pk>/result/", views.activity_done, name="activity-done"),
    path("activities/<int:pk>/time/", views.activity_move, name="activity-move"),
    path("activities/<int:pk>/calling-off/", views.activity_off, name="activity-off"),
    path("activities/<int:pk>/resuming/", views.activity_resume, name="activity-resume"),
]
