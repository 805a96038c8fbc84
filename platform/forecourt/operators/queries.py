"""What the console shows: of the platform's own tables, and of no group's."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.models import GroupFigures, StripeEvent, Subscription, UsageReport
from billing.plans import BY_CODE, Meter
from forecourt.kernel import keyset, queue
from forecourt.kernel.clock import now
from forecourt.kernel.errors import NotFound
from forecourt.operators.models import PlatformEntry
from forecourt.support import entering
from forecourt.support.models import SupportGrant
from tenants import backups
from tenants.models import (
    DealerGroup,
    ErasureCertificate,
    GroupMigration,
    PlatformJob,
    Space,
)
from tenants.releases import this_release

logger = logging.getLogger(__name__)

PAGE = 50
USAGE_DAYS = 30
SHOWN_ENTRIES = 30
FEW = 5
OLD_FIGURES = timedelta(hours=3)
"""Figures that are older show that the group's work stands still."""
TRIAL = "trial"
STUCK_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Listed:
    """A group in the list, with what is known of it elsewhere."""

    group: DealerGroup
    plan_name: Any
    figures: GroupFigures | None
    needs_a_look: bool


@dataclass(frozen=True, slots=True)
class Inspected:
    """All that the console knows of one group."""

    group: DealerGroup
    plan_name: Any
    domains: Sequence[str]
    subscription: Subscription | None
    figures: GroupFigures | None
    figures_are_old: bool
    messages: int
    storage_gb: int | None
    migration: GroupMigration | None
    is_current: bool
    jobs: Sequence[PlatformJob]
    backups: Sequence[PlatformJob]
    entries: Sequence[PlatformEntry]
    grants: Sequence[SupportGrant]
    present_grant: SupportGrant | None

    @property
    def is_held(self) -> bool:
        return self.subscription is not None and self.subscription.held_at is not None

    @property
    def may_extend(self) -> bool:
        return self.subscription is None or not self.subscription.is_live


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    release: str
    done: int
    pending: int
    failed: int
    changed_at: datetime
    is_this: bool


def get_group(group_id: int) -> DealerGroup:
    """Raises NotFound."""
    group = DealerGroup.objects.filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("There is no such group."))
    return group


def get_group_at(slug: str) -> DealerGroup:
    """Raises NotFound."""
    group = DealerGroup.objects.filter(slug=slug).first()
    if group is None:
        raise NotFound(_("There is no such group."))
    return group


def list_groups(
    *,
    q: str = "",
    plan: str = "",
    state: str = "",
    cursor: str | None = None,
    direction: str = "after",
) -> keyset.Page[DealerGroup]:
    """A page of groups by address: those whose name or address holds ``q``."""
    found = DealerGroup.objects.all()
    for word in q.split():
        found = found.filter(Q(slug__icontains=word) | Q(name__icontains=word))
    if plan:
        found = found.filter(plan="" if plan == TRIAL else plan)
    if state:
        found = found.filter(state=state)
    return keyset.paginate(found, ["slug", "id"], cursor, PAGE, direction)


def inspect_group(group_id: int) -> Inspected:
    """Raises NotFound."""
    group = get_group(group_id)
    name = group.schema_name
    figures = GroupFigures.objects.filter(schema_name=name).first()
    migration = GroupMigration.objects.filter(schema_name=name).order_by("-changed_at").first()
    usage = UsageReport.objects.filter(schema_name=name, day__gte=_first_day())
    storage = usage.filter(meter=Meter.STORAGE.value).order_by("-day").first()
    messages = usage.filter(meter=Meter.MESSAGES.value).aggregate(sum=Sum("amount"))["sum"]
    return Inspected(
        group=group,
        plan_name=plan_name(group),
        domains=list(
            group.domains.order_by("-is_primary", "domain").values_list("domain", flat=True)
        ),
        subscription=Subscription.objects.filter(schema_name=name).first(),
        figures=figures,
        figures_are_old=_are_old(figures, group),
        messages=messages or 0,
        storage_gb=storage.amount if storage else None,
        migration=migration,
        is_current=_is_current(name, migration),
        jobs=list(PlatformJob.objects.filter(schema_name=name).order_by("-id")[:FEW]),
        backups=backups.list_backups(name),
        entries=list(list_entries(schema_name=name)[:SHOWN_ENTRIES]),
        grants=list(entering.list_grants(name)[:FEW]),
        present_grant=entering.open_grant(name),
    )


def plan_name(group: DealerGroup) -> Any:
    plan = BY_CODE.get(group.plan)
    return plan.name if plan else ""


def count_states() -> dict[str, int]:
    """``{state: groups}`` of all states that there are."""
    counted = DealerGroup.objects.values_list("state").annotate(Count("pk"))
    return dict(counted)


def list_entries(*, schema_name: str = "") -> QuerySet[PlatformEntry]:
    """The platform's log, the newest first; of one group where it is named."""
    entries = PlatformEntry.objects.order_by("-id")
    return entries.filter(schema_name=schema_name) if schema_name else entries


