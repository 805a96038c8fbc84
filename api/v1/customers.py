from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues
from api.endpoints import Endpoint, change, command, page, record
from api.fields import Body, Expansion, IdField, OptionField, Representation
from api.filters import Filter
from api.v1.staff import person
from api.v1.stores import store
from apps.crm.actions import (
    add_phone,
    change_customer,
    create_customer,
    give_customers,
    merge_customers,
    undo_latest_merge,
)
from apps.crm.queries import get_customer, list_customers, matching, tagged_with
from apps.crm.rules.customers import CustomerKind, Gender, Lifecycle
from apps.crm.rules.duplicates import MERGED_FIELDS
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel.access import Actor

VIEW = "crm.view_customer"


class CustomerName(Representation):
    """A customer as leads and opportunities name her."""

    id = IdField()
    kind = serializers.ChoiceField(CustomerKind.choices)
    name = serializers.CharField()
    phone = serializers.CharField(source="primary_phone")


class CustomerRow(CustomerName):
    """A person or company, once in the whole group. What you may not see in full is masked."""

    expansions = {"owner": person("owner_id"), "home_store": store("home_store_id")}

    gender = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    national_id = serializers.CharField()
    wechat = serializers.CharField()
    email = serializers.CharField()
    occupation = serializers.CharField()
    family = serializers.CharField()
    contact_time = serializers.CharField()
    division_code = serializers.CharField()
    address = serializers.CharField()
    source = OptionField(LEAD_SOURCES)
    lifecycle = serializers.ChoiceField(Lifecycle.choices)
    consents = serializers.DictField()
    note = serializers.CharField()
    owner_id = IdField(allow_null=True)
    home_store_id = IdField(allow_null=True)
    created_at = serializers.DateTimeField()
    custom = CustomValues("customer")


class ChangeBody(Body):
    kind = serializers.ChoiceField(CustomerKind.choices, required=False)
    name = serializers.CharField(max_length=100, required=False)
    gender = serializers.ChoiceField(Gender.choices, required=False, allow_blank=True)
    birth_date = serializers.DateField(required=False, allow_null=True)
    national_id = serializers.CharField(max_length=30, required=False, allow_blank=True)
    wechat = serializers.CharField(max_length=60, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    occupation = serializers.CharField(max_length=60, required=False, allow_blank=True)
    family = serializers.CharField(max_length=200, required=False, allow_blank=True)
    contact_time = serializers.CharField(max_length=60, required=False, allow_blank=True)
    division_code = serializers.CharField(max_length=6, required=False, allow_blank=True)
    address = serializers.CharField(max_length=200, required=False, allow_blank=True)
    consents = serializers.DictField(
        child=serializers.BooleanField(allow_null=True),
        required=False,
        help_text=_(
            "By channel, phone, sms, wechat or email: whether the customer agreed to it. Channels"
            " left out stay as they are, null forgets an answer."
        ),
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    custom = CustomValues("customer", default=dict)


class CreateBody(ChangeBody):
    name = serializers.CharField(max_length=100)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    source = OptionField(LEAD_SOURCES, required=False)
    home_store_id = IdField(required=False, allow_null=True)


class PhoneBody(Body):
    phone = serializers.CharField(max_length=40)
    make_primary = serializers.BooleanField(default=False)


class GiveBody(Body):
    owner_id = IdField(help_text=_("Who looks after it from now on."))
    reason = serializers.CharField(max_length=200)


class MergeBody(Body):
    merged_id = IdField(help_text=_("The customer that is put into this one."))
    take = serializers.ListField(
        child=serializers.ChoiceField([(name, name) for name in MERGED_FIELDS]),
        default=list,
        help_text=_("Values that are taken over where both have one."),
    )


def customer() -> Expansion:
    """Put the customer in, where the caller may see her."""
    return Expansion(CustomerName, "customer_id", _by_id)


def _by_id(actor: Actor, ids: Collection[int]) -> dict[int, Any]:
    return list_customers(actor).in_bulk(list(ids))


def _rows(actor: Actor) -> QuerySet:
    """Only what a row shows: owner and store are ids here, and read when expanded."""
    return list_customers(actor).select_related(None).defer("grams", "search_text")


def _tagged(rows: QuerySet, tag_id: Any) -> QuerySet:
    return rows.filter(tagged_with([tag_id]))


def _merge(*, customer_id: int, actor: Actor, **values: Any) -> Any:
    return merge_customers(kept_id=customer_id, actor=actor, **values).kept


def _give(*, customer_id: int, actor: Actor, **values: Any) -> Any:
    # Somebody from whom she is hidden hears that first, whatever else she asked for.
    get_customer(customer_id=customer_id, actor=actor)
    give_customers(customer_ids=[customer_id], actor=actor, **values)
    return get_customer(customer_id=customer_id, actor=actor)


class Customers(Endpoint):
    tag = "customers"
    get = page(
        _rows,
        CustomerRow,
        name="list_customers",
        summary=_("Customers"),
        permission=VIEW,
        filters={
            "q": Filter(
                serializers.CharField(max_length=100),
                matching,
                _("Part of the name (two characters do), pinyin initials, part of a phone."),
                for_actor=True,
            ),
            "lifecycle": Filter(
                serializers.ChoiceField(Lifecycle.choices), "lifecycle__in", many=True
            ),
            "owner_id": Filter(IdField(), "owner_id"),
            "tag_id": Filter(IdField(), _tagged),
            "home_store_id": Filter(IdField(), "home_store_id"),
        },
        orderings={"id": "id", "name": "name_sort"},
        default_ordering="-id",
        custom_host="customer",
    )
    post = command(
        create_customer,
        CreateBody,
        CustomerRow,
        name="create_customer",
        summary=_("Add a customer who has not asked for anything"),
        permission="crm.register_lead",
        status=201,
    )


class Customer(Endpoint):
    tag = "customers"
    get = record(
        get_customer, CustomerRow, name="get_customer", summary=_("A customer"), permission=VIEW
    )
    patch = change(
        change_customer,
        ChangeBody,
        CustomerRow,
        get_row=get_customer,
        name="change_customer",
        summary=_("Change what is known of a customer"),
        permission="crm.change_customer",
    )


class CustomerGive(Endpoint):
    tag = "customers"
    post = command(
        _give,
        GiveBody,
        CustomerRow,
        name="give_customer",
        summary=_("Give a customer, with all that is under way, to another person"),
        permission="crm.reassign_lead",
    )


class CustomerPhones(Endpoint):
    tag = "customers"
    post = command(
        add_phone,
        PhoneBody,
        CustomerRow,
        name="add_customer_phone",
        summary=_("Give a customer a further number"),
        permission="crm.change_customer",
        status=201,
    )


class CustomerMerge(Endpoint):
    tag = "customers"
    post = command(
        _merge,
        MergeBody,
        CustomerRow,
        name="merge_customer",
        summary=_("Put another customer into this one"),
        permission="crm.merge_customer",
    )


class CustomerUnmerge(Endpoint):
    tag = "customers"
    post = command(
        undo_latest_merge,
        Body,
        CustomerRow,
        name="unmerge_customer",
        summary=_("Make two customers again of the latest merge into this one"),
        permission="crm.merge_customer",
    )
