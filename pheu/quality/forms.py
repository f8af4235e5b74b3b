from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pheu.core.ids import RowField
from pheu.core.tables import letter_of
from pheu.core.vietnamese import legacy
from pheu.core.vietnamese.fields import CleanCharField
from pheu.core.vietnamese.phone import AREA_CODES
from pheu.people.models import Department, Team, User
from pheu.quality import ways
from pheu.quality.events import ALL, FORMS, ROWS, SHOWN, TICKED, XLSX
from pheu.quality.mapping import headers_of
from pheu.quality.models import Import, ImportLine
from pheu.quality.parser import MOST_IN_LINE, UNICODE
from pheu.quality.places import departments_for, teams_for
from pheu.quality.reading import FILE_LIMIT, Line
from pheu.quality.services import header_cells
from pheu.records import kinds
from pheu.records.fields import Field

ENCODING_NAMES = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16-le": "Unicode (UTF-16)",
    "utf-16-be": "Unicode (UTF-16 BE)",
    "cp1258": "Windows-1258",
    "cp1252": "Windows-1252",
    **legacy.NAMES,
}
OLD_ENCODINGS = {UNICODE: _("None"), **legacy.NAMES}
AREA_CODE_CHOICES = [("", _("None")), *((code, f"{code} · {name}") for code, name in AREA_CODES.items())]
LONG = 80  # characters, beyond which a cell is written in several lines
OFFERED_HEADERS = 30  # lines that may be chosen as the header


class ExportForm(forms.Form):
    """Which rows leave, with which fields, as which file. `ticked`: the rows are chosen already."""

    rows = forms.ChoiceField(label=_("Rows"), widget=forms.RadioSelect, initial=SHOWN)
    columns = forms.ChoiceField(
        label=pgettext_lazy("of records", "Fields"),
        widget=forms.RadioSelect,
        choices=[(SHOWN, _("The columns of the list")), (ALL, _("All fields"))],
        initial=SHOWN,
    )
    form = forms.ChoiceField(label=_("File"), widget=forms.RadioSelect, choices=[*FORMS.items()], initial=XLSX)

    def __init__(self, data: Any = None, *, ticked: bool) -> None:
        super().__init__(data)
        offered = [TICKED] if ticked else [SHOWN, ALL]
        self.fields["rows"].choices = [(one, ROWS[one]) for one in offered]  # type: ignore[attr-defined]
        self.initial["rows"] = offered[0]


class FileForm(forms.Form):
    """The file and what its lines are; only kinds that the person may import are offered."""

    kind = forms.ChoiceField(label=_("Import into"))
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,  # `reading` says in its own words that there is nothing in it
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xlsb,.xls,.ods,.csv,.txt,.tsv", "data-most": FILE_LIMIT}),
    )

    megabytes = FILE_LIMIT // 1024 // 1024

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(code, kinds.get(code).plural) for code in offered]  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.fields["kind"].widget = forms.HiddenInput()


class LineForm(forms.Form):
    """The cells of a line that go into fields, to be mended before anything is written."""

    def __init__(self, data: Any = None, *, line: ImportLine) -> None:
        imported = line.imported
        columns = sorted(map(int, imported.columns))
        cells = {column: line.cells[column] if column < len(line.cells) else "" for column in columns}
        super().__init__(data, initial={f"cell_{column}": text for column, text in cells.items()})
        headers, fields = header_cells(imported), imported.importer.columns()
        for column, text in cells.items():
            header = headers[column] if column < len(headers) else ""
            label = fields[imported.columns[str(column)]].label
            widget = forms.Textarea({"rows": 3}) if "\n" in text or len(text) > LONG else forms.TextInput()
            self.fields[f"cell_{column}"] = forms.CharField(
                label=header or label,
                help_text=label if header and header != str(label) else "",
                max_length=MOST_IN_LINE,
                required=False,
                widget=widget,
            )

    def cells(self) -> dict[int, str]:
        """{column: text} of those that were written otherwise."""
        return {int(name.removeprefix("cell_")): self.cleaned_data[name] for name in self.changed_data}


class PolicyForm(forms.Form):
    """What becomes of the lines that are the same as a record, and which of its fields they overwrite."""

    policy = forms.ChoiceField(
        label=_("Lines that are there already"), widget=forms.RadioSelect, choices=Import.Policy.choices, required=False
    )
    overwrites = forms.MultipleChoiceField(
        label=_("Overwrite these fields"), widget=forms.CheckboxSelectMultiple, required=False
    )

    without_automation = forms.BooleanField(
        label=_("Without automation"),
        help_text=_("Hand-out rules do not run; the rows stay in the department until somebody takes them."),
        required=False,
    )

    def __init__(self, data: Any = None, *, imported: Import) -> None:
        fields = imported.importer.fields()
        mapped = [name for name in dict.fromkeys(imported.columns.values()) if name in fields]
        super().__init__(data, initial={"policy": Import.Policy.FILL, "overwrites": mapped})
        self.fields["overwrites"].choices = [(name, fields[name].label) for name in mapped]  # type: ignore[attr-defined]

    def settings(self) -> dict[str, Any]:
        """What `running.start_import` asks for; other fields than those that were ticked are only filled."""
        policy = self.cleaned_data["policy"] or Import.Policy.CREATE
        ticked = self.cleaned_data["overwrites"] if policy == Import.Policy.OVERWRITE else []
        return {
            "policy": policy,
            "overwrites": ticked,
            "without_automation": self.cleaned_data["without_automation"],
        }


