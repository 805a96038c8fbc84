"""Nothing is shown or changed without a permission and a scope; a new thing is found by itself."""

import io
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from django.urls import get_resolver, path, resolve
from rest_framework import serializers

from api.endpoints import Endpoint, Operation, page
from api.fields import Representation
from apps.crm.models import Customer
from forecourt.kernel import imports, jobs, search
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.errors import NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import Field, Importer, actions
from forecourt.kernel.models import ImportRun, Job
from forecourt.kernel.search import Hit, SearchSource
from forecourt.ui.lists import Column, ListPage
from tests.access import coverage
from tests.access.samples import COMMON_TO_ALL, IMPORTED, SEARCHED
from tests.factories.organisation import actor_of
from tests.hostile.conftest import make_person
from tests.hostile.routes import URLCONF
from tests.hostile.rows import KINDS, make_place
from tests.hostile.test_every_address import PUBLIC
from tests.hostile.test_guards import REACHED_THROUGH, group_models
from tests.hostile.walk import row_for

VIEWS = list(coverage.patterns(get_resolver(URLCONF)))
ENDPOINTS = coverage.endpoints(VIEWS)
LISTS = sorted(
    {view.list_page for _name, view in VIEWS if hasattr(view, "list_page")},
    key=lambda found: found.name,
)
ASKED_OTHERWISE = {
    **dict.fromkeys(
        (
            "account_change_password",
            "account_profile",
            "account_devices",
            "account_devices_end_others",
            "account_device_end",
            "account_tokens",
            "account_token_create",
            "account_token_revoke",
            "mfa_edit_webauthn",
            "mfa_remove_webauthn",
        ),
        "one's own account; Django's login_required stands before them",
    ),
    **dict.fromkeys(("schema", "docs"), "sends on to the address with the slash"),
    # Views of another package, behind its own middleware; tests/hostile walks them all.
    **{
        name: "allauth's, for whoever is signed in"
        for name, view in VIEWS
        if view.__module__.startswith("allauth.")
    },
}
WITHOUT_A_RIGHT = {
    "list_option_lists": "what every form offers to choose from",
    "list_channel_results": "asks for marketing.view_campaign by itself",
    "list_customer_facts": "asks for marketing.view_segment by itself",
    "list_jobs": "one's own",
    "get_job": "one's own",
    "cancel_job": "one's own",
    "list_exportable_lists": "those that the caller may export",
    "list_exports": "one's own",
    "list_arrived_parts": "one's own upload, asked by the action",
    "start_export": "the list's own rights, asked by the list",
    "get_export": "one's own",
    "cancel_export": "one's own",
    "get_export_file": "one's own; the list's rights are asked again",
    **dict.fromkeys(
        (
            "list_notifications",
            "get_notification",
            "mark_notification_read",
            "mark_all_notifications_read",
        ),
        "one's own notifications",
    ),
    "push_lead": "the feed's own token, which opens nothing else",
    **dict.fromkeys(
        (
            "begin_upload",
            "get_upload",
            "abandon_upload",
            "resume_upload",
            "complete_upload",
            "list_arrived_upload_parts",
            "request_upload_parts",
        ),
        "one's own upload; the record that takes the file asks for its own right",
    ),
    "open_custom_file": "the right to see the record and the field, asked by the action",
    "list_waiting_subjects": "what waits for one's own decision; the query asks for the right",
    **dict.fromkeys(
        ("list_paper_kinds", "list_signature_fields"),
        "documents.view_document, asked by the query",
    ),
    "list_import_kinds": "those that the caller may import",
    "search": "each source asks for its own right",
    "list_complaint_steps": "the complaint is read within the right to see it",
    "list_discussion": "the right to take part, and the record's own",
    "list_counted_figures": "each figure asks for the right to see its rows",
    "list_figures": "each measure asks for its own right",
    "list_settings": "group_settings.viewpoint_of asks for it",
    "list_demo_cars": "the right to see test drives is asked for with the stores that it reaches",
    "list_events": "each type of event asks for its own right",
    "list_event_types": "each type of event asks for its own right",
}
LISTS_OF_ONES_OWN = {"notifications.inbox": "one's own notifications"}
WITHOUT_SCOPE = {
    "list_jobs": "one's own jobs",
    "list_exports": "one's own exports",
    "list_notifications": "one's own notifications",
    "notifications:inbox": "one's own notifications",
    "list_interactions": "by the customer's scope (tests/api/test_contacts.py)",
    "list_customer_pool": "customers who have no owner (tests/crm/test_pool.py)",
    "list_waiting_approvals": "what waits for one's own decision",
    "list_audit": "by the entry's store (tests/api/test_audit.py)",
    "ui:gallery_list": "samples that are nobody's",
    **dict.fromkeys(
        ("vehicles:brand_list", "vehicles:series_list", "vehicles:model_list"),
        "the catalogue is the whole group's",
    ),
}


