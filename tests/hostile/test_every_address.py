"""No address of the site shows or changes what is not the visitor's, whichever way it is tried."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from apps.organisation.models import StaffMember
from forecourt.kernel.groups import inside
from tests.hostile.conftest import make_person
from tests.hostile.routes import Route, routes
from tests.hostile.rows import FORMS, KINDS, QUERIES, VALUES, Place, kind_of, make_place, value_of
from tests.hostile.walk import portions, undone, values_for

ROUTES = routes()
SIGN_IN = "/accounts/login/"

PUBLIC = {
    "account_login": "where one signs in",
    "account_logout": "shows the door to those who are out already",
    "account_inactive": "tells that an account is shut",
    "account_reset_password": "for those who forgot the password",
    "account_reset_password_done": "says the same whoever asked",
    "account_reset_password_from_key": "the link in the mail is the proof",
    "account_reset_password_from_key_done": "says that the password is set",
    "mfa_login_webauthn": "signing in with a passkey begins here",
    "organisation:invitation_accept": "the link in the mail is the proof",
    "notifications:opt_out": "the signed link in a message is the proof",
    "marketing:follow_link": "the signed link in a message is the proof",
    "documents:sign": "the link to sign is the proof",
    "documents:sign_file": "the link to sign is the proof",
    "documents:sign_page": "the link to sign is the proof",
    "support:enter": "the one-time link of the console is the proof",
    "support:leave": "ends a visit of support; without one it changes nothing",
    "support:over": "says that support access has ended",
    "start:enter": "the one-time link of the sign-up is the proof",
    "set_language": "chooses the language of the sign-in page",
    "set_theme": "chooses the look of the sign-in page",
    "files:direct": "the signed link is the proof",
    "ui:brand_css": "a colour as a stylesheet; the address holds all that it says",
    "ui:brand_logo": "the logo of the sign-in page",
    "ui:manifest": "the installable app; the browser asks without cookies",
    "ui:service_worker": "the installable app; holds no data",
    "ui:offline": "the installable app; holds no data",
    "api:feed": "the feed's own token is the proof",
    "api:schema": "describes the product and holds nothing of any group",
}
EVERYBODY = {
    "headquarters:home": "where everybody arrives; shows what she may see, which may be nothing",
    "crm:division_options": "the country's administrative divisions, known to everybody",
    "files:upload_begin": "each use of a file asks for its own right",
    "organisation:own_rights": "what one may do oneself",
    "organisation:own_chat_ids": "who one is in the company's chat apps",
    "organisation:staff_options": "offers the people she may see, which may be nobody",
    "ui:search": "finds what she may see, which may be nothing",
    "account_reauthenticate": "one's own account",
    "account_change_password": "one's own account",
    "account_profile": "one's own account",
    "account_devices": "one's own account",
    "account_devices_end_others": "one's own account",
    "mfa_index": "one's own account",
    "mfa_authenticate": "one's own account",
    "mfa_reauthenticate": "one's own account",
    "mfa_activate_totp": "one's own account",
    "mfa_deactivate_totp": "one's own account",
    "mfa_view_recovery_codes": "one's own account",
    "mfa_generate_recovery_codes": "one's own account",
    "mfa_download_recovery_codes": "one's own account",
    "mfa_list_webauthn": "one's own account",
    "mfa_add_webauthn": "one's own account",
    "mfa_reauthenticate_webauthn": "one's own account",
    "notifications:preferences": "one's own choices",
    "notifications:preferences_reset": "one's own choices",
    "notifications:inbox": "one's own notifications",
    "notifications:bell": "one's own notifications",
    "notifications:latest": "one's own notifications",
    "notifications:read_all": "one's own notifications",
    "api:notifications": "one's own notifications",
    "api:notifications_read_all": "one's own notifications",
    "api:docs": "describes the product and holds nothing of any group",
    "api:jobs": "one's own jobs",
    "api:exports": "one's own exports; each list asks for its own rights",
    "api:export_lists": "the lists that one may export, which may be none",
    "api:option_lists": "what every form offers to choose from",
}


def reach(route: Route) -> set[str]:
    """How far the rows that stand in an address belong to somebody; empty without a row."""
    kinds = (kind_of(route.name, name) for name in route.keywords)
    return {kind.reach for kind in kinds if kind}


def assert_hidden(route: Route, answers: dict) -> None:
    """Some method answers 404, and every other one that there is no such method.

    A list refuses a POST that names none of its actions, whatever its rows are.
    """
    statuses = {way: answer.status_code for way, answer in answers.items()}
    allowed = {404, 405, 400} if route.is_list else {404, 405}
    assert set(statuses.values()) <= allowed, (str(route), statuses)
    assert 404 in statuses.values(), (str(route), statuses)


def assert_sent_to_sign_in(route: Route, answers: dict) -> None:
    for way, answer in answers.items():
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith(SIGN_IN)
        redirected_within = route.prefix in {"api/v1/docs", "api/v1/schema"}
        refused = answer.status_code in {401, 403, 404, 405}
        assert to_sign_in or redirected_within or refused, (way, answer.status_code)


def assert_refused(route: Route, answers: dict) -> None:
    allowed = {403, 405}
    if route.keywords or route.name == "api:unknown":
        allowed |= {404}
    for way, answer in answers.items():
        assert answer.status_code in allowed, (way, answer.status_code)


@dataclass(frozen=True)
class Intruder:
    """Somebody who has no business at some addresses: ``make`` answers her, given the place of the
    rows, and None stands for nobody signed in."""

    who: str
    make: Callable[[Place], StaffMember | None]
    comes_to: Callable[[Route], bool]
    assert_refused: Callable[[Route, dict], None]


INTRUDERS = (
    Intruder(
        "a stranger",
        lambda place: None,
        lambda route: route.name not in PUBLIC,
        assert_sent_to_sign_in,
    ),
    Intruder(
        "a person without a role",
        lambda place: make_person(place.store, None),
        lambda route: bool(route.name) and route.name not in {*PUBLIC, *EVERYBODY},
        assert_refused,
    ),
    Intruder(
        "somebody of another store",
        lambda place: make_person(make_place().store, "STORE"),
        lambda route: not reach(route).isdisjoint({"store", "owner", "own"}),
        assert_hidden,
    ),
    Intruder(
        "a colleague with rights over her own",
        lambda place: make_person(place.store, "OWN"),
        lambda route: not reach(route).isdisjoint({"owner", "own"}),
        assert_hidden,
    ),
    Intruder(
        "the owner, at what is private",
        lambda place: make_person(None, "GROUP"),
        lambda route: "own" in reach(route),
        assert_hidden,
    ),
)


def test_everything_that_stands_in_an_address_is_known_here():
    unknown = {
        f"{route.name}.{name}"
        for route in ROUTES
        for name in route.keywords
        if kind_of(route.name, name) is None and value_of(route.name, name) is None
    }

    assert not unknown, f"Say in tests/hostile/rows.py what these are: {sorted(unknown)}"


def test_what_is_listed_here_exists():
    names = {route.name for route in ROUTES}
    used = {f"{route.name}.{name}" for route in ROUTES for name in route.keywords}
    used |= {name for route in ROUTES for name in route.keywords}

    assert set(PUBLIC) <= names, set(PUBLIC) - names
    assert set(EVERYBODY) <= names, set(EVERYBODY) - names
    assert {*FORMS, *QUERIES} <= names, {*FORMS, *QUERIES} - names
    assert {*KINDS, *VALUES} <= used, {*KINDS, *VALUES} - used


@pytest.mark.parametrize("walk", portions(route for route in ROUTES if reach(route)))
def test_another_groups_rows_do_not_exist(group, other_group, visitor, subtests, walk):
    owner = visitor(group, make_person(None, "GROUP"))
    with inside(other_group):
        there = make_place()

    for route in walk:
        with subtests.test(str(route)), undone():
            with inside(other_group):
                values = values_for(route, there)
            assert_hidden(route, owner.try_all(route, values))


@pytest.mark.parametrize("walk", portions(ROUTES))
def test_nobody_reaches_what_is_not_hers(group, visitor, subtests, walk):
    """One after the other tries the same rows, which none of them may see or change."""
    place = make_place()
    visitors = {
        intruder: visitor(group, intruder.make(place))
        for intruder in INTRUDERS
        if any(map(intruder.comes_to, walk))
    }

    for route in walk:
        with undone():
            values = values_for(route, place)
            for intruder, browser in visitors.items():
                if intruder.comes_to(route):
                    with subtests.test(f"{route}: {intruder.who}"), undone():
                        intruder.assert_refused(route, browser.try_all(route, values))


def test_every_intruder_comes_to_many_addresses():
    for intruder in INTRUDERS:
        assert sum(map(intruder.comes_to, ROUTES)) >= 10, intruder.who
