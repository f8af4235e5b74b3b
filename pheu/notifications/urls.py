from django.urls import path

from pheu.notifications import views

urlpatterns = [
    path("r/<id:pk>/readers/", views.readers, name="record-readers"),
    path("r/<id:pk>/news/", views.news, name="record-news"),
    path("live", views.live, name="live"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/panel/", views.panel, name="notifications-panel"),
    path("notifications/choices/", views.choices, name="notifications-choices"),
    path("notifications/device/", views.device, name="push-device"),
    path("notifications/device/forget/", views.device_forget, name="push-device-forget"),
    path("app.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.push_worker, name="push-worker"),
    path("notifications/count/", views.count, name="notifications-count"),
    path("notifications/reading/", views.reading, name="notifications-reading"),
    path("notifications/<id:pk>/", views.opening, name="notification-opening"),
]
