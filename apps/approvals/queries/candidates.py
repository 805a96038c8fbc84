"""Whom a step asks about a subject, and why each of them."""

from __future__ import annotations

from dataclasses import dataclass

from apps.approvals.rules.states import Why
from apps.approvals.rules.steps import Step, Where
from apps.organisation import people


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be asked. ``detail`` is the role's code, the right, or the levels up."""

    staff_id: int
    name: str
    why: str
    detail: str = ""


def candidates_for(
    step: Step, *, store_id: int | None, region_id: int | None, submitter_id: int | None
) -> list[Candidate]:
    """Everybody whom the step names and who is at work, each once.

    The submitter is left out unless the step lets her approve.
    """
    found = [
        *_by_role(step, store_id, region_id),
        *_by_right(step, store_id),
        *_by_manager(step, submitter_id),
        *[
            Candidate(person.pk, person.name, Why.PERSON)
            for person in (people.by_id(step.person_ids) if step.person_ids else ())
        ],
    ]
    unique = {candidate.staff_id: candidate for candidate in reversed(found)}
    if submitter_id is not None and not step.submitter_may_approve:
        unique.pop(submitter_id, None)
    return sorted(unique.values(), key=lambda candidate: candidate.staff_id)


def _by_role(step: Step, store_id: int | None, region_id: int | None) -> list[Candidate]:
    if not step.roles:
        return []
    if step.where == Where.GROUP:
        found = people.with_role(step.roles)
    elif step.where == Where.REGION:
        found = people.with_role(step.roles, region_id=region_id) if region_id else []
    else:
        found = people.with_role(step.roles, store_id=store_id) if store_id else []
    return [
        Candidate(person.pk, person.name, Why.ROLE, ",".join(step.roles)[:80]) for person in found
    ]


def _by_right(step: Step, store_id: int | None) -> list[Candidate]:
    if not step.right:
        return []
    return [
        Candidate(person.pk, person.name, Why.RIGHT, step.right[:80])
        for person in people.with_right(step.right, store_id=store_id)
    ]


def _by_manager(step: Step, submitter_id: int | None) -> list[Candidate]:
    if not step.manager_levels or submitter_id is None:
        return []
    manager = people.manager_above(submitter_id, levels=step.manager_levels)
    if manager is None:
        return []
    return [Candidate(manager.pk, manager.name, Why.MANAGER, str(step.manager_levels))]


def fallback_for(submitter_id: int | None) -> list[Candidate]:
    """The group's owners, for a step that finds nobody; never the submitter."""
    return [
        Candidate(person.pk, person.name, Why.FALLBACK)
        for person in people.owners()
        if person.pk != submitter_id
    ]


def in_role(code: str, *, store_id: int | None) -> list[Candidate]:
    """Those in a role of the store or, where nobody there has it, of the whole group."""
    found = people.with_role([code], store_id=store_id) if store_id else []
    return [
        Candidate(person.pk, person.name, Why.ESCALATION, code)
        for person in found or people.with_role([code])
    ]