class SheetForm(forms.Form):
    """Which sheet or encoding, and on which line the header stands."""

    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    encoding = forms.ChoiceField(label=_("Encoding"), required=False)
    header_line = forms.TypedChoiceField(label=_("Header"), coerce=int, empty_value=None, required=False)

    def __init__(self, data: Any = None, *, imported: Import, lines: list[Line]) -> None:
        initial = {"sheet": imported.sheet, "encoding": imported.encoding, "header_line": imported.header_line}
        super().__init__(data, initial=initial)
        self.imported = imported
        # An old encoding of a workbook is asked about only where one was recognised.
        encodings = OLD_ENCODINGS if imported.sheets else ENCODING_NAMES
        if imported.sheets:
            self.fields["encoding"].label = _("Old font encoding")
        offered = {
            "sheet": [(name, name) for name in imported.sheets],
            "encoding": list(encodings.items()) if imported.encoding else [],
            "header_line": [
                *self._undecided(),
                (0, _("The file has no header")),
                *(_header_choice(line) for line in lines[:OFFERED_HEADERS]),
            ],
        }
        for name, choices in offered.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
            if not choices:
                del self.fields[name]

    def _undecided(self) -> list[tuple[str, Any]]:
        return [("", _("Choose the line of the header"))] if self.imported.header_line is None else []

    def settings(self) -> dict[str, Any]:
        """What `services.choose_sheet` asks for."""
        return {
            "sheet": self.cleaned_data.get("sheet", ""),
            "encoding": self.cleaned_data.get("encoding", ""),
            "header_line": self.cleaned_data["header_line"],
        }


def _header_choice(line: Line) -> tuple[int, str]:
    shown = " · ".join(cell for cell in line.cells if cell)
    return line.number, _("Line %(number)s: %(cells)s") % {
        "number": line.number,
        "cells": f"{shown[:60]}…" if len(shown) > 60 else shown,
    }


