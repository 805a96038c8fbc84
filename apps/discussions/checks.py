"""What must always be true of discussions."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Exists, OuterRef

from apps.discussions import subjects
from apps.discussions.models import Post, PostFile
from forecourt.kernel.verify import Problem, check


@check("discussions are about records that exist")
def _records() -> Iterable[Problem]:
    known = [subject.code for subject in subjects.declared()]
    for pk in Post.objects.exclude(subject__in=known).values_list("pk", flat=True):
        yield Problem(f"post {pk}", "is about records that nobody declares")
    for subject in subjects.declared():
        rows = apps.get_model(subject.model)._base_manager.filter(pk=OuterRef("record_id"))
        astray = Post.objects.filter(subject=subject.code).exclude(Exists(rows))
        for pk, record_id in astray.values_list("pk", "record_id"):
            yield Problem(f"post {pk}", f"is about {subject.code} {record_id}, which is gone")


@check("posts say something")
def _said() -> Iterable[Problem]:
    files = PostFile.objects.filter(post=OuterRef("pk"))
    for pk in Post.objects.filter(text="").exclude(Exists(files)).values_list("pk", flat=True):
        yield Problem(f"post {pk}", "has neither text nor file")
