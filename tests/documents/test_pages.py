"""The pages of documents: how often they ask, and what they offer."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.crm.models import Customer
from apps.documents.subjects import Place
from forecourt.kernel.models import AuditEntry
from tests.factories.documents import kind_of, make_document, make_version, png
from tests.factories.organisation import make_staff


@pytest.fixture
def owner(group, client_of: Callable[..., Client], advisor) -> Client:
    return client_of(group, make_staff("group_owner", advisor.home_store).user)


@pytest.fixture
def many(actor, place) -> list:
    made = [
        make_document(place, actor=actor, name=f"{n}.png", content=png(), folder=folder)
        for n, folder in enumerate(["", "合同"] * 4)
    ]
    make_version(made[0], actor=actor, name="b.png", content=png("red"))
    return made


@pytest.mark.parametrize("page", ["list", "search", "panel", "folder", "document"])
@pytest.mark.usefixtures("many")
def test_pages_ask_at_most_twelve_times_however_many_documents_there_are(
    owner, many, customer: Customer, page, django_assert_max_num_queries
) -> None:
    panel = reverse("documents:panel", args=["crm.customer", customer.pk])
    address = {
        "list": reverse("documents:document_list"),
        "search": reverse("documents:document_list") + "?q=png",
        "panel": panel,
        "folder": f"{panel}?folder=合同",
        "document": reverse("documents:document_detail", args=[many[0].pk]),
    }[page]
    owner.get(address)

    with django_assert_max_num_queries(12):
        answer = owner.get(address)

    assert answer.status_code == 200


@pytest.mark.usefixtures("many")
def test_a_customers_page_asks_nothing_for_her_documents(owner, customer: Customer) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = owner.get(reverse("crm:customer_detail", args=[customer.pk]))

    assert reverse("documents:panel", args=["crm.customer", customer.pk]) not in str(page.content)
    assert not [query for query in asked.captured_queries if '"documents_' in query["sql"]]


def test_tags_are_typed_where_files_are_chosen(owner, customer) -> None:
    page = owner.get(reverse("documents:document_add", args=["crm.customer", customer.pk]))

    assert 'name="tags"' in page.content.decode() and "data-list" in page.content.decode()


def test_text_of_a_sensitive_kind_is_on_one_tab_alone_and_each_look_is_logged(
    owner, customer
) -> None:
    kind = kind_of("other", is_sensitive=True)
    place = Place("crm.customer", customer.pk)
    document = make_document(place, kind=kind, content="工资三万元".encode())
    page = reverse("documents:document_detail", args=[document.pk])
    looks = AuditEntry.objects.filter(action="looked at", subject_id=str(document.pk))

    assert "工资三万元" not in owner.get(f"{page}?tab=versions").content.decode()
    assert not looks.exists()
    assert "工资三万元" in owner.get(page).content.decode()
    assert looks.get().actor_name


def test_the_chosen_kind_says_what_files_it_takes(owner) -> None:
    minutes, photo = kind_of("minutes"), kind_of("inspection_photo")
    said = {
        kind: owner.get(reverse("documents:files_taken"), {"kind_id": kind.pk}).content.decode()
        for kind in (minutes, photo)
    }

    assert "Word" in said[minutes] and "Word" not in said[photo] and "JPEG" in said[photo]
    assert owner.get(reverse("documents:files_taken"), {"kind_id": "x"}).content == b""


def test_a_persons_history_leads_to_the_proof_that_her_papers_are_erased(
    owner, actor, customer: Customer, place: Place
) -> None:
    make_document(place, actor=actor, name="a.png", content=png())
    erase = reverse("documents:papers_erase", args=[place.subject, place.id])
    proof = owner.post(erase, {"reason": "her letter"}).url

    history = reverse("crm:customer_detail", args=[customer.pk]) + "?tab=history"
    assert f'href="{proof}"' in owner.get(history).content.decode()
    back = reverse("crm:customer_detail", args=[customer.pk]) + "?tab=documents"
    assert f'href="{back}"' in owner.get(proof).content.decode()
