"""Stores: added, changed, opened, suspended, closed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from apps.organisation import brands, hooks, queries, rules
from apps.organisation.errors import CodeTaken, StoreNotEmpty
from apps.organisation.events import StoreAdded, StoreStateChanged
from apps.organisation.group_settings import TIME_ZONE
from apps.organisation.models import LegalEntity, Region, Store
from billing.entitlements import require_entitled
from billing.plans import Resource
from forecourt.kernel import audit, custom_fields, events, regions
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.group_settings import value_of

MANAGE = "organisation.manage_store"
FIELDS = (
    "code",
    "name_zh",
    "name_en",
    "legal_entity_id",
    "region_id",
    "brand_names",
    "division_code",
    "address",
    "latitude",
    "longitude",
    "phone",
    "time_zone",
    "opens_at",
    "closes_at",
    "opening_date",
)


@transaction.atomic
def add_store(
    *,
    code: str,
    name_zh: str,
    legal_entity_id: int,
    actor: Actor,
    name_en: str = "",
    region_id: int | None = None,
    brand_names: Iterable[str] = (),
    division_code: str = "",
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    phone: str = "",
    time_zone: str = "",
    opens_at: time = time(9),
    closes_at: time = time(18),
    opening_date: date | None = None,
    state: str = Store.State.OPEN,
    custom: Mapping[str, Any] | None = None,
) -> Store:
    """A new store, in the group's time zone unless it has one of its own.

    Only who manages all stores adds one.

    Raises NotPermitted, Invalid (code, names, hours, company, region, division, coordinates, time
    zone), CodeTaken, or LimitReached when the group's plan allows no more stores.
    """
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("Stores are added by headquarters."))
    values = _cleaned(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        legal_entity_id=legal_entity_id,
        region_id=region_id,
        brand_names=brand_names,
        division_code=division_code,
        address=address,
        latitude=latitude,
        longitude=longitude,
        phone=phone,
        time_zone=time_zone,
        opens_at=opens_at,
        closes_at=closes_at,
        opening_date=opening_date,
    )
    _require_free_code(values["code"])
    if state not in (Store.State.OPENING, Store.State.OPEN):
        raise Invalid(_("A new store is opening or open."), field="state")
    require_entitled(Resource.STORES)
    store = Store.objects.create(**values, state=state)
    values_of_own = custom_fields.save_values(store, custom, actor=actor, is_new=True)
    audit.record(actor, "created", store, _facts(store) | values_of_own, store_id=store.pk)
    events.publish(StoreAdded(store_id=store.pk))
    return store


@transaction.atomic
def edit_store(
    *,
    store_id: int,
    code: str,
    name_zh: str,
    legal_entity_id: int,
    actor: Actor,
    name_en: str = "",
    region_id: int | None = None,
    brand_names: Iterable[str] = (),
    division_code: str = "",
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    phone: str = "",
    time_zone: str = "",
    opens_at: time = time(9),
    closes_at: time = time(18),
    opening_date: date | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Store:
    """Raises as :func:`add_store`, and NotFound."""
    actor.require(MANAGE)
    store = queries.lock_store(store_id=store_id, actor=actor)
    values = _cleaned(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        legal_entity_id=legal_entity_id,
        region_id=region_id,
        brand_names=brand_names,
        division_code=division_code,
        address=address,
        latitude=latitude,
        longitude=longitude,
        phone=phone,
        time_zone=time_zone,
        opens_at=opens_at,
        closes_at=closes_at,
        opening_date=opening_date,
    )
    if values["code"] != store.code:
        _require_free_code(values["code"])
    before = _facts(store)
    for name, value in values.items():
        setattr(store, name, value)
    store.save(update_fields=list(FIELDS))
    changes = audit.changes_between(before, _facts(store))
    changes |= custom_fields.save_values(store, custom, actor=actor)
    if changes:
        audit.record(actor, "changed", store, changes, store_id=store.pk)
    return store


@transaction.atomic
def change_store_state(*, store_id: int, state: str, actor: Actor) -> Store:
    """Open, suspend, close a store, or prepare a closed one to open again.

    Raises NotPermitted, NotFound, TransitionNotAllowed, LimitReached for a closed store that the
    group's plan has no room for, or StoreNotEmpty with what is left of each module while anything
    keeps it from closing.
    """
    actor.require(MANAGE)
    store = queries.lock_store(store_id=store_id, actor=actor)
    rules.require_transition(rules.STORE_TRANSITIONS, store.state, state)
    if state == Store.State.CLOSED:
        left = hooks.left_in(store.pk)
        if left:
            names = ", ".join(f"{item.label} {item.count}" for item in left)
            raise StoreNotEmpty(
                _("The store cannot close while something is left in it: %(left)s.")
                % {"left": names},
                left=left,
            )
    if store.state == Store.State.CLOSED:
        require_entitled(Resource.STORES)
    before, store.state = store.state, state
    store.save(update_fields=["state"])
    audit.record(actor, "state_changed", store, {"state": [before, state]}, store_id=store.pk)
    events.publish(StoreStateChanged(store_id=store.pk, before=before, after=state))
    return store


@transaction.atomic
def follow_brand(*, former_names: Collection[str], name: str) -> None:
    """A brand is no longer called so in the catalogue: stores keep it under its present name."""
    brands.KNOWN.forget()
    holders = Store.objects.select_for_update().filter(brand_names__overlap=list(former_names))
    for store in holders.order_by("pk"):
        kept = [name if each in former_names else each for each in store.brand_names]
        store.brand_names = list(dict.fromkeys(kept))
        store.save(update_fields=["brand_names"])


def _cleaned(**values: Any) -> dict[str, Any]:
    values["code"] = rules.clean_code(values["code"])
    values["brand_names"] = brands.standard_names(values["brand_names"])
    values["latitude"], values["longitude"] = rules.coordinates(
        values["latitude"], values["longitude"]
    )
    for name in ("name_zh", "name_en", "address", "phone"):
        values[name] = values[name].strip()
    if not values["name_zh"]:
        raise Invalid(_("Please enter a name."), field="name_zh")
    if values["closes_at"] <= values["opens_at"]:
        raise Invalid(_("The store closes after it opens."), field="closes_at")
    values["time_zone"] = values["time_zone"] or value_of(TIME_ZONE)
    if values["time_zone"] not in available_timezones():
        raise Invalid(_("There is no such time zone."), field="time_zone")
    if values["division_code"] and regions.get(values["division_code"]) is None:
        raise Invalid(_("There is no such administrative division."), field="division_code")
    if not LegalEntity.objects.filter(pk=values["legal_entity_id"]).exists():
        raise Invalid(_("Choose one of the list."), field="legal_entity_id")
    if values["region_id"] and not Region.objects.filter(pk=values["region_id"]).exists():
        raise Invalid(_("Choose one of the list."), field="region_id")
    return values


def _require_free_code(code: str) -> None:
    """Codes of closed stores stay theirs: they stand in document numbers."""
    if Store.objects.filter(code=code).exists():
        raise CodeTaken(_("Another store has this code."), field="code")


def _facts(store: Store) -> dict[str, Any]:
    """What the log shows of a store: names instead of ids."""
    facts = {name: getattr(store, name) for name in FIELDS if not name.endswith("_id")}
    facts["legal_entity"] = store.legal_entity.name_zh
    facts["region"] = store.region.name_zh if store.region else None
    return facts
