"""Companies and regions."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation.group_settings import CURRENCY
from apps.organisation.models import LegalEntity, Region
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.group_settings import value_of

MANAGE = "organisation.manage_store"


@transaction.atomic
def add_company(
    *, name_zh: str, actor: Actor, name_en: str = "", tax_number: str = "", currency: str = ""
) -> LegalEntity:
    """A company of the group, in the group's currency unless another is named.

    Raises NotPermitted, Invalid or Conflict (tax number taken).
    """
    _require_headquarters(actor)
    values = _company(name_zh, name_en, tax_number, currency)
    _require_free_tax_number(values["tax_number"])
    company = LegalEntity.objects.create(**values)
    audit.record(actor, "created", company, values)
    return company


@transaction.atomic
def edit_company(
    *,
    company_id: int,
    name_zh: str,
    actor: Actor,
    name_en: str = "",
    tax_number: str = "",
    currency: str = "",
) -> LegalEntity:
    """Raises as :func:`add_company`, and NotFound."""
    _require_headquarters(actor)
    company = LegalEntity.objects.select_for_update().filter(pk=company_id).first()
    if company is None:
        raise NotFound(_("No such record, or not yours to see."))
    values = _company(name_zh, name_en, tax_number, currency)
    if values["tax_number"] != company.tax_number:
        _require_free_tax_number(values["tax_number"])
    _change(company, values, actor)
    return company


@transaction.atomic
def add_region(*, name_zh: str, actor: Actor, name_en: str = "", sequence: int = 0) -> Region:
    """A region. Raises NotPermitted, Invalid or Conflict (name taken)."""
    _require_headquarters(actor)
    values = _region(name_zh, name_en, sequence)
    _require_free_name(values["name_zh"])
    region = Region.objects.create(**values)
    audit.record(actor, "created", region, values)
    return region


@transaction.atomic
def edit_region(
    *, region_id: int, name_zh: str, actor: Actor, name_en: str = "", sequence: int = 0
) -> Region:
    """Raises as :func:`add_region`, and NotFound."""
    _require_headquarters(actor)
    region = Region.objects.select_for_update().filter(pk=region_id).first()
    if region is None:
        raise NotFound(_("No such record, or not yours to see."))
    values = _region(name_zh, name_en, sequence)
    if values["name_zh"] != region.name_zh:
        _require_free_name(values["name_zh"])
    _change(region, values, actor)
    return region


@transaction.atomic
def remove_region(*, region_id: int, actor: Actor) -> None:
    """Raises NotPermitted, NotFound, or Conflict while stores belong to the region."""
    _require_headquarters(actor)
    region = Region.objects.select_for_update().filter(pk=region_id).first()
    if region is None:
        raise NotFound(_("No such record, or not yours to see."))
    codes = list(region.stores.order_by("code").values_list("code", flat=True))
    if codes:
        raise Conflict(
            _("These stores belong to the region: %(stores)s.") % {"stores": ", ".join(codes)}
        )
    audit.record(actor, "deleted", region)
    region.delete()


def _require_headquarters(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("Companies and regions are headquarters' to change."))


def _change(row: LegalEntity | Region, values: dict[str, Any], actor: Actor) -> None:
    changes = audit.changes_between({name: getattr(row, name) for name in values}, values)
    if not changes:
        return
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    audit.record(actor, "changed", row, changes)


def _company(name_zh: str, name_en: str, tax_number: str, currency: str) -> dict[str, Any]:
    if not name_zh.strip():
        raise Invalid(_("Please enter a name."), field="name_zh")
    currency = currency or value_of(CURRENCY)
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        raise Invalid(_("Three capital letters, such as CNY."), field="currency")
    return {
        "name_zh": name_zh.strip(),
        "name_en": name_en.strip(),
        "tax_number": tax_number.strip().upper(),
        "currency": currency,
    }


def _region(name_zh: str, name_en: str, sequence: int) -> dict[str, Any]:
    if not name_zh.strip():
        raise Invalid(_("Please enter a name."), field="name_zh")
    return {"name_zh": name_zh.strip(), "name_en": name_en.strip(), "sequence": sequence}


def _require_free_tax_number(tax_number: str) -> None:
    if tax_number and LegalEntity.objects.filter(tax_number=tax_number).exists():
        raise Conflict(_("Another company has this tax number."), field="tax_number")


def _require_free_name(name_zh: str) -> None:
    if Region.objects.filter(name_zh=name_zh).exists():
        raise Conflict(_("Another region has this name."), field="name_zh")
