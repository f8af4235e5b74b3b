from django.db import models

from pheu.records.models import Record, Staged

COLOURS = [("red", "Đỏ"), ("blue", "Xanh")]


class Toy(Staged):
    """Something to play with; it cannot be reached by phone or mail."""

    kind = "toy"
    name = models.CharField(max_length=300)
    story = models.TextField(blank=True, max_length=20_000)
    price = models.DecimalField(max_digits=18, decimal_places=0, null=True, blank=True)
    ready_on = models.DateField(null=True, blank=True)
    colour = models.CharField(max_length=10, choices=COLOURS, blank=True)


class Sticker(models.Model):
    """What somebody puts on any record, each word once: a table that no engine has ever heard of."""

    record = models.ForeignKey(Record, models.CASCADE, related_name="+")
    word = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "word"], name="sticker_once")]

    def __str__(self) -> str:
        return self.word
