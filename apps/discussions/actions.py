"""What is done in discussions: somebody says something, and others hear of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.discussions import notifications as told
from apps.discussions import queries
from apps.discussions.file_purposes import DISCUSSION
from apps.discussions.models import Post, PostFile
from apps.discussions.subjects import DiscussionSubject, subject_of
from apps.notifications.actions import notify
from apps.organisation import queries as organisation
from forecourt.kernel import audit
from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.files import StoredFile
from forecourt.kernel.files.own import brought_by

LONGEST_TEXT, MOST_MENTIONS, MOST_FILES = 4000, 20, 10
QUOTED = 200


@transaction.atomic
def write_post(
    *,
    subject: str,
    record_id: int,
    actor: Actor,
    text: str = "",
    mention_ids: Iterable[int] = (),
    file_ids: Iterable[int] = (),
) -> Post:
    """Say something about a record that the actor sees, with files of her own, to some in person.

    Whoever does not see the record cannot be mentioned: the refusal names them. Raises Invalid,
    Conflict for a file that was added before, NotFound, NotPermitted.
    """
    actor.require(queries.TAKE_PART)
    kind = subject_of(subject)
    record = kind.get(record_id, actor)
    text = text.strip()
    mentioned, brought = sorted(set(mention_ids)), list(file_ids)
    _check(text, mentioned, brought)
    _require_entitled(mentioned, kind, record_id)
    before = queries.took_part(kind, record_id)
    post = Post.objects.create(
        subject=subject,
        record_id=record_id,
        author_id=actor.staff_id,
        text=text,
        mentioned_ids=mentioned,
        created_at=now(),
    )
    _hold(post, brought, actor)
    audit.record(actor, "posted", post, store_id=kind.store_of(record))
    _tell(post, record, kind, actor, before)
    return post


def _check(text: str, mentioned: Collection[int], files: Collection[int]) -> None:
    if not text and not files:
        raise Invalid(_("Write something."), field="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(_("At most %(count)s characters.") % {"count": LONGEST_TEXT}, field="text")
    if len(mentioned) > MOST_MENTIONS:
        raise Invalid(
            _("Mention at most %(count)s people.") % {"count": MOST_MENTIONS}, field="mention_ids"
        )
    if len(files) > MOST_FILES:
        raise Invalid(_("At most %(count)s files.") % {"count": MOST_FILES}, field="file_ids")


def _require_entitled(staff_ids: Iterable[int], kind: DiscussionSubject, record_id: int) -> None:
    """Raises Invalid with the names of those who do not see the record."""
    strangers = [pk for pk in staff_ids if not queries.is_entitled(pk, kind, record_id)]
    if strangers:
        names = organisation.names_of_staff(strangers)
        raise Invalid(
            _("They may not see this record, so they cannot be mentioned: %(names)s.")
            % {"names": ", ".join(names.get(pk, f"#{pk}") for pk in strangers)},
            field="mention_ids",
        )


def _hold(post: Post, file_ids: Collection[int], actor: Actor) -> None:
    if not file_ids:
        return
    files = brought_by(actor, file_ids, purpose=DISCUSSION)
    # Whoever adds the same file elsewhere at this moment waits here.
    list(StoredFile.objects.select_for_update(no_key=True).filter(pk__in=[f.pk for f in files]))
    if PostFile.objects.filter(file__in=files).exists():
        raise Conflict(_("This file has been added already."))
    PostFile.objects.bulk_create([PostFile(post=post, file=file) for file in files])


def _tell(post: Post, record: Any, kind: DiscussionSubject, actor: Actor, before: set[int]) -> None:
    """Those who are mentioned, and those who took part before as far as they still see it."""
    values = {
        "author": actor.name,
        "record": f"{kind.label} {kind.describe(record)}",
        "text": post.text[:QUOTED],
    }
    others = {
        pk
        for pk in before - {actor.staff_id, *post.mentioned_ids}
        if queries.is_entitled(pk, kind, post.record_id)
    }
    for event, people in (
        (told.MENTIONED, set(post.mentioned_ids) - {actor.staff_id}),
        (told.ANSWERED, others),
    ):
        if people:
            notify(
                event,
                recipients=people,
                subject=post,
                values=values,
                key=str(post.pk),
                store_id=kind.store_of(record),
                actor=actor,
            )