def list_events(*, state: str = "") -> QuerySet[StripeEvent]:
    """Stripe's events without what they say. ``failed`` are those tried in vain."""
    events = StripeEvent.objects.defer("payload").order_by("-id")
    if state == "failed":
        return events.filter(state=StripeEvent.State.RECEIVED, attempts__gt=0)
    return events.filter(state=state) if state in StripeEvent.State.values else events


def groups_of_customers(customer_ids: Iterable[str]) -> dict[str, DealerGroup]:
    """``{Stripe's customer: group}``."""
    schemas = dict(
        Subscription.objects.filter(
            customer_id__in=[each for each in customer_ids if each]
        ).values_list("schema_name", "customer_id")
    )
    groups = DealerGroup.objects.filter(schema_name__in=schemas)
    return {schemas[group.schema_name]: group for group in groups}


def groups_of_schemas(names: Iterable[str]) -> dict[str, DealerGroup]:
    found = DealerGroup.objects.filter(schema_name__in=[name for name in names if name])
    return {group.schema_name: group for group in found}


def list_jobs() -> QuerySet[PlatformJob]:
    return PlatformJob.objects.order_by("-id")


def count_failed_jobs() -> int:
    return PlatformJob.objects.filter(state=PlatformJob.State.FAILED).count()


def count_failed_events() -> int:
    return list_events(state="failed").count()


def count_late_events() -> int:
    """Events that have waited for a worker longer than any should."""
    return StripeEvent.objects.filter(
        state=StripeEvent.State.RECEIVED, received_at__lt=now() - STUCK_AFTER
    ).count()


def list_queues() -> list[queue.Waiting] | None:
    """What waits for workers; None where the broker does not answer."""
    try:
        return queue.lengths()
    except queue.NO_ANSWER:
        logger.exception("broker unreachable")
        return None


def groups_in_trouble() -> list[Listed]:
    """Those whose own figures show work that failed or stands still, the worst first."""
    bad = GroupFigures.objects.filter(Q(failed_jobs__gt=0) | Q(stuck_messages__gt=0)).order_by(
        "-failed_jobs", "-stuck_messages"
    )[:PAGE]
    by_name = {figures.schema_name: figures for figures in bad}
    groups = groups_of_schemas(by_name)
    return [
        Listed(groups[name], plan_name(groups[name]), figures, True)
        for name, figures in by_name.items()
        if name in groups
    ]


def count_spaces() -> dict[str, int]:
    """``{state: spaces}`` of this release; all others wait to be dropped."""
    release = this_release()
    own = Space.objects.filter(release=release.name, seeds=release.seeds)
    return dict(own.values_list("state").annotate(Count("pk")))


def list_spaces() -> QuerySet[Space]:
    """Those in the pool, and those that failed."""
    return Space.objects.exclude(state=Space.State.TAKEN).order_by("-id")


def list_releases() -> list[ReleaseRow]:
    """How far the groups are with each release, the youngest first."""
    rows = (
        GroupMigration.objects.values("release")
        .annotate(
            done=Count("pk", filter=Q(state=GroupMigration.State.DONE)),
            pending=Count("pk", filter=Q(state=GroupMigration.State.PENDING)),
            failed=Count("pk", filter=Q(state=GroupMigration.State.FAILED)),
            changed_at=Max("changed_at"),
        )
        .order_by("-changed_at")
    )
    this = this_release().name
    return [ReleaseRow(**row, is_this=row["release"] == this) for row in rows]


def failed_migrations() -> QuerySet[GroupMigration]:
    return GroupMigration.objects.filter(state=GroupMigration.State.FAILED).order_by("-changed_at")


def list_erasures() -> QuerySet[ErasureCertificate]:
    return ErasureCertificate.objects.order_by("-id")


def with_figures(groups: Sequence[DealerGroup]) -> list[Listed]:
    """The groups of a page, with what each has told of itself: one query for all."""
    names = [group.schema_name for group in groups]
    figures = {row.schema_name: row for row in GroupFigures.objects.filter(schema_name__in=names)}
    return [
        Listed(
            group,
            plan_name(group),
            own := figures.get(group.schema_name),
            own is not None and bool(own.failed_jobs or own.stuck_messages),
        )
        for group in groups
    ]


def _are_old(figures: GroupFigures | None, group: DealerGroup) -> bool:
    """A new group has some time until it tells for the first time."""
    return now() - (figures.taken_at if figures else group.created_at) > OLD_FIGURES


def _is_current(schema_name: str, migration: GroupMigration | None) -> bool:
    """Whether the group has this release's tables: migrated to it, or made with it."""
    release = this_release().name
    if migration is not None and migration.release == release:
        return migration.state == GroupMigration.State.DONE
    return Space.objects.filter(schema_name=schema_name, release=release).exists()


def _first_day() -> Any:
    return now().date() - timedelta(days=USAGE_DAYS)
