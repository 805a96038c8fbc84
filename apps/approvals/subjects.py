"""What can be approved: modules declare their kinds of subject, this module does the rest.

A module declares its kinds in its ``approval_kinds.py``, which is imported when it starts::

    subjects.register(
        SubjectKind(
            code="vehicles.transfer",
            label=_("Vehicle transfer"),
            fields=(SubjectField("unit_count", _("Vehicles"), FieldKind.NUMBER),),
            lock=lock_transfer_subject,   # the subject as it is now, its row locked
            get=get_transfer_subject,     # the same within an actor's sight, without a lock
            recent=recent_transfers,      # some subjects to try a flow with
            page="vehicles:transfer_detail",
            default_rule=_("…"),
            on_approved=approve_by_flow,
        )
    )

and asks :func:`apps.approvals.actions.start` when something is to be approved. Groups add kinds of
their own (:class:`apps.approvals.models.RequestKind`): free requests that have no subject beside
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.approvals.rules.fields import FieldKind, SubjectField
from apps.approvals.rules.steps import Step
from apps.organisation import queries as organisation
from apps.organisation.brands import shown, standard_names
from forecourt.kernel.access import Actor

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.functional import Promise

OWN = "request."
"""How the codes of a group's own kinds begin."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be approved, as it stands at one moment.

    ``fingerprint`` changes whenever something changes that an approver has agreed to; ``summary``
    is a line for the inbox; ``amount`` is what limits of authority are compared with.
    """

    id: int
    label: str
    store_id: int | None
    facts: Mapping[str, Any]
    fingerprint: str
    brand: str = ""
    region_id: int | None = None
    summary: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended, for the module whose subject it is."""

    request_id: int
    subject_id: int
    actor: Actor
    """Who decided; the system where no step applied or a time limit passed."""
    reason: str
    payload: Mapping[str, Any]
    """What the module gave along when it asked."""


Reaction = Callable[[Outcome], None]


def nothing(_outcome: Outcome) -> None:
    """For an outcome that changes nothing about the subject."""


@dataclass(frozen=True, slots=True)
class WaitingSubject:
    """A subject that waits under its kind's default rule, as the inbox shows it."""

    id: int
    title: str
    submitter: str
    store: str
    since: datetime
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DefaultInbox:
    """Where a kind's default rule asks people: what waits for a person, and how it looks.

    Nothing is written when something is asked; the inbox reads the module's own rows, and
    ``approve`` is the module's own action, with all its rules.
    """

    rows: Callable[[Actor], QuerySet[Any]]
    describe: Callable[[Any], WaitingSubject]
    approve: Callable[[int, Actor], Any]


@dataclass(frozen=True, slots=True)
class DefaultFlow:
    """A flow that a new group starts with; a draft where the default rule serves until then."""

    name_zh: str
    name_en: str
    steps: Sequence[Step]
    is_published: bool


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One kind of subject. ``default_rule`` says what holds while no flow is published.

    ``past`` are the subjects since a moment, whoever decided them, with who submitted each: drafts
    of flows are tried on them.
    """

    code: str
    label: str | Promise
    fields: Sequence[SubjectField]
    lock: Callable[[int], Subject] | None = None
    get: Callable[[int, Actor], Subject] | None = None
    recent: Callable[[Actor], Iterable[tuple[int, str]]] | None = None
    past: Callable[[datetime], Iterable[tuple[Subject, int | None]]] | None = None
    page: str = ""
    has_amount: bool = False
    default_rule: str | Promise = ""
    default_flow: DefaultFlow | None = None
    waiting: DefaultInbox | None = None
    on_approved: Reaction = nothing
    on_rejected: Reaction = nothing
    on_withdrawn: Reaction = nothing
    is_own: bool = False
    every_field: Mapping[str, SubjectField] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "every_field", {item.name: item for item in (*self.fields, *COMMON)}
        )


def stores() -> list[tuple[str, str]]:
    """The group's stores as a condition names them: by code."""
    known = organisation.stores_by_code()
    return [(code, f"{code} {known[code].name}") for code in sorted(known)]


def brands() -> list[tuple[str, str]]:
    """The brands that the group's stores sell, as conditions and places of flows name them."""
    names = standard_names(organisation.brand_names())
    return sorted(((name, shown(name)) for name in names), key=lambda pair: pair[1].casefold())


def _person_named(value: str) -> str:
    return organisation.names_of_staff([int(value)]).get(int(value), "") if value.isdigit() else ""


COMMON = (
    SubjectField("store", _("Store"), FieldKind.CHOICE, stores),
    SubjectField("brand", pgettext_lazy("approval", "Brand"), FieldKind.CHOICE, brands),
    SubjectField("submitter", _("Submitted by"), FieldKind.PERSON, named=_person_named),
)
"""Facts that every kind has."""

_kinds: dict[str, SubjectKind] = {}


def register(*kinds: SubjectKind) -> None:
    for kind in kinds:
        if kind.code in _kinds or kind.code.startswith(OWN):
            raise ValueError(f"The kind {kind.code} is declared twice or not a module's.")
        _kinds[kind.code] = kind


def declared() -> list[SubjectKind]:
    """The kinds of all modules."""
    return list(_kinds.values())


def find(code: str) -> SubjectKind | None:
    return _kinds.get(code)


def own_kind(code: str, label: str) -> SubjectKind:
    """A kind that a group added: text, an amount and a store, and no record beside the request."""
    return SubjectKind(
        code=code,
        label=label,
        fields=(SubjectField("amount", _("Amount"), FieldKind.MONEY),),
        has_amount=True,
        default_rule=_("Nobody can submit such requests until a flow is published."),
        is_own=True,
    )