def own_importers() -> list[Importer]:
    """The product's importers, without those that other tests declare."""
    found = imports.all_importers(system_actor())
    return [each for each in found if type(each).__module__.startswith("apps.")]


def own_sources() -> list[SearchSource]:
    return [each for each in search.all_sources() if each.find.__module__.startswith("apps.")]


def rows_of(list_page: type[ListPage], rf: Any) -> Callable[[Actor], Any]:
    def rows(actor: Actor) -> Any:
        request = rf.get("/")
        request.actor, request.htmx = actor, False
        return list_page(request).get_queryset(actor)

    return rows


def row_sources(rf: Any) -> dict[str, Callable[[Actor], Any]]:
    """Every list of the site and every list of the API that needs nothing in its address."""
    found = {
        name: rows_of(view.list_page, rf)
        for name, view in VIEWS
        if hasattr(view, "list_page") and name != "imports:findings"
    }
    return found | {operation.name: operation.rows for operation in api_lists()}


def api_lists() -> Iterator[Operation]:
    for cls in ENDPOINTS.values():
        for _method, operation in coverage.operations(cls):
            rows = operation.rows if operation is not None else None
            if rows is not None and len(signature(rows).parameters) == 1:
                yield operation


@pytest.fixture
def nobody(group) -> Actor:
    return actor_of(make_person(make_place().store, None))


# -- the product ------------------------------------------------------------------------------


def test_every_model_says_whose_its_rows_are():
    assert coverage.uncovered_models(group_models(), REACHED_THROUGH) == []


def test_every_address_asks_who_one_is():
    assert coverage.uncovered_views(VIEWS, {**PUBLIC, **ASKED_OTHERWISE}) == []


def test_every_operation_of_the_api_asks_for_a_right():
    assert coverage.uncovered_operations(ENDPOINTS, WITHOUT_A_RIGHT) == []
    assert len(ENDPOINTS) > 25


def test_every_list_and_its_export_name_known_rights():
    assert coverage.uncovered_exports(LISTS, LISTS_OF_ONES_OWN) == []
    assert len(LISTS) > 8


def test_every_importer_and_search_source_names_a_known_right():
    assert coverage.uncovered_importers(own_importers()) == []
    assert coverage.uncovered_sources(own_sources()) == []


def test_no_list_gives_rows_to_somebody_without_a_right(nobody, rf):
    assert coverage.unscoped_rows(row_sources(rf), nobody, WITHOUT_SCOPE) == []


@pytest.mark.timeout(600)
def test_every_list_of_the_api_holds_ones_own_stores_rows_only(group, rf):
    here, there = make_place(), make_place()
    neighbour = actor_of(make_person(here.store, "STORE"))
    owner = actor_of(make_person(None, "GROUP"))
    tried = 0
    for operation in api_lists():
        if operation.name in WITHOUT_SCOPE:
            continue
        model = operation.rows(owner).model
        theirs, reach = row_for(model, make_place(there.store))
        assert theirs, f"{operation.name}: say in tests/hostile/rows.py how to make one"
        assert operation.rows(owner).filter(pk=theirs.pk).exists(), operation.name
        if reach != "group":
            tried += 1
            assert not operation.rows(neighbour).filter(pk=theirs.pk).exists(), operation.name
    assert tried >= 5


def test_every_search_source_is_tried():
    assert {source.name for source in own_sources()} == set(SEARCHED)


@pytest.mark.parametrize("name", sorted(SEARCHED))
def test_a_search_finds_what_one_may_open(group, client_of, name):
    source = next(source for source in own_sources() if source.name == name)
    here, there = make_place(), make_place()
    mine, theirs = SEARCHED[name](here), SEARCHED[name](there)
    person = make_person(here.store, "STORE")

    complaints = unopened(source, {mine, theirs}, person, client_of(group, person.user))

    assert complaints == []
    assert list(source.find(mine, actor_of(person), 50))
    if name not in COMMON_TO_ALL and theirs != mine:
        assert not list(source.find(theirs, actor_of(person), 50))


def unopened(source: SearchSource, texts: set[str], person: Any, browser: Any) -> list[str]:
    """Hits whose pages the finder may not open."""
    found = [hit for text in texts for hit in source.find(text, actor_of(person), 50)]
    statuses = {hit.url: browser.get(hit.url).status_code for hit in found}
    return [f"{source.name}: {url} {status}" for url, status in statuses.items() if status != 200]


def test_every_importer_is_tried():
    assert {each.kind for each in own_importers()} == set(IMPORTED)


@pytest.mark.parametrize("kind", sorted(IMPORTED))
def test_nobody_imports_without_the_right(nobody, kind):
    with pytest.raises(NotPermitted):
        actions.upload_file(
            kind=kind, name="x.csv", content=io.BytesIO(b"a,b\n1,2\n"), actor=nobody
        )

    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("kind", sorted(IMPORTED))
