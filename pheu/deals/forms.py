import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pheu.core.ids import RowField
from pheu.core.vietnamese.fields import MoneyField
from pheu.deals.conversion import Handover, proposals
from pheu.leads.models import Lead
from pheu.parties.models import Company, Contact
from pheu.people.models import Team, User
from pheu.people.scopes import CHANGE, CREATE
from pheu.records import kinds
from pheu.records.access import granted
from pheu.records.fields import PickInput
from pheu.records.forms import Entry, of_their_teams
from pheu.records.gates import lacking
from pheu.records.models import Pipeline, Stage
from pheu.records.schema import SchemaForm

CUSTOMER = [
    (Handover.CREATE, _("Create a new customer")),
    (Handover.LINK, _("Link to an existing customer")),
    (Handover.NONE, _("Do not link to a customer")),
]


CONVERT_INTO_NEW, MERGE = "convert", "merge"
ACTIONS = [
    (MERGE, _("Merge with an existing lead or deal")),
    (CONVERT_INTO_NEW, _("Convert into a new deal")),
]


class ConversionForm(forms.Form):
    """The dialog «Chuyển thành cơ hội»: person, team, value, customer (R0.14-0.18, R2.03-2.10).

    Where others have the same e-mail, merging with one of these `near` is proposed instead (R2.04, R2.12, R2.15).
    `entry` asks for what the lead lacks: what conversion expects of every lead, and the gate of the stage `to` that it
    ends in.
    """

    action = forms.ChoiceField(choices=ACTIONS, label=_("Action"), widget=forms.RadioSelect)
    into = forms.ChoiceField(label=_("Merge with"), required=False)
    owner = RowField(User.objects.none(), label=_("Assign this deal to"), widget=forms.Select(attrs={"data-pick": ""}))
    department = forms.CharField(
        label=_("Department"), required=False, disabled=True, help_text=_("Fills itself from the owner")
    )
    team = RowField(Team.objects.none(), label=_("Sales team"), required=False, empty_label=_("The owner's team"))
    pipeline = RowField(Pipeline.objects.none(), label=_("Pipeline"), empty_label=None)
    amount = MoneyField(label=_("Expected value"), required=False)
    customer = forms.ChoiceField(choices=CUSTOMER, label=_("Customer"), widget=forms.RadioSelect)
    company = RowField(Company.objects.none(), label=_("Company"), required=False)
    contact = RowField(Contact.objects.none(), label=_("Contact"), required=False)

    def __init__(self, data: Any = None, *, lead: Lead, to: Stage, by: User, near: Sequence[Any] = ()) -> None:
        self.near = {str(row.pk): row for row in near if str(CHANGE) in granted(row)}
        self.companies, self.contacts = proposals(lead, to=by)
        self.pipelines = list(Pipeline.objects.active().filter(kind="deal"))
        self.missing = lead.missing_for_conversion(by)
        expected = {name for names in self.missing.values() for name in names}
        self.entry = Entry(data, row=lead, lacks=lacking(lead, to), user=by, also=expected, prefix="lead")
        super().__init__(data, initial=self._first_choice(lead, by))
        amount = kinds.get("deal").schema_for(by).get("expected_amount")
        seen = kinds.get("lead").schema_for(by).get("expected_amount")
        # What the lead's gate asks for becomes the deal's: nobody types it twice.
        if amount is None or not amount.on_create or seen is None or "expected_amount" in self.entry.form.fields:
            del self.fields["amount"]
        owners = User.objects.who_may("deal", CHANGE).with_team_ids().select_related("department")
        self._offer("owner", owners)
        self._offer("pipeline", self.pipelines, Pipeline.objects.active().filter(kind="deal"))
        departments = {str(user.pk): str(user.department or "") for user in owners}
        self.fields["department"].widget.attrs = {"data-follows": "owner", "data-values": json.dumps(departments)}
        self.fields["team"].queryset = Team.objects.offered("deal")  # type: ignore[attr-defined]
        self.fields["team"].widget.attrs.update(of_their_teams(owners))
        if self.near:
            self.fields["into"].choices = [  # type: ignore[attr-defined]
                (pk, f"{row.record.number} «{row.title}»") for pk, row in self.near.items()
            ]
        else:
            del self.fields["action"], self.fields["into"]
        self._point(lead)
        for name, model, proposed in (("company", Company, self.companies), ("contact", Contact, self.contacts)):
            field = self.fields[name]
            field.queryset = model.objects.visible_to(by).live().select_related("record")  # type: ignore[attr-defined]
            field.widget = widget = PickInput(kind=name, may_create=by.may(name, CREATE))
            widget.choices = field.choices  # type: ignore[attr-defined]
            widget.held = proposed[0] if proposed else None

    def _offer(self, name: str, rows: Iterable[Any], queryset: Any = None) -> None:
        """Let one of rows that are read already be chosen."""
        field: Any = self.fields[name]
        field.queryset = rows if queryset is None else queryset
        field.choices = [(one.pk, str(one)) for one in rows]

    def _point(self, lead: Lead) -> None:
        """The focus begins at what a person has to decide: what is missing, else one of several customers."""
        asked = next(iter(self.entry.form.fields.values()), None)
        if asked is None and not (lead.company_id or lead.contact_id) and (self.companies or self.contacts):
            asked = self.fields["customer"]
        self.is_ready = asked is None
        if asked is not None:
            asked.widget.attrs["autofocus"] = True

    def _first_choice(self, lead: Lead, by: User) -> dict[str, Any]:
        """Preselect what is likely: the chosen or proposed customer, and whoever works the lead."""
        company = lead.company_id or next((one.pk for one in self.companies), None)
        contact = lead.contact_id or next((one.pk for one in self.contacts), None)
        owner = lead.owner or by
        return {
            "action": MERGE,
            "owner": owner.pk,
            "department": str(owner.department or ""),
            "team": lead.team_id,
            "pipeline": self._usual_pipeline(),
            "amount": lead.expected_amount,
            "customer": Handover.LINK if company or contact else Handover.CREATE,
            "company": company,
            "contact": contact,
        }

    def _usual_pipeline(self) -> int:
        usual = [one for one in self.pipelines if one.is_default] or self.pipelines
        return usual[0].pk if usual else Pipeline.objects.default("deal").pk

    @property
    def merges(self) -> bool:
        """Whether merging was chosen, and with what: then nothing else is asked."""
        return bool(self.near) and self.data.get("action") == MERGE

    @property
    def merged_with(self) -> Any:
        """The record to merge with; None where none of those that were named."""
        return self.near.get(str(self.data.get("into", ""))) if self.merges else None

    @property
    def can_be_sent(self) -> bool:
        """Whether what is missing can be filled in here, or nothing needs to be."""
        if self.near:
            return True
        asked = self.entry.form.fields
        is_asked = all(any(name in asked for name in names) for names in self.missing.values())
        return is_asked and (not self.entry.wanting or self.entry.may_override)

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.entry.is_valid(), self._is_enough(self.entry.form)])

    def _is_enough(self, facts: SchemaForm) -> bool:
        if not facts.is_valid():
            return False
        for words, names in self.missing.items():
            asked = [name for name in names if name in facts.fields]
            typed = [facts.schema[name].identity(facts.cleaned_data.get(name)) for name in asked]
            if asked and all(one is None for one in typed):
                facts.add_error(asked[0], _("Needed before conversion: %(what)s.") % {"what": words})
        return facts.is_valid()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("customer") == Handover.LINK and not (given.get("company") or given.get("contact")):
            self.add_error("company", _("Choose a company or a contact to link to."))
        return given

    def handover(self, *, ends_in: Stage | None = None) -> Handover:
        apart = ("department", "action", "into")
        given = {name: value for name, value in self.cleaned_data.items() if name not in apart}
        return Handover(**given, ends_in=ends_in, override=self.entry.overrides)
