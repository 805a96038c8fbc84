"""Reads of discussions: whoever sees the record, at this moment, sees what is said about it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.discussions.models import Post, PostFile
from apps.discussions.subjects import DiscussionSubject, declared, subject_of
from apps.organisation import queries as organisation
from apps.organisation.people import able_in, by_id
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import NotFound
from forecourt.kernel.files import link_to

SHOWN = 200
TAKE_PART = "discussions.take_part"


def thread(*, subject: str, record_id: int, actor: Actor) -> list[Post]:
    """What was said about a record, the newest first. Raises NotFound, NotPermitted."""
    actor.require(TAKE_PART)
    kind = subject_of(subject)
    kind.get(record_id, actor)
    return list(_posts(kind, record_id)[:SHOWN])


def _posts(kind: DiscussionSubject, record_id: int) -> QuerySet[Post]:
    rows = Post.objects.filter(subject=kind.code, record_id__in=kind.family(record_id))
    return rows.select_related("author").prefetch_related("files__file").order_by("-id")


def get_post(*, post_id: int, actor: Actor) -> Post:
    """One whose record the actor sees. Raises NotFound."""
    post = Post.objects.filter(pk=post_id).first()
    if post is None or not actor.can(TAKE_PART) or not _is_seen(post, actor):
        raise NotFound(_("No such record."))
    return post


def link_to_file(*, post_file_id: int, actor: Actor) -> str:
    """Where a file is handed out for some minutes, its record within sight. Raises NotFound."""
    held = PostFile.objects.select_related("post", "file").filter(pk=post_file_id).first()
    if held is None or not actor.can(TAKE_PART) or not _is_seen(held.post, actor):
        raise NotFound(_("No such record."))
    return link_to(held.file)


def _is_seen(post: Post, actor: Actor) -> bool:
    """Also where the record was merged into another one that the actor sees."""
    kind = next((one for one in declared() if one.code == post.subject), None)
    if kind is None:
        return False
    return kind.is_seen_by(actor, kind.kept(post.record_id))


def is_entitled(staff_id: int, kind: DiscussionSubject, record_id: int) -> bool:
    """Whether somebody at work sees the record at this moment."""
    actor = organisation.actor_for_staff(staff_id)
    return actor is not None and actor.can(TAKE_PART) and kind.is_seen_by(actor, record_id)


def took_part(kind: DiscussionSubject, record_id: int) -> set[int]:
    """Those who wrote about a record or were mentioned."""
    people: set[int] = set()
    for author_id, mentioned in _posts(kind, record_id).values_list("author", "mentioned_ids"):
        people |= {author_id, *mentioned} - {None}
    return people


def to_mention(record: Any, kind: DiscussionSubject, actor: Actor) -> list[tuple[str, str]]:
    """Whom one may mean: who took part so far, and those of the store; with their names."""
    people = {one.pk: one for one in by_id(took_part(kind, record.pk))}
    people |= {one.pk: one for one in able_in(TAKE_PART, store_id=kind.store_of(record))}
    people.pop(actor.staff_id, None)
    return [
        (str(one.pk), one.name)
        for one in sorted(people.values(), key=lambda one: (one.name_pinyin, one.pk))
    ]


def names_of(posts: Collection[Post]) -> dict[int, str]:
    """The names of all who are mentioned in some posts."""
    return organisation.names_of_staff({one for post in posts for one in post.mentioned_ids})