def test_nobody_imports_into_another_store(group, kind):
    here, there = make_place(), make_place()
    neighbour, owner = make_person(here.store, "STORE"), make_person(None, "GROUP")

    refused = imported(kind, IMPORTED[kind](there), actor_of(neighbour))
    taken = imported(kind, IMPORTED[kind](there), actor_of(owner))

    assert (refused.created_count, refused.updated_count) == (0, 0)
    assert taken.created_count == taken.row_count > 0


def imported(kind: str, text: str, actor: Actor) -> ImportRun:
    """The file through all steps, by the guessed columns."""
    run = actions.upload_file(
        kind=kind, name="x.csv", content=io.BytesIO(text.encode()), actor=actor
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    for start in (actions.start_check, actions.start_run):
        job = start(run_id=run.pk, actor=actor)
        jobs.run_job(schema_name=current_schema(), job_id=job.pk)
        assert Job.objects.get(pk=job.pk).state == Job.State.DONE
    run.refresh_from_db()
    return run


# -- that the walks above would notice --------------------------------------------------------


@isolate_apps("apps.crm")
def test_a_model_without_access_is_noticed():
    class Loose(models.Model):
        class Meta:
            app_label = "crm"

    assert coverage.uncovered_models([Loose], REACHED_THROUGH) == ["crm.Loose: says no RowAccess"]


def test_a_view_that_asks_nobody_is_noticed():
    def loose(request):
        """Shows everything to everybody."""

    address = path("loose/", loose, name="loose")
    listed = path("unknown/", type("Loose", (JobsOfAll,), {"permission": "no.right"}).as_view())

    assert coverage.uncovered_views([("loose", address.callback)], PUBLIC) == [
        "loose: asks nobody who she is"
    ]
    assert coverage.uncovered_views([("unknown", listed.callback)], PUBLIC) == [
        "unknown: nobody declares the permission no.right"
    ]


class JobsOfAll(ListPage):
    name = "test.loose"
    permission = "crm.view_customer"
    title = "Loose"
    columns = (Column("kind", "Kind", mask="no.such_right"),)
    default_sort = "kind"
    export_permission = "no.right_to_export"

    def get_queryset(self, actor):
        return Customer.objects.all()


def test_a_list_without_scope_and_an_export_without_right_are_noticed(nobody, rf):
    rows = {"loose": rows_of(JobsOfAll, rf)}

    assert coverage.unscoped_rows(rows, nobody, WITHOUT_SCOPE) == [
        "loose: gives rows to somebody without any right"
    ]
    assert coverage.uncovered_exports([JobsOfAll], LISTS_OF_ONES_OWN) == [
        "test.loose: nobody declares no.right_to_export",
        "test.loose.kind: nobody declares no.such_right",
    ]


def test_an_operation_without_right_or_scope_is_noticed(nobody):
    class Row(Representation):
        name = serializers.CharField()

    class Loose(Endpoint):
        get = page(
            lambda actor: Customer.objects.all(),
            Row,
            name="list_loose",
            summary="Loose",
            permission=None,
            orderings={"id": "id"},
            default_ordering="id",
        )

        def post(self, request):
            """No operation at all."""

    assert coverage.uncovered_operations({"loose": Loose}, WITHOUT_A_RIGHT) == [
        "list_loose: asks for no permission",
        "loose post: is no operation of api.endpoints",
    ]
    assert coverage.unscoped_rows({"loose": Loose.get.operation.rows}, nobody, {}) == [
        "loose: gives rows to somebody without any right"
    ]


def test_a_search_source_without_scope_is_noticed(group, client_of):
    here, there = make_place(), make_place()
    theirs = KINDS["customer_id"].make(there)
    person = make_person(here.store, "STORE")
    source = SearchSource(
        name="loose",
        label="Loose",
        icon="users",
        permission="no.right",
        find=lambda query, actor, limit: [Hit("x", "", f"/crm/customers/{theirs.pk}/")],
    )

    complaints = unopened(source, {"x"}, person, client_of(group, person.user))

    assert complaints == [f"loose: /crm/customers/{theirs.pk}/ 404"]
    assert coverage.uncovered_sources([source]) == ["loose"]


def test_an_importer_without_right_is_noticed():
    class Loose(Importer):
        kind, permission, label = "loose", "no.right", "Loose"
        fields = (Field("name", "Name"),)

        def write(self, rows, context):
            """Writes nothing."""

    assert coverage.uncovered_importers([Loose()]) == ["loose"]


def test_the_walk_reaches_the_pages_it_is_about():
    names = {name for name, _view in VIEWS}

    assert {"crm:lead_detail", "vehicles:stock_unit_list", "organisation:role_detail"} <= names
    assert resolve("/crm/leads/", urlconf=URLCONF).func.list_page in LISTS
