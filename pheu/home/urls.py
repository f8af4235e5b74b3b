from django.urls import path

from pheu.home import views

urlpatterns = [path("", views.home, name="home"), path("commands/", views.commands, name="commands")]
