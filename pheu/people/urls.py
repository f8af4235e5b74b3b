from django.urls import path

from pheu.people import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/own/", views.account_own, name="account-own"),
    path("account/sessions/others/", views.sessions_end, name="account-sessions-end"),
    path("account/sessions/<id:pk>/", views.session_end, name="account-session-end"),
]
