"""Feeds as people keep them: their address and token, how their fields become ours."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.crm import queries
from apps.crm.actions.feed_reading import Reading, fields_to_fill, read_message
from apps.crm.models import LeadFeed
from apps.crm.models.feeds import MANAGE
from apps.crm.rules import feeds as rules
from apps.crm.rules.feed_presets import preset_of
from apps.crm.rules.feeds import CUSTOM
from apps.crm.rules.leads import LEAD_SOURCES
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.option_lists import values as options

MOST_FEEDS = 50
PREFIX = "fcf_"
HINT_LENGTH = 10
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class FeedWithToken:
    """A feed with the token that was made for it: the only time that it is told."""

    feed: LeadFeed
    token: str


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def create_feed(
    *, name: str, code: str, source: str, actor: Actor, campaign_code: str = ""
) -> FeedWithToken:
    """Open an address to which a system may push enquiries; its mapping begins as is usual there.

    Raises NotPermitted, Invalid, or Conflict for a code that is taken.
    """
    actor.require(MANAGE)
    if LeadFeed.objects.count() >= MOST_FEEDS:
        raise Conflict(_("A group has %(most)s feeds at most.") % {"most": MOST_FEEDS})
    feed = LeadFeed(created_at=now(), mapping=preset_of(source))
    _apply(feed, name=name, code=code, source=source, campaign_code=campaign_code)
    token = _renew(feed)
    _save(feed)
    audit.record(actor, "created", feed, {"code": [None, feed.code], "source": [None, source]})
    return FeedWithToken(feed, token)


@transaction.atomic
def change_feed(
    *,
    feed_id: int,
    actor: Actor,
    name: str | None = None,
    code: str | None = None,
    source: str | None = None,
    campaign_code: str | None = None,
    is_active: bool | None = None,
) -> LeadFeed:
    """Change what is given; another code is another address.

    Raises NotFound, NotPermitted, Invalid, or Conflict for a code that is taken.
    """
    feed = queries.lock(LeadFeed, pk=feed_id, actor=actor, permission=MANAGE)
    before = _facts(feed)
    _apply(
        feed,
        name=feed.name if name is None else name,
        code=feed.code if code is None else code,
        source=feed.source if source is None else source,
        campaign_code=feed.campaign_code if campaign_code is None else campaign_code,
    )
    if is_active is not None:
        feed.is_active = is_active
    if changes := audit.changes_between(before, _facts(feed)):
        _save(feed)
        audit.record(actor, "changed", feed, changes)
    return feed


@transaction.atomic
def save_feed_mapping(*, feed_id: int, mapping: Mapping[str, Any], actor: Actor) -> LeadFeed:
    """Say anew which of the system's fields becomes which of ours, for what comes from now on.

    Raises NotFound, NotPermitted, Invalid.
    """
    feed = queries.lock(LeadFeed, pk=feed_id, actor=actor, permission=MANAGE)
    wanted = checked_feed_mapping(mapping)
    if wanted != feed.mapping:
        before, feed.mapping = feed.mapping, wanted
        feed.save(update_fields=["mapping"])
        audit.record(actor, "mapped", feed, {"mapping": [before, wanted]})
    return feed


@transaction.atomic
def rotate_feed_token(*, feed_id: int, actor: Actor) -> FeedWithToken:
    """Make a new token; the former one counts no more. Raises NotFound, NotPermitted."""
    feed = queries.lock(LeadFeed, pk=feed_id, actor=actor, permission=MANAGE)
    token = _renew(feed)
    feed.save(update_fields=["token_digest", "token_hint", "token_made_at"])
    audit.record(actor, "token_renewed", feed)
    return FeedWithToken(feed, token)


@transaction.atomic
def revoke_feed_token(*, feed_id: int, actor: Actor) -> LeadFeed:
    """Take the token back: nothing is taken in until a new one is made.

    Raises NotFound, NotPermitted.
    """
    feed = queries.lock(LeadFeed, pk=feed_id, actor=actor, permission=MANAGE)
    if feed.token_digest:
        feed.token_digest = feed.token_hint = ""
        feed.token_made_at = None
        feed.save(update_fields=["token_digest", "token_hint", "token_made_at"])
        audit.record(actor, "token_revoked", feed)
    return feed


def try_feed(
    *,
    feed_id: int,
    payload: str,
    content_type: str,
    actor: Actor,
    mapping: Mapping[str, Any] | None = None,
) -> Reading:
    """What a payload would become by the feed's mapping, or by another; nothing is written.

    Raises NotFound, NotPermitted, Invalid for a mapping that cannot be.
    """
    actor.require(MANAGE)
    feed = queries.get_feed(feed_id=feed_id, actor=actor)
    if content_type not in rules.CONTENT_TYPES:
        raise Invalid(_("Choose one of the values offered."), field="content_type")
    if len(payload.encode(errors="replace")) > rules.LARGEST_PAYLOAD:
        raise Invalid(
            _("At most %(count)s KB.") % {"count": rules.LARGEST_PAYLOAD // 1024}, field="payload"
        )
    return read_message(
        payload,
        content_type,
        source=feed.source,
        mapping=feed.mapping if mapping is None else checked_feed_mapping(mapping),
        campaign_code=feed.campaign_code,
    )


def checked_feed_mapping(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Raises Invalid, with the target as its field."""
    codes = [one.name.removeprefix(CUSTOM) for one in fields_to_fill()]
    return rules.checked_mapping(mapping, custom=codes)


def _apply(feed: LeadFeed, *, name: str, code: str, source: str, campaign_code: str) -> None:
    name, code = " ".join(name.split()), code.strip().lower()
    if not name:
        raise Invalid(_("Give the feed a name."), field="name")
    if not CODE.fullmatch(code):
        raise Invalid(
            _("2 to 40 small letters, digits and hyphens, such as autohome."), field="code"
        )
    options.require(LEAD_SOURCES, source, field="source")
    feed.name, feed.code = name[:60], code
    feed.source, feed.campaign_code = source, campaign_code.strip()[:40]


def _renew(feed: LeadFeed) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    feed.token_digest, feed.token_hint = token_digest(token), token[:HINT_LENGTH]
    feed.token_made_at = now()
    return token


def _save(feed: LeadFeed) -> None:
    try:
        with transaction.atomic():
            feed.save()
    except IntegrityError as error:
        if "lead_feed_code_uq" not in str(error):
            raise
        raise Conflict(_("Another feed has this code."), field="code") from error


def _facts(feed: LeadFeed) -> dict[str, Any]:
    return {
        "name": feed.name,
        "code": feed.code,
        "source": feed.source,
        "campaign": feed.campaign_code,
        "is_active": feed.is_active,
    }
