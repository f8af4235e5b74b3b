from django.urls import path

from pheu.activities import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/count/", views.calendar_count, name="calendar-count"),
    path("calendar/feed/<slug:secret>.ics", views.calendar_feed, name="calendar-feed"),
    path("account/calendar/", views.calendar_address, name="calendar-address"),
    path("activities/new/", views.activity_at, name="activity-at"),
    path("activities/busy/", views.activity_busy, name="activity-busy"),
    path("activities/records/", views.activity_records, name="activity-records"),
    path("reminders/", views.reminders, name="reminders"),
    path("reminders/<id:pk>/seen/", views.reminder_seen, name="reminder-seen"),
    path("reminders/<id:pk>/snooze/", views.reminder_snooze, name="reminder-snooze"),
    path("activities/<id:pk>/", views.activity_page, name="activity"),
    path("r/<id:pk>/activities/new/", views.activity_new, name="activity-new"),
    path("r/<id:pk>/activities/plan/", views.activity_plan, name="activity-plan"),
    path("r/<id:pk>/activities/log/", views.activity_log, name="activity-log"),
    path("activities/<id:pk>/result/", views.activity_done, name="activity-done"),
    path("activities/<id:pk>/time/", views.activity_move, name="activity-move"),
    path("activities/<id:pk>/guests/", views.activity_guests, name="activity-guests"),
    path("activities/<id:pk>/record/", views.activity_link, name="activity-link"),
    path("activities/<id:pk>/answer/", views.activity_answer, name="activity-answer"),
    path("activities/<id:pk>/calling-off/", views.activity_off, name="activity-off"),
    path("activities/<id:pk>/ending/", views.activity_ending, name="activity-ending"),
    path("activities/<id:pk>/resuming/", views.activity_resume, name="activity-resume"),
]