class MappingForm(forms.Form):
    """One choice per column of the file, and what holds for all of its rows."""

    area_code = forms.ChoiceField(label=_("Default area code"), choices=AREA_CODE_CHOICES, required=False)
    department = RowField(Department.objects.none(), label=_("Department"), required=False, empty_label="—")
    team = RowField(Team.objects.none(), label=_("Sales team"), required=False, empty_label="—")
    origin = CleanCharField(label=_("Name of the list"), max_length=200, required=False)

    def __init__(self, data: QueryDict | None = None, *, imported: Import, lines: list[Line], user: User) -> None:
        values = {name: getattr(imported, name) for name in ("area_code", "department", "team", "origin")}
        columns = {f"column_{column}": name for column, name in imported.columns.items()}
        super().__init__(data.copy() if data else None, initial=values | columns)
        self.imported, self.user = imported, user
        self.importer = imported.importer.as_for(user)
        for name, one in self.importer.of_list().items():
            self._ask_once(name, one.form_field(user), one.from_json(imported.given.get(name)))
        self.fields["department"].queryset = departments_for(user, imported.kind)  # type: ignore[attr-defined]
        self.fields["team"].queryset = teams_for(user, imported.kind)  # type: ignore[attr-defined]
        self.headers = headers_of(lines, imported.header_line)
        offered = [("", _("Do not import")), *((name, one.label) for name, one in self.importer.columns().items())]
        for column, header in enumerate(self.headers):
            label = header or _("Column %(letter)s") % {"letter": letter_of(column)}
            widget = forms.Select(attrs={"aria-label": label})
            self.fields[f"column_{column}"] = forms.ChoiceField(
                choices=offered, label=label, required=False, widget=widget
            )
        self.words: dict[int, dict[str, str]] = {}
        below = [line.cells for line in lines if line.number > (imported.header_line or 0)]
        for column in range(len(self.headers)):
            one = self.importer.columns().get(self[f"column_{column}"].value())
            self._ask_how(column, one, [cells[column] for cells in below if column < len(cells) and cells[column]])

    def _ask_once(self, name: str, form_field: forms.Field, begins_with: Any) -> None:
        form_field.required, form_field.show_hidden_initial, form_field.initial = False, False, begins_with
        self.fields[f"all_{name}"] = form_field

    def _ask_how(self, column: int, one: Field | None, texts: list[str]) -> None:
        """How a column writes its days or numbers, and what words of its own mean; as the cells themselves say."""
        kept = self.imported.readings.get(str(column), {})
        if family := ways.family_of(one):
            begins = kept.get(family, ways.propose(family, texts)) if texts else ""
            self._offer(f"{family}_{column}", ways.OFFERED[family], _("How it is written"), begins)
        elif one is not None and ways.has_words(one):
            self._ask_words(column, one, kept.get(ways.WORDS, {}))

    def _ask_words(self, column: int, one: Field, kept: dict[str, str]) -> None:
        offered = ways.list_of(one, self.user)
        texts = self.imported.lines_of_customers.words_in(column, ways.MOST_WORDS)
        self.words[column] = dict(
            list(ways.unknown_words(one.read_for(self.user), texts, offered).items())[: ways.MOST_WORDS]
        )
        choices = [("", _("Into the remark")), *offered]
        for n, (key, word) in enumerate(self.words[column].items()):
            self._offer(f"word_{column}_{n}", choices, word, kept.get(key, ways.meant_by(key, offered)))

    def _offer(self, name: str, choices: list[tuple[str, Any]], label: Any, begins: str) -> None:
        """A choice that begins with what is proposed, also where the form that was sent knew nothing of it yet.

        An answer to another list, or to an entry that is gone, is none.
        """
        begins = begins if begins in dict(choices) else ""
        widget = forms.Select(attrs={"aria-label": label})
        self.fields[name] = forms.ChoiceField(choices=choices, label=label, required=False, widget=widget)
        self.initial[name] = begins
        if self.is_bound and name not in self.data:
            self.data[name] = begins  # type: ignore[index]

    def how_fields(self, column: int) -> list[BoundField]:
        """What is asked about how a column is written."""
        return [self[f"{family}_{column}"] for family in ways.OFFERED if f"{family}_{column}" in self.fields]

    def word_fields(self, column: int) -> list[BoundField]:
        """What is asked about words of a column that are not in its list."""
        return [self[f"word_{column}_{n}"] for n in range(len(self.words.get(column, ())))]

    def readings(self) -> dict[str, dict[str, Any]]:
        """{number of the column: how it writes}, as far as that was asked; what was said of words is not forgotten."""
        told = {str(column): self._reading(column) for column in range(len(self.headers))}
        return {column: reading for column, reading in told.items() if reading}

    def _reading(self, column: int) -> dict[str, Any]:
        answers = self.cleaned_data if self.is_bound else self.initial
        names = {family: f"{family}_{column}" for family in ways.OFFERED}
        told: dict[str, Any] = {family: answers[name] for family, name in names.items() if name in answers}
        if column in self.words:
            kept = self.imported.readings.get(str(column), {}).get(ways.WORDS, {})
            words = {key: answers.get(f"word_{column}_{n}", "") for n, key in enumerate(self.words[column])}
            told[ways.WORDS] = {**kept, **words}
        return told

    def list_fields(self) -> list[BoundField]:
        """What holds for all rows of the file."""
        columns = ("column_", "word_", *(f"{family}_" for family in ways.OFFERED))
        return [self[name] for name in self.fields if not name.startswith(columns)]

    def column_fields(self) -> Iterator[tuple[int, BoundField]]:
        for column in range(len(self.headers)):
            yield column, self[f"column_{column}"]

    def columns(self) -> dict[str, str]:
        """{number of the column: field}, of the columns to import that are chosen rightly."""
        names = {str(column): self.cleaned_data.get(f"column_{column}") for column in range(len(self.headers))}
        return {column: name for column, name in names.items() if name}

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._refuse_two_columns_for_one_field()
        if not set(self.columns().values()) & set(self.importer.needs):
            labels = ", ".join(str(self.importer.schema[name].label) for name in self.importer.needs)
            self.add_error(None, _("Map at least one column to one of: %(fields)s.") % {"fields": labels})
        if not self.cleaned_data.get("team") and not self.cleaned_data.get("department"):
            self.add_error("department", _("Choose the team or department that the rows belong to."))
        return self.cleaned_data

    def _refuse_two_columns_for_one_field(self) -> None:
        seen: dict[str, str] = {}
        for column, name in self.columns().items():
            if name in seen and name not in self.importer.joined:
                words = {"field": self.importer.columns()[name].label, "letter": letter_of(int(seen[name]))}
                self.add_error(f"column_{column}", _("Column %(letter)s is already “%(field)s”.") % words)
            seen.setdefault(name, column)

    def settings(self) -> dict[str, Any]:
        """What `services.begin_check` takes over."""
        names = ("area_code", "department", "team", "origin")
        given = {name: self.cleaned_data[f"all_{name}"] for name in self.importer.of_list()}
        told = {"columns": self.columns(), "readings": self.readings(), "given": given}
        return {name: self.cleaned_data[name] for name in names} | told
