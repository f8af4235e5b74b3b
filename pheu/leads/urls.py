from django.urls import path

from pheu.leads import views

urlpatterns = [path("prospects/conversion/", views.prospect_conversion, name="prospect-conversion")]
