"""What people say to one another about a record."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from forecourt.kernel.models import StoredFile


class Post(models.Model):
    """Something said about a record, and who is meant by it. Append-only.

    ``subject`` and ``record_id`` name the record as :mod:`apps.discussions.subjects` does; who sees
    the record sees what was said about it. ``mentioned_ids`` are people's.
    """

    append_only = True

    subject = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    author = models.ForeignKey(
        "organisation.StaffMember", models.PROTECT, null=True, related_name="+", db_index=False
    )
    text = models.CharField(max_length=4000, blank=True)
    mentioned_ids = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "record_id", "-id"], name="post_record_idx"),
        ]

    def __str__(self) -> str:
        return self.text[:60] or f"#{self.pk}"


class PostFile(models.Model):
    """A file that was brought along. Append-only."""

    append_only = True

    post = models.ForeignKey(Post, models.PROTECT, related_name="files")
    file = models.OneToOneField(StoredFile, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.file.name
