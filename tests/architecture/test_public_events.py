"""What is declared as an event is really written, and what is written was thought about."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from apps.approvals.rules.states import RequestState
from apps.vehicles.rules.states import BY_HAND, TransferState
from forecourt.kernel import feed

APPS = Path(__file__).resolve().parents[2] / "apps"
WRITERS = {"record", "record_many", "entry"}
BY_STATE = {
    "approvals": {str(value).lower() for value in RequestState.values},
    "vehicles": {str(value).lower() for value in (*BY_HAND, *TransferState.values)},
}
"""Written under the name of a move or a state."""
NOT_PUBLIC = {
    "discussions": {"posted": "said among those who see the record, which says enough by itself"},
    "approvals": {
        **dict.fromkeys(
            (
                "created",
                "changed",
                "removed",
                "draft changed",
                "draft discarded",
                "published",
                "retired",
            ),
            "flows are the group's own configuration",
        ),
        **dict.fromkeys(("absence planned", "absence ended"), "who stands in for whom"),
        "file added": "the request itself says so",
    },
    "crm": {
        "deleted": "a rule of assignment",
        **dict.fromkeys(
            ("mapped", "token_renewed", "token_revoked"), "feeds are the group's own configuration"
        ),
        **dict.fromkeys(("taken in again", "dismissed"), "the lead itself is an event"),
        "phone uncovered": "who looked at a number is the group's own affair",
        "national_id_revealed": "who looked at a number is the group's own affair",
        "licence_revealed": "who looked at a number is the group's own affair",
        "consent_withdrawn": "told within the group, by notifications",
        "clash_settled": "who looks after the customer is who did before",
        "told apart": "that two customers are two is no news",
        "rescheduled": "a plan within one's day",
        "skipped": "a plan within one's day",
        "done": "a plan within one's day; the contact itself is an event",
    },
    "documents": {
        "removal announced": "told within the group, by notifications",
        **dict.fromkeys(("created", "deleted"), "kinds are the group's own configuration"),
        "upload abandoned": "no document has come of it",
        **dict.fromkeys(
            ("template written", "template published", "template discarded", "template retired"),
            "templates are the group's own configuration",
        ),
        **dict.fromkeys(
            ("signature asked", "signature no longer asked"), "what is public is that it was signed"
        ),
        "certificate made": "the group's own security",
    },
    "marketing": {
        "followed": "each customer's own entry says that the tag was put on or taken back",
    },
    "organisation": {
        "deleted": "a role, region or position",
        **dict.fromkeys(("retired", "restored"), "a department or position"),
        **dict.fromkeys(
            (
                "domain_added",
                "domain_proven",
                "domain_missing",
                "domain_lost",
                "domain_chosen",
                "domain_removed",
            ),
            "at which names the group answers is between it and us",
        ),
        "invited_again": "the mail was sent once more",
        "invitation_revoked": "nobody has come",
        **dict.fromkeys(
            ("bank_account_revealed", "national_id_revealed", "driving_licence_revealed"),
            "who looked at a number is the group's own affair",
        ),
        "second_factors_removed": "the group's own security",
        **dict.fromkeys(("archive_ordered", "archive_fetched"), "the group's own security"),
    },
    "vehicles": {"created": "an entry of the catalogue"},
}


def _modules() -> set[str]:
    return {event.module for event in feed.all_events().values()}


def _calls(module: str) -> Iterator[ast.Call]:
    for path in (APPS / module).rglob("*.py"):
        if "management" in path.parts:  # an argument's "action" is none of a person's
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield node


def _texts(node: ast.AST | None) -> Iterator[str]:
    if node is not None:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


@cache
def written(module: str) -> set[str]:
    """The actions that stand as text in the calls of the log, or are handed down to one."""
    found = set(BY_STATE.get(module, ()))
    for call in _calls(module):
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr in WRITERS and len(call.args) > 1:
            found |= set(_texts(call.args[1]))
        if isinstance(function, ast.Name) and function.id == "_move" and len(call.args) > 2:
            found |= set(_texts(call.args[2]))
        if not (isinstance(function, ast.Name) and function.id == "AccountActivity"):
            found |= {
                text
                for keyword in call.keywords
                if keyword.arg == "action"
                for text in _texts(keyword.value)
            }
    return found


def test_every_declared_event_is_written_by_its_module() -> None:
    for event in feed.all_events().values():
        assert set(event.actions) <= written(event.module), event.type


def test_every_entry_that_a_module_writes_is_an_event_or_said_not_to_be() -> None:
    for module in _modules():
        declared = {
            action
            for event in feed.all_events().values()
            if event.module == module
            for action in event.actions
        }
        known = declared | set(NOT_PUBLIC.get(module, ()))
        silent = written(module) - known - BY_STATE.get(module, set())
        assert silent == set(), f"{module}: declare in feed.py, or say why not: {sorted(silent)}"
