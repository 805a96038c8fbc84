"""A group's own host names: asked for, proven by a record in the DNS, watched, given up.

Whose a name is only the DNS decides. The record holds a word that is drawn for one group, so nobody
proves a name with another's record. A name that is proven is asked about once a day; one whose
record is gone is switched off after a week of warnings, or at once when somebody else proves that
it is hers. A DNS that does not answer changes nothing for three days, and then counts as a
record that is gone.

Whoever changes a name, or who answers at it, holds its row, and takes the group's row after it.
"""

import logging
import secrets
import time
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
RECORD_PREFIX = "forecourt-verification="
EAGER_FOR = timedelta(days=3)
"""So long a new name is looked for every few minutes, and then each hour."""
LOOKED_FOR = timedelta(days=14)
"""So long it is looked for at all; afterwards when somebody presses the button."""
SOON, LATER, DAILY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
SILENT_FOR = timedelta(days=3)
"""How long a name server may be silent before the record counts as gone."""
GRACE = timedelta(days=7)
"""How long a name works on whose record is gone."""
FOLLOWED = ["state", "checked_at", "check_at", "missing_since"]
ROUND_SECONDS = 45.0
"""After this a round leaves what is still due to the next, which comes each minute."""


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


def get_domain(domain_id: int) -> OwnDomain:
    """One of the group that is entered. Raises NotFound."""
    found = OwnDomain.objects.filter(group__schema_name=current_schema(), pk=domain_id)
    domain = found.select_related("group").first()
    if domain is None:
        raise NotFound(_("There is no such domain."))
    return domain


def record_name(domain: OwnDomain) -> str:
    return f"{records.PREFIX}{domain.host}"


def record_text(domain: OwnDomain) -> str:
    return f"{RECORD_PREFIX}{domain.token}"


def target(domain: OwnDomain) -> str:
    """The name that the host name is to be an alias of."""
    return host_of(domain.group.slug)


def require_free(typed: str) -> str:
    """The name as it is kept, when no other group has it; may ask the DNS, so hold no lock.

    Raises HostRefused or HostTaken.
    """
    host = cleaned(typed)
    _require_given_up(host, to=current_schema())
    return host


def add_domain(*, host: str) -> OwnDomain:
    """Ask for a name (:func:`require_free`) for the group that is entered. Raises HostAdded."""
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


def check_now(*, domain_id: int) -> OwnDomain:
    """What the button does. Raises NotFound, TooOften or HostTaken."""
    domain = get_domain(domain_id)
    limits.count("own-domain", current_schema(), times=20, seconds=600)
    return check_domain(domain)


def use_for_links(*, domain_id: int | None) -> None:
    """Links in mails and the like lead to this name from now on; None: to the one below ours.

    Raises NotFound or NotProven.
    """
    group = DealerGroup.objects.get(schema_name=current_schema())
    with transaction.atomic(using="control"):
        host = "" if domain_id is None else _locked_proven(get_domain(domain_id)).host
        _lead_links_to(group, host)
    directory.forget(group)


def _locked_proven(domain: OwnDomain) -> OwnDomain:
    found = _locked(domain)
    if found.state != State.PROVEN:
        raise NotProven(_("This name is not proven yet."))
    return found


def remove_domain(*, domain_id: int) -> None:
    """Give a name up: it stops answering at this moment. Raises NotFound."""
    domain = get_domain(domain_id)
    with transaction.atomic(using="control"):
        found = _locked(domain)
        _stop_answering(found)
        found.delete()


def _locked(domain: OwnDomain) -> OwnDomain:
    """The row as it is now, held until the end of the transaction. Raises NotFound."""
    rows = OwnDomain.objects.select_for_update(of=["self"]).select_related("group")
    found = rows.filter(pk=domain.pk).first()
    if found is None:
        raise NotFound(_("There is no such domain."))
    return found


# --- Asking the DNS -------------------------------------------------------------------------------


