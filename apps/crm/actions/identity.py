"""Identity numbers on their way into the database."""

from typing import Any

from django.utils.translation import gettext as _

from apps.crm.queries import national_id_index
from apps.crm.rules.customers import CustomerKind
from forecourt.kernel.citizen_id import cleaned_citizen_id
from forecourt.kernel.clock import today
from forecourt.kernel.crypto import Secret
from forecourt.kernel.errors import Invalid


def checked_national_id(raw: str) -> str:
    """The number in its stored form. Raises Invalid."""
    return cleaned_citizen_id(raw, today=today())


def national_id_columns(raw: str, *, kind: str) -> dict[str, Any]:
    """The columns of a customer that keep the number; an empty text takes it away.

    Raises Invalid, also for a company.
    """
    if not raw:
        return {"national_id": "", "national_id_index": None}
    if kind != CustomerKind.PERSON:
        raise Invalid(_("Only a person has a national ID."), field="national_id")
    number = checked_national_id(raw)
    return {"national_id": Secret(number), "national_id_index": national_id_index(number)}
