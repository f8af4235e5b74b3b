from django.conf import settings
from django.db import models


class FormToken(models.Model):
    """A drawn form that has been answered: see `core.once`. Swept after two weeks, as long as a sign-in may last."""

    token = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    answer = models.CharField(max_length=500, default="", help_text="the address that it led to")
    news = models.TextField(default="", help_text="what it told the page (HX-Trigger)")
    typed = models.CharField(max_length=64, default="")
    at = models.DateTimeField(auto_now_add=True)


class JobFailure(models.Model):
    """Why the last try of a job failed; the queue itself keeps only that it did. Swept when the job is gone."""

    job = models.BigIntegerField(primary_key=True, help_text="id in the queue's own table")
    words = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now=True)


class Shape(models.Model):
    """One row that changes whenever a company changes what its records are like: see `core.shape`."""

    stamp = models.CharField(max_length=32)
