"""Asking for an approval: by a module for its subject, by a person for her own request."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.approvals.actions.engine import advance, outcome_of, set_state
from apps.approvals.actions.record import clean_text, note
from apps.approvals.errors import UnderApproval
from apps.approvals.events import ApprovalWithdrawn
from apps.approvals.models import ApprovalRequest, FlowVersion
from apps.approvals.models.requests import ONE_OPEN_REQUEST
from apps.approvals.queries.facts import facts_of
from apps.approvals.queries.flows import version_for
from apps.approvals.queries.kinds import get_request_kind, kind_of
from apps.approvals.queries.requests import get_request, lock_request
from apps.approvals.rules.states import ActKind, OnReturn, RequestState, TaskState, require_open
from apps.approvals.subjects import Subject
from apps.organisation import queries as organisation
from apps.organisation.brands import only_brand
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotPermitted

MAX_TITLE = 200
MAX_TEXT = 2000


def start(
    *, kind: str, subject: Subject, actor: Actor, payload: Mapping[str, Any] | None = None
) -> ApprovalRequest | None:
    """Have a subject approved by the flow that applies to it; None where none is published.

    For modules, in their transaction and with the subject's row locked: they have asked for the
    right, and with None their default rule holds. Where no step applies the request is approved
    at once, the kind's ``on_approved`` included. Raises UnderApproval where the subject waits for
    an approval already.
    """
    version = version_for(
        kind, store_id=subject.store_id, region_id=subject.region_id, brand=subject.brand
    )
    if version is None:
        return None
    try:
        with transaction.atomic():
            return _begin(version, kind, subject, actor, payload or {})
    except IntegrityError as error:
        if ONE_OPEN_REQUEST in str(error):
            raise UnderApproval(_("This waits for an approval already.")) from error
        raise


def _begin(
    version: FlowVersion,
    kind: str,
    subject: Subject,
    actor: Actor,
    payload: Mapping[str, Any],
    text: str = "",
) -> ApprovalRequest:
    request = ApprovalRequest.objects.create(
        kind=kind,
        subject_id=subject.id or None,
        version=version,
        store_id=subject.store_id,
        submitter_id=actor.staff_id,
        title=subject.label[:MAX_TITLE],
        text=text or subject.summary[:MAX_TEXT],
        amount=subject.amount,
        facts=facts_of(subject, actor.staff_id),
        payload=dict(payload),
        fingerprint=subject.fingerprint,
        submitted_at=now(),
    )
    note(request, ActKind.SUBMITTED, actor)
    audit.record(actor, "submitted", request)
    advance(request, start=0)
    return request


def fingerprint_of(*values: Any) -> str:
    """A short text that is another one as soon as one of the values is."""
    return hashlib.sha256("\x1f".join(str(value) for value in values).encode()).hexdigest()


@transaction.atomic
def submit_own(
    *,
    request_kind_id: int,
    title: str,
    actor: Actor,
    text: str = "",
    amount: Decimal | None = None,
    store_id: int | None = None,
) -> ApprovalRequest:
    """Submit a request of one of the group's own kinds.

    Raises NotPermitted, NotFound, Invalid, or Conflict where no flow is published for the kind.
    """
    own = get_request_kind(request_kind_id=request_kind_id)
    actor.require("approvals.submit_request")
    if not own.is_active:
        raise Invalid(_("Such requests are no longer submitted."), field="request_kind_id")
    subject = _own_subject(actor, title, text, amount, store_id)
    version = version_for(
        own.kind, store_id=subject.store_id, region_id=subject.region_id, brand=subject.brand
    )
    if version is None:
        raise Conflict(_("No approval flow is published for this kind of request yet."))
    return _begin(version, own.kind, subject, actor, {}, text.strip())


def _own_subject(
    actor: Actor, title: str, text: str, amount: Decimal | None, store_id: int | None
) -> Subject:
    title = title.strip()
    if not title or len(title) > MAX_TITLE:
        raise Invalid(
            _("Say in at most %(count)s characters what it is about.") % {"count": MAX_TITLE},
            field="title",
        )
    if len(text.strip()) > MAX_TEXT:
        raise Invalid(_("At most %(count)s characters.") % {"count": MAX_TEXT}, field="text")
    if amount is not None and amount < 0:
        raise Invalid(_("An amount is not negative."), field="amount")
    store = None
    if store_id is not None:
        is_hers = store_id in actor.store_ids or store_id == actor.home_store_id
        if not is_hers and not actor.grant("approvals.submit_request").covers(store_id, None):
            raise Invalid(_("Choose one of your stores."), field="store_id")
        store = organisation.stores_by_id([store_id]).get(store_id)
        if store is None:
            raise Invalid(_("Choose one of your stores."), field="store_id")
    return Subject(
        id=0,
        label=title,
        store_id=store.pk if store else None,
        region_id=store.region_id if store else None,
        brand=only_brand(store.brand_names) if store else "",
        facts={"amount": amount if amount is not None else Decimal(0)},
        fingerprint="",
        amount=amount,
    )


def resubmit(
    *,
    approval_id: int,
    actor: Actor,
    note_text: str = "",
    payload: Mapping[str, Any] | None = None,
    changed: Subject | None = None,
) -> ApprovalRequest:
    """Submit again what was returned, or what has changed since: with the facts of now.

    A module that knows more of its subject than can be read from it gives it as ``changed``. Only
    the submitter. The kept version of the flow says whether it begins again or goes on with
    the step that returned it. Raises NotFound, NotPermitted, RequestEnded or Conflict.
    """
    with transaction.atomic():
        request, subject = _own_open_request(approval_id, actor)
        if subject is None:
            raise Conflict(_("Change the request itself and submit it again."))
        is_stale = subject.fingerprint != request.fingerprint
        if request.is_pending and not is_stale:
            raise Conflict(_("This is under way already, and nothing about it has changed."))
        if payload is not None:
            request.payload = dict(payload)
        return _submit_again(
            request, changed or subject, actor, clean_text(note_text, field="note")
        )


def resubmit_own(
    *,
    approval_id: int,
    actor: Actor,
    title: str,
    text: str = "",
    amount: Decimal | None = None,
    note_text: str = "",
) -> ApprovalRequest:
    """Change a returned request of the group's own kinds and submit it again.

    Raises NotFound, NotPermitted, RequestEnded, Conflict or Invalid.
    """
    with transaction.atomic():
        request, subject = _own_open_request(approval_id, actor)
        if subject is not None or request.is_pending:
            raise Conflict(_("Only what was returned can be changed here."))
        changed = _own_subject(actor, title, text, amount, request.store_id)
        request.text = text.strip()
        return _submit_again(request, changed, actor, clean_text(note_text, field="note"))


def _own_open_request(approval_id: int, actor: Actor) -> tuple[ApprovalRequest, Subject | None]:
    seen = get_request(approval_id=approval_id, actor=actor)
    subject = lock_subject(seen)
    request = lock_request(approval_id=approval_id)
    require_open(request.state)
    if request.submitter_id is None or request.submitter_id != actor.staff_id:
        raise NotPermitted(_("Only who submitted this can do so."))
    return request, subject


def lock_subject(request: ApprovalRequest) -> Subject | None:
    """The subject as it is now, its row locked: before the request's, in every action alike."""
    kind = kind_of(request.kind)
    if request.subject_id is None or kind.lock is None:
        return None
    return kind.lock(request.subject_id)


