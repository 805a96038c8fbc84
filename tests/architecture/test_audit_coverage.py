"""Whatever writes leaves an entry in the audit log: every action, and every address that writes.

Two walks that find new code by themselves. One reads the actions of all modules and follows what
they call; the other sends every address its form or body and looks at what was really written.
"""

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from forecourt.kernel import audit
from forecourt.kernel.models import AuditEntry
from tests.hostile.conftest import Visitor, make_person
from tests.hostile.routes import Route, routes
from tests.hostile.rows import make_place
from tests.hostile.walk import portions, undone, values_for

MODULES = [
    name
    for config in apps.get_app_configs()
    if config.name.startswith(("apps.", "forecourt."))
    for name in (f"{config.name}.actions", f"{config.name}.start.actions")
] + ["forecourt.kernel.imports.actions"]
LEAVE_NO_ENTRY: dict[str, str] = {
    "apps.care.actions.tell_of_late_complaints": "the complaint's own steps keep it",
    "apps.crm.actions.enquiry": "checks what came in; registering it leaves the entry",
    "apps.crm.actions.try_assignment": "shows what would happen, writes nothing",
    "apps.crm.actions.try_feed": "shows what would become; nothing is written",
    "apps.crm.actions.start_replay": "shows what would have come of it, changes nothing",
    "apps.crm.actions.put_tags": "the import that brings the tags logs the customer",
    "apps.crm.actions.get_replay": "shows what would have come of it, changes nothing",
    "apps.crm.actions.describe_replay": "shows what would have come of it, changes nothing",
    "apps.notifications.actions.choose_channels": "how a person likes to be told",
    "apps.notifications.actions.forget_choices": "how a person likes to be told",
    "apps.notifications.actions.mark_read": "what a person has read",
    "apps.notifications.actions.mark_all_read": "what a person has read",
    "apps.notifications.actions.notify": "tells of what is logged; deliveries are kept",
    "apps.notifications.actions.notify_all": "tells of what is logged; deliveries are kept",
    "apps.notifications.actions.send_to_customer": "the list of deliveries keeps what was sent",
    "apps.notifications.actions.send_to_customers": "the list of deliveries keeps what was sent",
    **dict.fromkeys(
        (
            "apps.marketing.actions.carry_out",
            "apps.marketing.actions.has_waiting",
            "apps.marketing.actions.note_delivery",
            "apps.marketing.actions.note_effect",
            "apps.marketing.actions.note_opened",
            "apps.marketing.actions.plan_dates",
            "apps.marketing.actions.plan_events",
        ),
        "whom an automation or a campaign reaches is kept customer by customer",
    ),
    "apps.approvals.actions.start_flow_replay": "shows what would have come of it, changes nothing",
    "apps.approvals.actions.get_flow_replay": "shows what would have come of it, changes nothing",
    "apps.approvals.actions.approve_by_rule": "the subject's own module does it, and logs it",
    "apps.documents.actions.print_paper": "shows what a paper would be, changes nothing",
    "apps.approvals.actions.comment": "the request's own record, which takes no change, keeps it",
    "apps.crm.actions.start_finding": "compares customers; what is decided of them is logged",
    "apps.documents.actions.arrived_parts": "how far an upload has come",
    "apps.documents.actions.request_parts": "how an upload goes on; its end leaves the entry",
    "apps.documents.actions.resume_version": "how an upload goes on; its end leaves the entry",
    "apps.documents.actions.complete_version": "what the check finds leaves the entry",
    "apps.documents.actions.papers_of": "shows what an erasure would take",
    "apps.documents.actions.thumbnail_of": "none of what is sensitive",
    "apps.documents.actions.follow_merge": "the merge leaves the entry",
    "apps.documents.actions.undo_merge": "undoing the merge leaves the entry",
    "apps.organisation.start.actions.skip_step": "where the guided start stands",
    "apps.organisation.start.actions.begin_empty": "where the guided start stands",
    "apps.organisation.start.actions.load_sample": "its job logs what it put in",
    "apps.organisation.start.actions.remove_sample": "its job logs what it took out",
    "forecourt.kernel.imports.actions.read_again": "a file is prepared, nothing is imported yet",
    "forecourt.kernel.imports.actions.map_columns": "a file is prepared, nothing is imported yet",
    "forecourt.kernel.imports.actions.start_check": "a file is tried, nothing is imported yet",
    "forecourt.kernel.imports.actions.start_run": "its job logs what it imported",
    "forecourt.kernel.imports.actions.settle_run": "notes how its job ended, which is logged",
}
"""Actions without an entry, each for its reason."""
NOT_LOGGED: dict[str, str] = {
    "crm_duplicatepair": "what a search has found; what is decided of it is logged",
    "marketing_reach": "whom a campaign or an automation reached is kept there itself",
    "django_session": "signing in and out are logged; a session's own data is a person's",
    "usersessions_usersession": "when a device was last seen",
    "kernel_idempotencykey": "how a repeated request is recognised",
    "kernel_outboxmessage": "what is sent because of an entry",
    "kernel_measuredelta": "figures of documents that are logged themselves",
    "kernel_measuretotal": "figures of documents that are logged themselves",
    "kernel_preference": "how a person likes her lists, seen by her alone",
    "kernel_savedview": "how a person likes her lists",
    "kernel_job": "a job logs what it does",
    "kernel_webhookdelivery": "what was sent is kept there itself",
    "approvals_approvalact": "the request's own record, which takes no change",
    "kernel_documentcounter": "the number is on the document",
    "kernel_datakey": "made with a group",
    "accounts_apitoken": "last use; making and revoking are logged (test_tokens)",
    "mfa_authenticator": "last use; changes are logged (test_second_factor)",
}
"""Tables whose writing alone is no event, each for its reason."""
NO_EVENT: dict[str, str] = {
    "api:notifications_read_all": "what a person has read",
    "notifications:read_all": "what a person has read",
    "start:data": "where the guided start stands",
    "start:skip": "where the guided start stands",
}
"""Addresses that write without an entry, each for its reason."""
WRITE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "?(?:\w+"?\.")?(\w+)"?', re.IGNORECASE)


