"""One row, or a clear word that there is none."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from forecourt.kernel.errors import NotFound


def one(queryset: QuerySet, pk: int):
    row = queryset.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("No such record, or not yours to see."))
    return row
