"""What of documents has a name in both languages."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.documents.queries.kinds import list_kinds
from forecourt.kernel.bilingual import BilingualSource, register

register(
    BilingualSource(
        name="documents.documentkind",
        label=_("Kinds of documents"),
        permission="documents.manage_kind",
        rows=list_kinds,
        url=lambda row: reverse("documents:kind_edit", args=[row.pk]),
        group_of=lambda row: row.code,
        order=90,
    )
)
