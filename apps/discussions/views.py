"""The discussion of a record, below its page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.discussions import queries
from apps.discussions.actions import write_post
from apps.discussions.forms import PostForm
from apps.discussions.models import Post
from apps.discussions.subjects import subject_of
from forecourt.kernel.access import Actor
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field

TAKE_PART = queries.TAKE_PART


@requires(TAKE_PART)
def panel(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    """What was said, and the form to say more; the right to the record is asked each time."""
    actor = request.actor
    kind = subject_of(subject)
    record = kind.get(subject_id, actor)
    people = queries.to_mention(record, kind, actor)
    form = PostForm(request.POST or None, actor=actor, people=people)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        written = form.attempt(
            write_post, subject=subject, record_id=subject_id, actor=actor, **form.cleaned_data
        )
        if written is not None:
            form = PostForm(actor=actor, people=people)
    posts = queries.thread(subject=subject, record_id=subject_id, actor=actor)
    context = {
        "form": form,
        "url": reverse("discussions:panel", args=[subject, subject_id]),
        "entries": _entries(posts, actor),
        "is_full": len(posts) == queries.SHOWN,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "discussions/_panel.html", context, status=status)


def _entries(posts: list[Post], actor: Actor) -> list[dict[str, Any]]:
    names = queries.names_of(posts)
    return [
        {
            "post": post,
            "author": post.author.name if post.author else _("The system"),
            "mentioned": [names[pk] for pk in post.mentioned_ids if pk in names],
            "is_own": post.author_id == actor.staff_id,
            "is_meant": actor.staff_id in post.mentioned_ids,
            "files": list(post.files.all()),
        }
        for post in posts
    ]


@require_GET
@requires(TAKE_PART)
def post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Go to the record that is discussed, where the discussion is open."""
    found = queries.get_post(post_id=post_id, actor=request.actor)
    kind = subject_of(found.subject)
    page = reverse(kind.page, args=[kind.kept(found.record_id)])
    return redirect(f"{page}?tab=discussion")


@require_GET
@requires(TAKE_PART)
def post_file(request: HttpRequest, post_file_id: int) -> HttpResponse:
    """Go to where a file is handed out for some minutes."""
    return redirect(queries.link_to_file(post_file_id=post_file_id, actor=request.actor))
