"""Exporting, trying and importing the whole configuration, and keeping its versions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.configuration import document
from forecourt.kernel.configuration.document import Document, Unreadable
from forecourt.kernel.configuration.parts import Part, RefusedAt, all_parts
from forecourt.kernel.configuration.report import Change, Problem, Report, differences
from forecourt.kernel.errors import Conflict, DomainError, Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import current_schema
from forecourt.kernel.models import ConfigurationVersion

MANAGE = "platform.manage_configuration"
LOCK_SPACE = 4713
"""First half of the advisory lock's key: one import at a time in a group."""
Origin = ConfigurationVersion.Origin


class ConfigurationRefused(Invalid):
    """The file cannot be imported; ``problems`` says all that is wrong, with places."""

    code = "configuration_refused"

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        place = f"{first.where}: " if first.place else ""
        message = ngettext(
            "The configuration cannot be imported. %(first)s",
            "The configuration cannot be imported for %(count)s reasons. The first: %(first)s",
            len(problems),
        ) % {"first": place + first.message, "count": len(problems)}
        super().__init__(message, field="file")
        self.problems = problems


@dataclass(frozen=True)
class Plan:
    """What an import would do. With problems nothing can be done.

    ``base`` is the fingerprint of the configuration that the plan was made for.
    """

    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    base: str = ""
    wanted: Mapping[str, Any] = field(default_factory=dict)

    def counts(self) -> dict[str, dict[str, int]]:
        """``{part: {added, changed, removed}}`` of the parts that would change."""
        counts: dict[str, dict[str, int]] = {}
        for change in self.changes:
            kinds = counts.setdefault(
                change.part, {Change.ADDED: 0, Change.CHANGED: 0, Change.REMOVED: 0}
            )
            kinds[change.kind] += 1
        return counts


@dataclass(frozen=True)
class Outcome:
    """What an import did; no version where the group's configuration was the file's already."""

    plan: Plan
    version: ConfigurationVersion | None


def export_config(*, actor: Actor) -> str:
    """The whole configuration as the text of a file. Raises NotPermitted."""
    _require(actor)
    return document.write(_present())


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plan_config(text: str | bytes, *, actor: Actor) -> Plan:
    """What the import would change, and what stands against it; nothing is written.

    The import is really carried out and taken back, so that whatever an action would refuse, also
    for rights that the actor lacks, is known beforehand. Raises NotPermitted.
    """
    _require(actor)
    with transaction.atomic():
        plan = _plan(text)
        if plan.changes and not plan.problems:
            refusal = _rehearse(plan, actor)
            if refusal is not None:
                return Plan(plan.changes, [refusal], plan.base, plan.wanted)
    return plan


@transaction.atomic
def import_config(
    text: str | bytes,
    *,
    actor: Actor,
    note: str = "",
    base: str = "",
    origin: str = Origin.IMPORTED,
) -> Outcome:
    """Make the configuration what the file says: all of it or nothing.

    ``base`` is that of the plan that the person agreed to. Raises NotPermitted,
    ConfigurationRefused, or Conflict when the configuration is no longer what the plan was for.
    """
    _require(actor)
    _lock()
    plan = _plan(text)
    if plan.problems:
        raise ConfigurationRefused(plan.problems)
    if base and base != plan.base:
        raise Conflict(
            _("The configuration has been changed meanwhile. Look at the preview again.")
        )
    if not plan.changes:
        return Outcome(plan, None)
    _keep(Origin.BEFORE, actor=actor, only_if_new=True)
    try:
        _carry_out(plan, actor)
    except RefusedAt as refusal:
        raise ConfigurationRefused([_problem_of(refusal)]) from refusal
    version = _keep(origin, actor=actor, note=note)
    summary: dict[str, Any] = {"sha256": version.sha256, **plan.counts()}
    audit.record(actor, "imported", version, summary)
    return Outcome(plan, version)


@transaction.atomic
def save_version(*, actor: Actor, note: str = "") -> ConfigurationVersion:
    """Keep the present configuration under a note. Raises NotPermitted."""
    _require(actor)
    version = _keep(Origin.SAVED, actor=actor, note=note)
    audit.record(actor, "saved", version, {"note": version.note, "sha256": version.sha256})
    return version


def list_versions(actor: Actor) -> QuerySet[ConfigurationVersion]:
    """The versions that were kept, the newest first."""
    versions: QuerySet[ConfigurationVersion] = ConfigurationVersion.objects.visible_to(actor)
    return versions.defer("content").order_by("-id")


