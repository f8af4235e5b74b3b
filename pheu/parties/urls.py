from django.urls import include, path

from pheu.records.urls import record_urls

urlpatterns = [
    path("prospects/", include(record_urls("prospect"))),
    path("companies/", include(record_urls("company"))),
    path("contacts/", include(record_urls("contact"))),
]
