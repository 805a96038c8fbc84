from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues, custom_change
from api.endpoints import Endpoint, page, record
from api.fields import Expansion, IdField, Representation
from api.filters import Filter
from apps.organisation.queries import get_store, list_stores, stores_by_id

VIEW = "organisation.view_store"


class StoreRow(Representation):
    """A place of business of the group."""

    id = IdField()
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()
    region_id = IdField(allow_null=True)
    legal_entity_id = IdField()
    brand_names = serializers.ListField(
        child=serializers.CharField(),
        help_text=_("The brands that the store is authorised for, by their standard names."),
    )
    division_code = serializers.CharField()
    address = serializers.CharField()
    latitude = serializers.DecimalField(
        max_digits=8,
        decimal_places=6,
        allow_null=True,
        help_text=_("Degrees, by the datum of Chinese maps (GCJ-02)."),
    )
    longitude = serializers.DecimalField(max_digits=9, decimal_places=6, allow_null=True)
    phone = serializers.CharField()
    time_zone = serializers.CharField()
    opens_at = serializers.TimeField()
    closes_at = serializers.TimeField()
    opening_date = serializers.DateField(allow_null=True)
    state = serializers.CharField()
    custom = CustomValues("store")


class StoreName(Representation):
    """A store as other records name it."""

    id = IdField()
    code = serializers.CharField()
    name_zh = serializers.CharField()
    name_en = serializers.CharField()


def store(key: str = "store_id") -> Expansion:
    """Put the store in whose id stands under ``key``."""
    return Expansion(StoreName, key, lambda actor, ids: stores_by_id(ids))


class Stores(Endpoint):
    tag = "stores"
    get = page(
        list_stores,
        StoreRow,
        name="list_stores",
        summary=_("Stores"),
        permission=VIEW,
        filters={
            "code": Filter(serializers.CharField(), "code__in", _("Store codes."), many=True),
            "region_id": Filter(IdField(), "region_id"),
            "state": Filter(serializers.CharField(), "state__in", many=True),
        },
        orderings={"code": "code", "id": "id"},
        default_ordering="code",
        custom_host="store",
    )


class Store(Endpoint):
    tag = "stores"
    get = record(
        get_store,
        StoreRow,
        name="get_store",
        summary=_("A store"),
        permission=VIEW,
    )
    patch = custom_change(
        "store",
        "store_id",
        StoreRow,
        get_store,
        name="change_store",
        summary=_("Change a store's custom fields"),
        permission="organisation.manage_store",
    )