def get_version(*, version_id: int, actor: Actor) -> ConfigurationVersion:
    """Raises NotFound."""
    _require(actor)
    version = ConfigurationVersion.objects.visible_to(actor).filter(pk=version_id).first()
    if version is None:
        raise NotFound(_("No such record."))
    found: ConfigurationVersion = version
    return found


def compare_versions(*, before: str, after: str) -> list[Change]:
    """The differences between two kept texts. Raises ConfigurationRefused for an unreadable one."""
    try:
        old, new = document.read(before).parts, document.read(after).parts
    except Unreadable as error:
        raise ConfigurationRefused([error.problem]) from error
    names = [part.name for part in all_parts()]
    names += sorted((old.keys() | new.keys()) - set(names))
    changes: list[Change] = []
    for name in names:
        if name in old or name in new:
            changes += differences(old.get(name), new.get(name), (name,))
    return changes


def _present() -> dict[str, Any]:
    return {part.name: part.export() for part in all_parts()}


def _plan(text: str | bytes) -> Plan:
    present = _present()
    base = fingerprint(document.write(present))
    try:
        found = document.read(text)
    except Unreadable as error:
        return Plan(problems=[error.problem], base=base)
    report = Report(lines=found.lines, present=present)
    _check(found, report)
    if report.problems:
        return Plan(problems=report.problems, base=base)
    changes = [
        change
        for name, wanted in report.wanted.items()
        for change in differences(present[name], wanted, (name,))
    ]
    return Plan(changes, [], base, report.wanted)


def _check(found: Document, report: Report) -> None:
    """Bring the file's parts into their own form; then each may look at all of them."""
    parts = all_parts()
    names = [part.name for part in parts]
    for name in found.parts:
        if name not in names:
            report.problem(
                (name,),
                _("There is no part “%(name)s”; known are: %(known)s.")
                % {"name": name, "known": ", ".join(names)},
            )
    for part in parts:
        if part.name in found.parts:
            report.wanted[part.name] = part.read(found.parts[part.name], report)
    if not report.problems:
        for part in parts:
            if part.name in report.wanted:
                part.check(report.wanted[part.name], report)


def _rehearse(plan: Plan, actor: Actor) -> Problem | None:
    """Carry the plan out and take it back; answers what refused it."""
    try:
        with transaction.atomic():
            _carry_out(plan, actor)
            transaction.set_rollback(True)
    except DomainError as refusal:
        return _problem_of(refusal)
    return None


def _carry_out(plan: Plan, actor: Actor) -> None:
    changed = {change.part for change in plan.changes}
    parts = [part for part in all_parts() if part.name in changed]
    for part in parts:
        with _in_part(part):
            part.apply(plan.wanted[part.name], actor)
    for part in reversed(parts):
        with _in_part(part):
            part.prune(plan.wanted[part.name], actor)
    for part in parts:
        if part.export() != plan.wanted[part.name]:
            raise Conflict(
                _("“%(part)s” did not become what the file says: somebody is changing it too.")
                % {"part": part.label}
            )


@contextmanager
def _in_part(part: Part) -> Iterator[None]:
    """Puts the part's name before the place of a refusal, whoever raised it."""
    try:
        yield
    except RefusedAt as refusal:
        refusal.place = (part.name, *refusal.place)
        raise
    except DomainError as refusal:
        raise RefusedAt(refusal, (part.name,)) from refusal


def _problem_of(refusal: DomainError) -> Problem:
    return Problem(refusal.place if isinstance(refusal, RefusedAt) else (), refusal.message)


def _keep(
    origin: str, *, actor: Actor, note: str = "", only_if_new: bool = False
) -> ConfigurationVersion:
    text = document.write(_present())
    digest = fingerprint(text)
    if only_if_new:
        last = ConfigurationVersion.objects.order_by("-id").first()
        if last is not None and last.sha256 == digest:
            return last
    return ConfigurationVersion.objects.create(
        made_at=now(),
        actor_id=actor.staff_id,
        actor_name=actor.name,
        origin=origin,
        note=note.strip()[:200],
        content=text,
        sha256=digest,
    )


def _require(actor: Actor) -> None:
    actor.require(MANAGE)
    if not actor.grant(MANAGE).everything:
        raise NotPermitted(_("The configuration is headquarters' to change."))


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK_SPACE, current_schema()]
        )
