"""Lists, their exports and their bulk actions hold nothing that is not the reader's.

All three take their rows from the list's own queryset, so it is that which is tried; and one real
export and one real bulk action are sent to prove that they do.
"""

import pytest
from django.db import connection
from django.test import RequestFactory
from django.urls import get_resolver, resolve

from apps.crm.models import Lead
from forecourt.kernel import audit
from forecourt.kernel.access import system_actor
from forecourt.kernel.groups import inside
from tests.factories.organisation import actor_of
from tests.hostile.conftest import make_person
from tests.hostile.routes import URLCONF, Route, routes
from tests.hostile.rows import KINDS, make_place
from tests.hostile.walk import row_for

LISTS = [route for route in routes() if route.is_list and not route.keywords]


def queryset_of(route: Route, actor):
    """The rows of a list as its page, its export and its bulk actions take them."""
    page = resolve(route.address({}), urlconf=URLCONF).func.list_page
    request = RequestFactory().get(route.address({}))
    request.actor, request.htmx = actor, False
    return page(request).get_queryset(actor)


LOG = "organisation:audit_log"
"""Its rows stand in no address; a test of its own looks at them."""


@pytest.mark.parametrize("route", [route for route in LISTS if route.name != LOG], ids=str)
def test_a_list_holds_the_rows_of_those_who_may_see_them_only(group, other_group, route):
    here, there = make_place(), make_place()
    neighbour = actor_of(make_person(here.store, "STORE"))
    owner = actor_of(make_person(None, "GROUP"))
    model = queryset_of(route, owner).model
    row, reach = row_for(model, there)
    assert row is not None, f"say in tests/hostile/rows.py how to make a {model._meta.label}"
    with inside(other_group):
        theirs, _reach = row_for(model, make_place())

    assert not queryset_of(route, owner).filter(pk=theirs.pk).exists()
    if reach != "group":
        assert not queryset_of(route, neighbour).filter(pk=row.pk).exists()
    with inside(other_group):
        assert model._base_manager.filter(pk=theirs.pk).exists()


def test_the_audit_log_holds_nothing_of_another_group(group, other_group):
    route = next(route for route in LISTS if route.name == LOG)
    place = make_place()
    owner = actor_of(make_person(None, "GROUP"))
    audit.record(owner, "changed", place.store)
    with inside(other_group):
        stranger = make_place().store
        audit.record(system_actor("neighbour"), "changed", stranger)

    names = set(queryset_of(route, owner).values_list("actor_name", flat=True))

    assert owner.name in names
    assert "neighbour" not in names


def test_there_are_lists(group):
    assert len(LISTS) >= 10
    assert get_resolver(URLCONF)


def test_an_export_holds_nothing_of_another_store(group, visitor):
    here, there = make_place(), make_place()
    for place in (here, there):
        KINDS["lead_id"].make(place)
    person = make_person(here.store, "STORE")
    home = connection.tenant

    answer = visitor(group, person).client.get("/crm/leads/?export=csv")
    connection.set_tenant(home)
    content = b"".join(answer.streaming_content if answer.streaming else [answer.content])
    text = content.decode("utf-8-sig")

    assert here.store.name_zh in text
    assert there.store.name_zh not in text


def test_a_bulk_action_on_another_stores_rows_changes_nothing(group, visitor):
    here, there = make_place(), make_place()
    theirs = KINDS["lead_id"].make(there)
    person = make_person(here.store, "STORE")
    home = connection.tenant
    page = resolve("/crm/leads/", urlconf=URLCONF).func.list_page

    for action in page.bulk_actions:
        form = {"bulk": action.name, "row": theirs.pk, "owner_id": here.staff.pk, "reason": "x"}
        visitor(group, person).client.post("/crm/leads/", form)
        connection.set_tenant(home)

    assert page.bulk_actions
    assert Lead.objects.get(pk=theirs.pk).owner_id == there.staff.pk