def check_domain(domain: OwnDomain) -> OwnDomain:
    """Ask the DNS, and do what follows. Raises NotFound; HostTaken where another has the name."""
    stands = _stands(domain)
    if stands and domain.state != State.PROVEN:
        _take_from_former(domain)
    with transaction.atomic(using="control"):
        found = _locked(domain)
        news = _follow(found, stands, now())
        found.save(update_fields=FOLLOWED)
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
    answered_at = domain.checked_at or domain.added_at
    if stands is not None:
        domain.checked_at = moment
    if stands:
        return _proven(domain, moment)
    if domain.state != State.PROVEN:
        domain.check_at = _next_try(domain, moment, is_answered=stands is not None)
        return None
    if stands is None and moment - answered_at < SILENT_FOR:
        domain.check_at = moment + LATER
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


def _next_try(domain: OwnDomain, moment: datetime, *, is_answered: bool) -> datetime | None:
    """When a name that is not proven is looked for again by itself, if at all."""
    waited = moment - domain.added_at
    if domain.state == State.LOST or waited > LOOKED_FOR:
        return None
    return moment + (SOON if is_answered and waited < EAGER_FOR else LATER)


def _require_given_up(host: str, *, to: str) -> OwnDomain | None:
    """Which other group has the name, though its record is gone; ``to`` is the schema that asks.

    Raises HostTaken while the record stands, or while the DNS does not say.
    """
    holders = OwnDomain.objects.filter(host=host, state=State.PROVEN).select_related("group")
    holder = holders.exclude(group__schema_name=to).first()
    if holder is not None and _stands(holder) is not False:
        raise _taken()
    return holder


def _taken() -> HostTaken:
    return HostTaken(_("This name is in use by another group."), field="host")


def _take_from_former(domain: OwnDomain) -> None:
    """A name that changed hands: whoever can prove it no more loses it now.

    Raises HostTaken where both can, for then the first one keeps it.
    """
    holder = _require_given_up(domain.host, to=domain.group.schema_name)
    if holder is None:
        return
    with transaction.atomic(using="control"):
        try:
            found = _locked_proven(holder)
        except (NotFound, NotProven):
            return  # given up while the DNS was asked
        news = _lost(found)
        found.save(update_fields=FOLLOWED)
    _publish(found, news)


def _begin_answering(domain: OwnDomain) -> None:
    """Raises HostTaken where another group was first.

    An address that no proven name stands behind is nobody's, and is taken over.
    """
    try:
        with transaction.atomic(using="control"):
            domain.save(update_fields=["state"])
            nobodys = Domain.objects.filter(domain=domain.host, is_primary=False)
            if not nobodys.update(tenant=domain.group):
                Domain.objects.create(domain=domain.host, tenant=domain.group, is_primary=False)
    except IntegrityError as error:
        raise _taken() from error
    _forget(domain)


def _stop_answering(domain: OwnDomain) -> None:
    """The group's row is held too, so that a name chosen meanwhile stays chosen."""
    domain.group = DealerGroup.objects.select_for_update(no_key=True).get(pk=domain.group_id)
    if domain.group.host == domain.host:
        _lead_links_to(domain.group, "")
    _forget(domain)
    Domain.objects.filter(domain=domain.host, tenant=domain.group).delete()


def _lead_links_to(group: DealerGroup, host: str) -> None:
    """Not by save(), which wants to stand inside of the group or of none."""
    group.host = host
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
    """What is due, one after the other, for less than a minute, so that rounds do not pile up."""
    ends = time.monotonic() + ROUND_SECONDS
    while time.monotonic() < ends:
        domain = _claimed()
        if domain is None:
            return
        _check_quietly(domain)


def _claimed() -> OwnDomain | None:
    """The next that is due, put off first: no other round asks for it, nor this one again."""
    with transaction.atomic(using="control"):
        due = OwnDomain.objects.filter(check_at__lte=now()).order_by("check_at", "id")
        rows = due.select_for_update(of=["self"], skip_locked=True).select_related("group")
        domain = rows.first()
        if domain is not None:
            domain.check_at = now() + LATER
            domain.save(update_fields=["check_at"])
    return domain


def _check_quietly(domain: OwnDomain) -> None:
    try:
        check_domain(domain)
    except HostTaken:
        check_at = _next_try(domain, now(), is_answered=False)
        OwnDomain.objects.filter(pk=domain.pk).update(check_at=check_at)
    except NotFound:
        logger.info("domain removed meanwhile", extra={"host": domain.host})
    except Exception:  # one name in trouble keeps nobody else from hers
        logger.exception("domain not checked", extra={"host": domain.host})
