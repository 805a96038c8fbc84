"""The owner lets support in, sees who was there, and ends it; told in the group's log."""

from datetime import timedelta

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.groups import current_schema
from forecourt.support import entering
from forecourt.support.models import SupportGrant, SupportVisit
from forecourt.support.permissions import GRANT
from forecourt.support.rules import LONGEST_HOURS, LONGEST_REASON, SHORTEST_REASON
from tenants.events import GroupErased

CACHE_KEY = "support:grant"
CACHE_SECONDS = 60
NOBODY = False


class GrantedAlready(Conflict):
    code = "support_granted_already"


def grant(*, hours: int, reason: str, may_change: bool, actor: Actor) -> SupportGrant:
    """Let support in from now on for so many hours. Raises NotPermitted, Invalid or Conflict."""
    actor.require(GRANT)
    if not 1 <= hours <= LONGEST_HOURS:
        raise Invalid(_("At most %(hours)s hours.") % {"hours": LONGEST_HOURS}, field="hours")
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise Invalid(
            _("Say what support shall look at, in at least %(count)s characters.")
            % {"count": SHORTEST_REASON},
            field="reason",
        )
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            _("At most %(count)s characters.") % {"count": LONGEST_REASON}, field="reason"
        )
    moment = now()
    try:
        with transaction.atomic(using="control"):
            SupportGrant.objects.filter(
                schema_name=current_schema(), ended_at__isnull=True, until__lte=moment
            ).update(ended_at=moment)
            made = SupportGrant.objects.create(
                schema_name=current_schema(),
                reason=reason,
                may_change=may_change,
                granted_by=actor.name,
                granted_at=moment,
                until=moment + timedelta(hours=hours),
            )
            # Support is not let in unless the group's own log says so.
            facts = {"until": made.until.isoformat(), "may_change": may_change, "reason": reason}
            audit.record(actor, "support_granted", made, facts)
    except IntegrityError as error:
        raise GrantedAlready(_("Support has been let in already.")) from error
    _forget()
    return made


def end(*, actor: Actor) -> SupportGrant:
    """End it at this moment, with every visit. Raises NotPermitted or NotFound."""
    actor.require(GRANT)
    moment = now()
    with transaction.atomic(using="control"):
        row = (
            SupportGrant.objects.select_for_update()
            .filter(schema_name=current_schema(), ended_at__isnull=True, until__gt=moment)
            .first()
        )
        if row is None:
            raise NotFound(_("Support is not let in at present."))
        row.ended_at, row.ended_by = moment, actor.name
        row.save(update_fields=["ended_at", "ended_by"])
        row.visits.filter(ended_at__isnull=True).update(ended_at=moment)
        audit.record(actor, "support_ended", row)
    _forget()
    return row


def list_grants(*, actor: Actor) -> list[SupportGrant]:
    """Raises NotPermitted."""
    actor.require(GRANT)
    return list(entering.list_grants(current_schema())[:20])


def present() -> SupportGrant | None:
    """The grant that everybody is shown; from the cache, so that a page costs no query for it."""
    known = cache.get(CACHE_KEY)
    if known is None:
        known = entering.open_grant(current_schema()) or NOBODY
        cache.set(CACHE_KEY, known, CACHE_SECONDS)
    return known if known and known.is_open(now()) else None


def note_entry(visit: SupportVisit, actor: Actor) -> None:
    audit.record(actor, "support_entered", visit.grant, {"until": visit.grant.until.isoformat()})


def note_page(visit: SupportVisit, actor: Actor, *, method: str, path: str) -> None:
    """Each page that support asks for, and each change that it sends, before it is answered."""
    action = "support_viewed" if method in ("GET", "HEAD") else "support_sent"
    audit.record(actor, action, visit.grant, {"page": path}, label=path)


@events.subscribe(GroupErased)
def forget_grants(event: GroupErased) -> None:
    SupportGrant.objects.filter(schema_name=event.schema_name).delete()


def _forget() -> None:
    cache.delete(CACHE_KEY)