def _submit_again(
    request: ApprovalRequest, subject: Subject, actor: Actor, text: str
) -> ApprovalRequest:
    goes_on = (
        request.state == RequestState.RETURNED and request.version.on_return == OnReturn.CONTINUE
    )
    set_state(request, RequestState.PENDING, actor)
    request.round += 1
    request.title = subject.label[:MAX_TITLE]
    request.amount = subject.amount
    request.facts = facts_of(subject, request.submitter_id)
    request.fingerprint = subject.fingerprint
    request.submitted_at = now()
    if subject.summary:
        request.text = subject.summary[:MAX_TEXT]
    request.save()
    note(request, ActKind.RESUBMITTED, actor, text=text)
    advance(request, start=request.step_index if goes_on else 0)
    return request


@transaction.atomic
def withdraw(*, approval_id: int, actor: Actor, reason: str = "") -> ApprovalRequest:
    """Take a request back; whoever manages the flow may do so for people who have left.

    Raises NotFound, NotPermitted or RequestEnded.
    """
    seen = get_request(approval_id=approval_id, actor=actor)
    lock_subject(seen)
    request = lock_request(approval_id=approval_id)
    require_open(request.state)
    is_own = request.submitter_id is not None and request.submitter_id == actor.staff_id
    if not is_own and not actor.grant("approvals.manage_flow").covers(request.store_id, None):
        raise NotPermitted(_("Only who submitted this can do so."))
    reason = clean_text(reason, field="reason")
    _withdraw(request, actor, reason)
    if request.subject_id is not None:
        kind_of(request.kind).on_withdrawn(outcome_of(request, actor, reason))
    return request


def close_with_subject(*, approval_id: int, actor: Actor, reason: str = "") -> None:
    """The subject came to its end by other ways: nobody need decide any more.

    For modules, with the subject's row locked; does nothing where the request has ended.
    """
    request = lock_request(approval_id=approval_id)
    if request.state in (RequestState.PENDING, RequestState.RETURNED):
        _withdraw(request, actor, reason[:1000])


def _withdraw(request: ApprovalRequest, actor: Actor, reason: str) -> None:
    asked = request.tasks.filter(state=TaskState.WAITING).values_list("approver_id", flat=True)
    staff_ids = tuple(sorted(set(asked)))
    set_state(request, RequestState.WITHDRAWN, actor)
    note(request, ActKind.WITHDRAWN, actor, text=reason)
    events.publish(ApprovalWithdrawn(request.pk, staff_ids))
