from django.urls import path

from pheu.messaging import consent_views, views

urlpatterns = [
    path("r/<id:pk>/mail/", views.message_new, name="message-new"),
    path("r/<id:pk>/mail/draft/", views.message_draft, name="message-draft"),
    path("r/<id:pk>/consent/", consent_views.consent, name="consent"),
    path("r/<id:pk>/withdrawal/", consent_views.withdrawal, name="withdrawal"),
    path("unsubscribe/<str:token>/", consent_views.unsubscribe, name="unsubscribe"),
    path("mail/first/<slug:moment>/<id:pk>/", views.first_again, name="message-first"),
    path("mail/", views.inbox, name="inbox"),
    path("mail/count/", views.inbox_count, name="inbox-count"),
    path("mail/look/", views.inbox_look, name="inbox-look"),
    path("mail/people/", views.people, name="message-people"),
    path("mail/mailbox/", views.mailbox, name="mailbox"),
    path("mail/mailbox/check/", views.mailbox_check, name="mailbox-check"),
    path("mail/mailbox/proposal/", views.mailbox_proposal, name="mailbox-proposal"),
    path("mail/mailbox/off/", views.mailbox_off, name="mailbox-off"),
    path("mail/<id:pk>/", views.message, name="message"),
    path("mail/<id:pk>/privacy/", views.message_privacy, name="message-privacy"),
    path("mail/<id:pk>/body/", views.message_body, name="message-body"),
    path("mail/<id:pk>/answer/", views.message_answer, name="message-answer"),
    path("mail/<id:pk>/back/", views.message_back, name="message-back"),
    path("mail/<id:pk>/unsent/", views.message_unsent, name="message-unsent"),
    path("mail/<id:pk>/again/", views.message_again, name="message-again"),
    path("mail/<id:pk>/edit/", views.message_edit, name="message-edit"),
    path("mail/<id:pk>/drop/", views.message_drop, name="message-drop"),
    path("mail/<id:pk>/place/", views.message_place, name="message-place"),
    path("mail/<id:pk>/lead/", views.message_lead, name="message-lead"),
    path("mail/<id:pk>/aside/", views.message_aside, name="message-aside"),
    path("mail/files/<id:pk>/", views.enclosure, name="enclosure"),
]