# --- Every action ---------------------------------------------------------------------------------


def _actions() -> Iterator[tuple[str, FunctionType]]:
    """Public functions with an actor, as the modules offer them."""
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for key, value in vars(module).items():
            if inspect.isfunction(value) and not key.startswith("_"):
                function = inspect.unwrap(value)
                is_ours = function.__module__.startswith(name)
                if is_ours and "actor" in inspect.signature(function).parameters:
                    yield f"{name}.{key}", function


def _reaches_the_log(function: Any, seen: set[Any] | None = None) -> bool:
    """Whether the function, or one of our own that it names, calls ``forecourt.kernel.audit``."""
    seen = set() if seen is None else seen
    function = inspect.unwrap(function)
    if function in seen or not getattr(function, "__module__", "").startswith(
        ("apps.", "forecourt.", "tests.")
    ):
        return False
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    space = vars(importlib.import_module(function.__module__))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = space.get(node.value.id)
            if holder is audit:
                return True
            called = getattr(holder, node.attr, None) if inspect.ismodule(holder) else None
        elif isinstance(node, ast.Name):
            called = space.get(node.id)
        else:
            continue
        if (inspect.isfunction(called) or _is_our_class(called)) and _reaches_the_log(called, seen):
            return True
    return False


def _is_our_class(value: Any) -> bool:
    """Helpers such as a batch that an action makes; not models, forms or errors."""
    return (
        inspect.isclass(value) and value.__module__.startswith("apps.") and value.__name__[0] == "_"
    )


