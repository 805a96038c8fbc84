"""A document is seen through its records, as far as its kind allows it, and by nobody else."""

from dataclasses import replace

import pytest

from apps.documents import actions, subjects
from apps.documents.models import Document, DocumentLink
from apps.documents.queries.documents import (
    documents_of,
    find_documents,
    get_document,
    list_documents,
)
from apps.documents.subjects import Place
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import NotFound, NotPermitted
from tests.factories.crm import make_customer
from tests.factories.documents import kind_of, make_document, png
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_transfer, make_unit


def sees(actor, document: Document) -> bool:
    """In the list, on its own, of its record and in the palette: all or none."""
    link = document.links.first()
    found = {
        list_documents(actor).filter(pk=document.pk).exists(),
        find_documents(actor, document.title).filter(pk=document.pk).exists(),
    }
    try:
        found.add(get_document(document_id=document.pk, actor=actor) == document)
    except NotFound:
        found.add(False)
    try:
        rows = documents_of(Place(link.subject, link.subject_id), actor)
        found.add(rows.filter(pk=document.pk).exists())
    except NotFound:
        found.add(False)
    assert len(found) == 1
    return found.pop()


def test_a_document_is_seen_by_those_who_see_its_record(actor, advisor, place) -> None:
    document = make_document(place, actor=actor, title="Contract of sale")
    store = advisor.home_store

    assert sees(actor, document)
    assert sees(actor_of(make_staff("store_manager", store)), document)
    assert sees(actor_of(make_staff("headquarters")), document)
    assert sees(actor_of(make_staff("auditor")), document)
    assert not sees(actor_of(make_staff("sales_advisor", store)), document)
    assert not sees(actor_of(make_staff("store_manager", make_store())), document)
    assert not sees(actor_of(make_staff("technician", store)), document)


def test_whoever_loses_the_record_loses_its_documents_at_once(actor, customer, place) -> None:
    document = make_document(place, actor=actor, title="Contract of sale")
    link = actions.open_document(document_id=document.pk, actor=actor)
    customer.owner = make_staff("sales_advisor", make_store())
    customer.save()

    with pytest.raises(NotFound):
        actions.open_document(document_id=document.pk, actor=actor)
    assert link


def test_one_of_several_records_is_enough(actor, place) -> None:
    document = make_document(place, actor=actor, title="Handover minutes")
    other = make_staff("sales_advisor", make_store())
    theirs = make_customer(owner=other)
    assert not sees(actor_of(other), document)

    actions.link_document(
        document_id=document.pk,
        subject="crm.customer",
        subject_id=theirs.pk,
        actor=actor_of(make_staff("group_owner")),
    )

    assert list_documents(actor_of(other)).get() == document


def test_both_stores_of_a_transfer_see_its_papers(group) -> None:
    one, other = make_store(), make_store()
    transfer = make_transfer(make_unit(one), to_store=other)
    document = make_document(Place("vehicles.transfer", transfer.pk), title="Transfer slip")

    for store in (one, other):
        assert sees(actor_of(make_staff("store_manager", store)), document)
    assert not sees(actor_of(make_staff("store_manager", make_store())), document)


def test_a_kind_that_is_not_for_a_role_is_not_seen_by_it(actor, advisor, place) -> None:
    kind = kind_of("other", role_codes=["store_manager"])
    document = make_document(place, kind=kind, title="Letter of complaint")

    assert not sees(actor, document)
    assert sees(actor_of(make_staff("store_manager", advisor.home_store)), document)
    kind_of("other", role_codes=[])
    assert sees(actor, document)


def test_nobody_adds_what_she_would_not_see(actor, place) -> None:
    kind = kind_of("other", role_codes=["store_manager"])

    with pytest.raises(NotFound):
        make_document(place, actor=actor, kind=kind)

    assert not Document.objects.exists()


def test_colleagues_do_not_see_each_others_papers(advisor) -> None:
    document = make_document(
        Place("organisation.staff", advisor.pk),
        kind=kind_of("employment_contract"),
        title="Employment contract",
        name="contract.png",
        content=png(),
    )
    store = advisor.home_store

    assert sees(actor_of(advisor), document)
    assert sees(actor_of(make_staff("hr", store)), document)
    assert not sees(actor_of(make_staff("sales_advisor", store)), document)
    assert not sees(actor_of(make_staff("receptionist", store)), document)


def test_without_the_right_no_record_helps(actor, place) -> None:
    document = make_document(place, actor=actor)
    bare = replace(
        actor, grants={k: v for k, v in actor.grants.items() if not k.startswith("documents.")}
    )

    assert not list_documents(bare).exists()
    with pytest.raises(NotPermitted):
        actions.open_document(document_id=document.pk, actor=bare)
    with pytest.raises(NotPermitted):
        make_document(place, actor=bare)


def test_every_way_of_seeing_agrees_whatever_the_reach(group) -> None:
    """Whole, bounded and mixed sights are different conditions in SQL: all of them are counted
    against a plain walk over the links."""
    store = make_store()
    advisor = make_staff("sales_advisor", store)
    places = [
        Place("crm.customer", make_customer(owner=advisor).pk),
        Place("crm.customer", make_customer(owner=make_staff("sales_advisor", make_store())).pk),
        Place("vehicles.stock_unit", make_unit(store).pk),
        Place("vehicles.stock_unit", make_unit(make_store()).pk),
        Place("organisation.store", store.pk),
        Place("organisation.staff", advisor.pk),
    ]
    for place in places:
        make_document(place)
    for role in ("sales_advisor", "store_manager", "headquarters", "group_finance", "auditor"):
        actor = actor_of(advisor if role == "sales_advisor" else make_staff(role, store))
        expected = {
            link.document_id
            for link in DocumentLink.objects.all()
            if subjects.subject_of(link.subject).rows(actor).filter(pk=link.subject_id).exists()
        }
        assert set(list_documents(actor).values_list("pk", flat=True)) == expected, role
    assert list_documents(system_actor()).count() == len(places)


def test_a_set_of_records_is_joined_and_never_looked_into_row_by_row(group) -> None:
    """Within an OR it would be: too large a set is then searched anew for every document."""
    listed = list_documents(actor_of(make_staff("store_manager", make_store())))

    plan = listed.explain()

    assert "SubPlan" not in plan, plan


def test_records_that_are_seen_without_a_bound_are_not_looked_up(group) -> None:
    listed = list_documents(actor_of(make_staff("headquarters")))

    assert "crm_customer" not in str(listed.query)
