from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

INCOMING, KEPT, THUMBNAILS = "incoming", "files", "thumbnails"
"""Folders of a group's store: unchecked bytes, good ones, and small pictures of those."""


class StoredFile(models.Model):
    """A file in the group's store: what it is called, what it is, and whether it may be used.

    ``key`` is random and names the bytes: below ``incoming`` until they are checked, below
    ``files`` afterwards, so the request that brought them can never change what was checked.

    ``size`` in bytes, ``content_type`` and ``sha256`` are what was declared until the file is
    READY and what was found from then on; the sum is of the bytes as they are kept.

    ``due_at`` is when an unfinished upload is given up, or a file that waits is checked (again).
    """

    class State(models.TextChoices):
        UPLOADING = "UPLOADING", _("Uploading")
        CHECKING = "CHECKING", _("Being checked")
        READY = "READY", pgettext_lazy("file", "Ready")
        REFUSED = "REFUSED", pgettext_lazy("file", "Refused")

    class Refusal(models.TextChoices):
        """Why a file was not taken, said to whoever brought it."""

        CHECKSUM = "CHECKSUM", _("The file changed on its way here. Send it again.")
        WRONG_TYPE = "WRONG_TYPE", _("The content of the file is not what its name says.")
        BROKEN = "BROKEN", _("The file is damaged and cannot be read.")
        SCRIPT = "SCRIPT", _("The file holds a web page or a program, which is not accepted.")
        MACROS = "MACROS", _("The file holds macros. Save it without macros and send it again.")
        POLYGLOT = "POLYGLOT", _("The file pretends to be of two kinds at once.")
        UNPACKS = "UNPACKS", _("The file unpacks to far more than it should.")
        TRACKS = (
            "TRACKS",
            _("The film says where it was taken in a way that cannot be removed. Save it anew."),
        )
        PIXELS = "PIXELS", _("The picture has too many pixels. Send a smaller one.")
        VIRUS = "VIRUS", _("The virus scanner found something in the file.")

    key = models.CharField(max_length=32)
    purpose = models.CharField(max_length=60)
    name = models.CharField(_("File name"), max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(_("State"), max_length=9, choices=State, default=State.UPLOADING)
    refusal = models.CharField(max_length=10, choices=Refusal, blank=True)
    upload_id = models.CharField(max_length=500, blank=True)
    uploaded_by_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(_("Uploaded"))
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)
    has_thumbnail = models.BooleanField(default=False)
    text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("File")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="stored_file_key_uq"),
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_size_ck"),
            models.CheckConstraint(
                condition=Q(state__in=["UPLOADING", "CHECKING"], due_at__isnull=False, refusal="")
                | (Q(state="READY", due_at__isnull=True, refusal="") & ~Q(sha256=""))
                | (Q(state="REFUSED", due_at__isnull=True) & ~Q(refusal="")),
                name="stored_file_state_ck",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="stored_file_due_idx"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def incoming_name(self) -> str:
        """Where the bytes arrive."""
        return f"{INCOMING}/{self.key}"

    @property
    def kept_name(self) -> str:
        """Where the checked bytes are."""
        return f"{KEPT}/{self.key}"

    @property
    def thumbnail_name(self) -> str:
        return f"{THUMBNAILS}/{self.key}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_under_way(self) -> bool:
        """Whether it is still to become ready or refused."""
        return self.state in (self.State.UPLOADING, self.State.CHECKING)