@pytest.mark.parametrize("name", [name for name, _function in _actions()])
def test_every_action_leaves_an_entry(name: str) -> None:
    function = dict(_actions())[name]
    if name in LEAVE_NO_ENTRY:
        assert not _reaches_the_log(function), f"{name} leaves an entry: drop its reason"
        return
    assert _reaches_the_log(function), (
        f"{name} writes nothing into the audit log: call audit.record, "
        "or say here why there is nothing to log"
    )


def test_an_action_without_an_entry_is_found() -> None:
    def forgetful(*, actor: Any) -> None:
        AuditEntry.objects.all().delete()

    def honest(*, actor: Any) -> None:
        audit.record(actor, "changed", AuditEntry())

    assert not _reaches_the_log(forgetful)
    assert _reaches_the_log(honest)
    assert len(list(_actions())) > 40


# --- Every address --------------------------------------------------------------------------------


class Watch:
    """The tables that were written, and whether it was taken back."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if found := WRITE.match(str(sql).strip()):
            self.tables.add(found[1].lower())
        return execute(sql, *rest)


WALKED = [route for route in routes() if route.name]


@pytest.mark.parametrize("walk", portions(routes()))
def test_every_address_works_and_what_it_writes_leaves_an_entry(
    group: Any, subtests: Any, walk: list[Route]
) -> None:
    """As somebody with every right. That nothing answers 500 guards the hostile walks, too: an
    address that does so for everybody would hide everything."""
    place = make_place()
    visitor = Visitor(group, make_person(None, "GROUP"))

    for route in walk:
        with subtests.test(str(route)), undone():
            values = values_for(route, place)
            if route in WITH_HISTORY:
                _assert_history(route.address(values), visitor)
            _try(route, values, visitor)


def _try(route: Route, values: dict[str, Any], visitor: Visitor) -> None:
    home = connection.tenant
    watch = Watch()
    before = AuditEntry.objects.count()

    with connection.execute_wrapper(watch):
        answers = visitor.try_all(route, values)
    connection.set_tenant(home)

    statuses = {way: answer.status_code for way, answer in answers.items()}
    assert max(statuses.values()) < 500, statuses
    written = watch.tables - NOT_LOGGED.keys() - {"kernel_auditentry"}
    succeeded = {way for way, answer in answers.items() if _did(way, answer)}
    if written and succeeded and route.name not in NO_EVENT:
        assert AuditEntry.objects.count() > before, (sorted(written), statuses)


def _did(way: str, answer: Any) -> bool:
    """A PATCH is left out: the walk's names nothing to change, and what an action saves again is no
    change. The actions behind them are walked above."""
    return way != "PATCH" and not way.startswith("GET") and answer.status_code < 400


# --- Every record ---------------------------------------------------------------------------------

WITHOUT_HISTORY: dict[str, str] = {
    "ui:job_detail": "one's own work under way; what it changes has a history",
    "imports:run_detail": "one page without tabs, which ends with its history",
    "approvals:flow_detail": "one page without tabs, which ends with its history",
    "organisation:archive_detail": "is a record of what happened itself",
    "settings:option_list_detail": "its history has an address of its own",
    "webhooks:webhook_detail": "its history has an address of its own",
    "webhooks:delivery_detail": "is a record of what happened itself",
}


WITH_HISTORY = {
    route
    for route in WALKED
    if route.name.endswith("_detail") and route.name not in WITHOUT_HISTORY
}


def _assert_history(address: str, visitor: Visitor) -> None:
    """Every record has one, and a way to it."""
    home = connection.tenant
    page = visitor.client.get(address)
    assert "tab=history" in page.content.decode(), "give it the tab HISTORY"
    assert visitor.client.get(f"{address}?tab=history").status_code == 200
    connection.set_tenant(home)


def test_many_records_have_a_history() -> None:
    assert len(WITH_HISTORY) >= 20


def test_what_is_excused_exists() -> None:
    assert {*WITHOUT_HISTORY, *NO_EVENT} <= {route.name for route in WALKED}
