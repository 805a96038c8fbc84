"""A customer's timeline as entries for the page."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.crm.hooks import Happening
from apps.crm.models import Interaction, Lead, Opportunity, TestDrive, Visit
from apps.crm.queries import TimelineItem
from apps.crm.rules.contacts import InteractionKind, InteractionResult
from apps.crm.rules.leads import LeadState
from apps.crm.rules.opportunities import Stage
from apps.documents.queries.documents import Document
from apps.notifications.queries import Sent
from forecourt.kernel.access import Actor
from forecourt.ui.details import TimelineEntry

ICONS = {
    InteractionKind.CALL: "phone-call",
    InteractionKind.VISIT: "building-store",
    InteractionKind.WECHAT: "message-circle",
    InteractionKind.MESSAGE: "message",
    InteractionKind.ENQUIRY: "inbox",
}
TONES = {
    InteractionResult.REACHED: "success",
    InteractionResult.APPOINTMENT: "success",
    InteractionResult.NO_ANSWER: "warning",
    InteractionResult.REFUSED: "danger",
    InteractionResult.WRONG_NUMBER: "danger",
    InteractionResult.CAME_IN: "accent",
}


def entries(items: Iterable[TimelineItem], actor: Actor) -> list[TimelineEntry]:
    return [_entry(item, actor) for item in items]


def _entry(item: TimelineItem, actor: Actor) -> TimelineEntry:
    row = item.row
    if isinstance(row, Interaction):
        return _interaction(row)
    if isinstance(row, Lead):
        return _lead(row, actor)
    if isinstance(row, Visit):
        return _visit(row, actor)
    if isinstance(row, TestDrive):
        return _test_drive(row, actor)
    if isinstance(row, Sent):
        return _message(row)
    if isinstance(row, Document):
        return _document(row)
    if isinstance(row, Happening):
        return _happening(row, actor)
    return _opportunity(row, actor)


def _happening(row: Happening, actor: Actor) -> TimelineEntry:
    return TimelineEntry(
        when=row.at,
        title=row.title,
        who=row.who,
        text=row.text,
        icon=row.icon,
        tone=row.tone,
        url=row.url if row.may_open(actor) else "",
    )


def _interaction(row: Interaction) -> TimelineEntry:
    if row.kind == InteractionKind.ENQUIRY:
        title = _("Asked again: %(source)s") % {"source": row.get_source_display()}
    else:
        title = f"{row.get_kind_display()} · {row.get_result_display()}"
    return TimelineEntry(
        when=row.happened_at,
        title=title,
        who=row.author.name if row.author else "",
        text=row.note,
        icon=ICONS[InteractionKind(row.kind)],
        tone=TONES[InteractionResult(row.result)],
    )


def _visit(row: Visit, actor: Actor) -> TimelineEntry:
    may_open = actor.grant("crm.view_visit").covers(row.store_id, row.advisor_id)
    return TimelineEntry(
        when=row.arrived_at,
        title=_("In the showroom: %(reason)s") % {"reason": row.get_reason_display()},
        who=row.advisor.name if row.advisor else "",
        text=" · ".join(part for part in (row.store.name, row.note) if part),
        icon="building-store",
        tone="accent",
        url=reverse("crm:visit_detail", args=[row.pk]) if may_open else "",
    )


def _test_drive(row: TestDrive, actor: Actor) -> TimelineEntry:
    may_open = actor.grant("crm.view_test_drive").covers(row.store_id, row.advisor_id)
    return TimelineEntry(
        when=row.starts_at,
        title=_("Test drive: %(car)s") % {"car": row.vehicle_name},
        who=row.advisor.name,
        text="\n".join(part for part in (str(row.get_state_display()), row.feedback) if part),
        icon="steering-wheel",
        tone="brand",
        url=reverse("crm:test_drive_detail", args=[row.pk]) if may_open else "",
    )


def _message(row: Sent) -> TimelineEntry:
    return TimelineEntry(
        when=row.at,
        title=f"{row.channel} · {row.state}",
        text="\n".join(part for part in (row.title, row.text) if part),
        icon=row.icon,
        tone=row.tone,
    )


def _document(row: Document) -> TimelineEntry:
    return TimelineEntry(
        when=row.added_at,
        title=_("Document: %(title)s") % {"title": row.title},
        who=row.added_by.name if row.added_by else "",
        text=row.kind.name,
        icon="file-text",
        tone="neutral",
        url=reverse("documents:document_detail", args=[row.pk]),
    )


def _lead(row: Lead, actor: Actor) -> TimelineEntry:
    may_open = actor.grant("crm.view_lead").covers(row.store_id, row.owner_id)
    return TimelineEntry(
        when=row.received_at,
        title=_("Lead %(number)s from %(source)s")
        % {"number": row.number, "source": row.get_source_display()},
        who=row.owner.name if row.owner else "",
        text=row.message,
        icon="target",
        tone="danger" if row.state == LeadState.INVALID else "info",
        url=reverse("crm:lead_detail", args=[row.pk]) if may_open else "",
    )


def _opportunity(row: Opportunity, actor: Actor) -> TimelineEntry:
    may_open = actor.grant("crm.view_opportunity").covers(row.store_id, row.owner_id)
    return TimelineEntry(
        when=row.opened_at,
        title=_("Opportunity: %(wish)s") % {"wish": row},
        who=row.owner.name,
        text=str(row.get_stage_display()),
        icon="briefcase",
        tone="danger" if row.stage == Stage.LOST else "brand",
        url=reverse("crm:opportunity_detail", args=[row.pk]) if may_open else "",
    )
