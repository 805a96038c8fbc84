"""What holds for the whole group: its settings, its log."""

from ipaddress import ip_address

from django.db.models import Q, QuerySet

from apps.organisation.models import GroupSettings, StaffMember
from forecourt.kernel.access import Actor
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import in_group
from forecourt.kernel.models import AuditEntry


def group_settings() -> GroupSettings:
    return GroupSettings.objects.get_or_create(pk=1)[0]


def demands_second_factor() -> bool:
    """Whether the group asks everybody for a second factor."""
    return in_group() and bool(value_of("organisation.requires_second_factor"))


def list_audit(actor: Actor) -> "QuerySet[AuditEntry]":
    """The audit log as far as the actor's scope goes; what belongs to no store is the group's."""
    actor.require("organisation.see_audit")
    grant = actor.grant("organisation.see_audit")
    entries = AuditEntry.objects.all()
    if grant.everything:
        return entries
    return entries.filter(Q(store_id__in=grant.store_ids) | Q(actor_id__in=grant.owner_ids))


def find_audit(entries: "QuerySet[AuditEntry]", text: str) -> "QuerySet[AuditEntry]":
    """Entries about records, or by people, whose names begin so; or from an address."""
    try:
        return entries.filter(address=str(ip_address(text)))
    except ValueError:
        # Their ids themselves, for each part of the condition to be found by an index.
        people = list(
            StaffMember.objects.filter(name__istartswith=text).values_list("pk", flat=True)
        )
        reach = Q(actor_id__in=people) | Q(subject_label__startswith=text)
        return entries.filter(reach | Q(actor_id=None, actor_name__startswith=text))


def with_record_label(entries: "QuerySet[AuditEntry]", text: str) -> "QuerySet[AuditEntry]":
    """Entries about records whose names begin so."""
    return entries.filter(subject_label__startswith=text)
