"""A group's own host names: asked for, proven by a record in the DNS, watched, given up.

Whose a name is only the DNS decides. The record holds a word that is drawn for one group, so nobody
proves a name with another's record. A name that is proven is asked about once a day; one whose
record is gone is switched off after a week of warnings, or at once when somebody else proves that
it is hers. A DNS that does not answer changes nothing.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from forecourt.kernel import events
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.groups import current_schema, inside
from tenants import directory, limits, records
from tenants.events import DomainLost, DomainMissing, DomainProven
from tenants.groups import host_of
from tenants.hosts import cleaned
from tenants.models import DealerGroup, Domain, OwnDomain

logger = logging.getLogger(__name__)

State = OwnDomain.State
WORD = "forecourt-verification="
EAGER = timedelta(days=3)
"""So long a new name is looked for every few minutes, and then each hour."""
PATIENCE = timedelta(days=14)
"""So long it is looked for at all; afterwards when somebody presses the button."""
SOON, LATER, DAILY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
GRACE = timedelta(days=7)
"""How long a name works on whose record is gone."""
AT_ONCE = 200


class HostTaken(Conflict):
    """Another group has proven this name, and its record still stands."""

    code = "host_taken"


class HostAdded(Conflict):
    code = "host_added_already"


class NotProven(Conflict):
    """The name is not this group's yet."""

    code = "host_not_proven"


def own_domains() -> list[OwnDomain]:
    """Those of the group that is entered, in the order in which they were added."""
    found = OwnDomain.objects.filter(group__schema_name=current_schema())
    return list(found.select_related("group").order_by("id"))


def get(domain_id: int) -> OwnDomain:
    """One of the group that is entered. Raises NotFound."""
    found = OwnDomain.objects.filter(group__schema_name=current_schema(), pk=domain_id)
    domain = found.select_related("group").first()
    if domain is None:
        raise NotFound(_("There is no such domain."))
    return domain


def record_name(domain: OwnDomain) -> str:
    return f"{records.PREFIX}{domain.host}"


def record_text(domain: OwnDomain) -> str:
    return f"{WORD}{domain.token}"


def target(domain: OwnDomain) -> str:
    """The name that the host name is to be an alias of."""
    return host_of(domain.group.slug)


def add(*, host: str) -> OwnDomain:
    """Ask for a name for the group that is entered. Raises HostRefused, HostAdded or HostTaken."""
    host = cleaned(host)
    _require_free(host)
    moment = now()
    try:
        with transaction.atomic(using="control"):
            return OwnDomain.objects.create(
                group=DealerGroup.objects.get(schema_name=current_schema()),
                host=host,
                token=secrets.token_hex(16),
                added_at=moment,
                check_at=moment + SOON,
            )
    except IntegrityError as error:
        raise HostAdded(_("Your group has added this name already."), field="host") from error


def _require_free(host: str) -> None:
    holder = OwnDomain.objects.filter(host=host, state=State.PROVEN).select_related("group").first()
    if holder is None or holder.group.schema_name == current_schema():
        return
    if _stands(holder) is not False:
        raise HostTaken(_("This name is in use by another group."), field="host")


def check_now(*, domain_id: int) -> OwnDomain:
    """What the button does. Raises NotFound, TooOften or HostTaken."""
    domain = get(domain_id)
    limits.count("own-domain", current_schema(), times=20, seconds=600)
    return check(domain)


def use_for_links(*, domain_id: int | None) -> None:
    """Links in mails and the like lead to this name from now on; None: to the one below ours.

    Raises NotFound or NotProven.
    """
    group = DealerGroup.objects.get(schema_name=current_schema())
    host = ""
    if domain_id is not None:
        domain = get(domain_id)
        if domain.state != State.PROVEN:
            raise NotProven(_("This name is not proven yet."))
        host = domain.host
    with transaction.atomic(using="control"):
        _lead_links_to(group, host)
    directory.forget(group)


def remove(*, domain_id: int) -> OwnDomain:
    """Give a name up: it stops answering at this moment. Raises NotFound."""
    domain = get(domain_id)
    with transaction.atomic(using="control"):
        _stop_answering(domain)
        domain.delete()
    return domain


# --- Asking the DNS -------------------------------------------------------------------------------


def check(domain: OwnDomain) -> OwnDomain:
    """Ask the DNS, and do what follows. Raises HostTaken where another group has the name."""
    stands = _stands(domain)
    if stands and domain.state != State.PROVEN:
        _take_from_former(domain)
    with transaction.atomic(using="control"):
        row = OwnDomain.objects.select_for_update(of=["self"]).select_related("group")
        found = row.filter(pk=domain.pk).first()
        if found is None:
            raise NotFound(_("There is no such domain."))
        news = _follow(found, stands, now())
        found.save()
    if news is not None:
        _publish(found, news)
    return found


