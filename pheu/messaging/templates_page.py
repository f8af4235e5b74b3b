"""The page «Mẫu email» of «Cấu hình»."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pheu.messaging.drafting import wrong_with
from pheu.messaging.models import EmailTemplate
from pheu.setup.lists import CompanyList


class EmailTemplates(CompanyList):
    """An entry is a letter; which of them goes out by itself is told beside it."""

    body, line = "messaging/_template_fields.html", "messaging/_template_line.html"
    tells_all = in_shape = True

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("name", "subject", "html", "purpose", "moment", "is_active")

    def errors(self, item: Any, others: Sequence[Any]) -> dict[str, Any]:
        errors = {name: [words] for name in ("subject", "html") if (words := wrong_with(getattr(item, name)))}
        if item.moment and any(one.moment == item.moment and one.is_active for one in others):
            errors["moment"] = [_("Another template goes out then already.")]
        return errors


TEMPLATES = EmailTemplates(
    "email-templates",
    EmailTemplate,
    gettext_lazy("E-mail templates"),
    gettext_lazy("e-mail template"),
    75,
    gettext_lazy("Texts that people send often, and those that go out by themselves."),
)