def _stands(domain: OwnDomain) -> bool | None:
    """Whether the record is there; None where the DNS does not answer."""
    try:
        return record_text(domain) in records.texts_at(domain.host)
    except records.NoAnswer as error:
        logger.info("DNS did not answer", extra={"host": domain.host, "reason": str(error)})
        return None


def _follow(domain: OwnDomain, stands: bool | None, moment: datetime) -> object | None:
    """Change the row as the answer says; returns what the group is to be told."""
    domain.checked_at = moment
    if stands is None:
        domain.check_at = moment + LATER
        return None
    if stands:
        return _proven(domain, moment)
    if domain.state != State.PROVEN:
        domain.check_at = _next_try(domain, moment)
        return None
    return _missing(domain, moment)


def _proven(domain: OwnDomain, moment: datetime) -> object | None:
    is_news = domain.state != State.PROVEN
    domain.state, domain.missing_since = State.PROVEN, None
    domain.check_at = moment + DAILY
    if not is_news:
        return None
    _begin_answering(domain)
    return DomainProven(domain_id=domain.pk, host=domain.host)


def _missing(domain: OwnDomain, moment: datetime) -> object | None:
    domain.check_at = moment + LATER
    if domain.missing_since is None:
        domain.missing_since = moment
        return DomainMissing(domain_id=domain.pk, host=domain.host, until=moment + GRACE)
    if moment - domain.missing_since < GRACE:
        return None
    return _lost(domain)


def _lost(domain: OwnDomain) -> DomainLost:
    _stop_answering(domain)
    domain.state, domain.check_at = State.LOST, None
    return DomainLost(domain_id=domain.pk, host=domain.host)


def _next_try(domain: OwnDomain, moment: datetime) -> datetime | None:
    waited = moment - domain.added_at
    if domain.state == State.LOST or waited > PATIENCE:
        return None
    return moment + (SOON if waited < EAGER else LATER)


def _take_from_former(domain: OwnDomain) -> None:
    """A name that changed hands: whoever can prove it no more loses it now.

    Raises HostTaken where both can, for then the first one keeps it.
    """
    holder = (
        OwnDomain.objects.filter(host=domain.host, state=State.PROVEN)
        .exclude(pk=domain.pk)
        .select_related("group")
        .first()
    )
    if holder is None:
        return
    if _stands(holder) is not False:
        raise HostTaken(_("This name is in use by another group."), field="host")
    with transaction.atomic(using="control"):
        news = _lost(holder)
        holder.save()
    _publish(holder, news)


def _begin_answering(domain: OwnDomain) -> None:
    try:
        with transaction.atomic(using="control"):
            Domain.objects.create(domain=domain.host, tenant=domain.group, is_primary=False)
    except IntegrityError as error:
        raise HostTaken(_("This name is in use by another group."), field="host") from error
    _forget(domain)


def _stop_answering(domain: OwnDomain) -> None:
    group = DealerGroup.objects.get(pk=domain.group_id)
    if group.host == domain.host:
        _lead_links_to(group, "")
    _forget(domain)
    Domain.objects.filter(domain=domain.host, tenant=group).delete()


def _lead_links_to(group: DealerGroup, host: str) -> None:
    """Not by save(), which wants to stand inside of the group or of none."""
    DealerGroup.objects.filter(pk=group.pk).update(host=host)
    Domain.objects.filter(tenant=group).update(is_primary=False)
    chosen = host or host_of(group.slug)
    Domain.objects.filter(tenant=group, domain=chosen).update(is_primary=True)


def _forget(domain: OwnDomain) -> None:
    """After the commit, when nobody can read the former answer into the cache any more."""
    group, hosts = domain.group, [domain.host]
    transaction.on_commit(lambda: directory.forget(group, hosts), using="control")


def _publish(domain: OwnDomain, news: object) -> None:
    """Inside the group, after the fact: a group in trouble keeps nobody from her name."""
    try:
        with inside(domain.group.identity), transaction.atomic():
            events.publish(news)
    except DatabaseError:
        logger.exception("group not told", extra={"group": domain.group.schema_name})


@shared_task(name="tenants.domains.check_due")
def check_due() -> None:
    """What is due, one after the other; one that fails does not stop the others."""
    due = OwnDomain.objects.filter(check_at__lte=now()).select_related("group").order_by("check_at")
    for domain in list(due[:AT_ONCE]):
        _quietly(domain, check)


def _quietly(domain: OwnDomain, do: Callable[[OwnDomain], object]) -> None:
    try:
        do(domain)
    except HostTaken:
        OwnDomain.objects.filter(pk=domain.pk).update(check_at=now() + DAILY)
    except NotFound:
        logger.info("domain removed meanwhile", extra={"host": domain.host})
