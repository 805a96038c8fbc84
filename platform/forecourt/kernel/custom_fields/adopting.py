"""Files that fields got before files came straight to the store: carried over, record by record.

Each record is carried over in a transaction of its own: killed anywhere, the task goes on where it
was. Until then the file is handed out from where it lies.
"""

from __future__ import annotations

import logging
from datetime import datetime, time, timedelta
from pathlib import PurePosixPath

from django.db import transaction

from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.files import FILE_PURPOSE, file_fields, rows_holding
from forecourt.kernel.files import adopt
from forecourt.kernel.models import CustomField
from forecourt.kernel.schedule import daily
from forecourt.kernel.storage import group_storage
from forecourt.kernel.tasks import group_task

logger = logging.getLogger(__name__)
OLD_FOLDER = "custom"
LEFT_ALONE = timedelta(days=1)


def has_file_fields() -> bool:
    return CustomField.objects.filter(kind=Kind.FILE).exists()


@daily(at=time(3, 50), when=has_file_fields)
@group_task
def adopt_old_files() -> None:
    """Carry over what is left, and remove the old bytes that no record names any more."""
    carry_over(before=now() - LEFT_ALONE)


def carry_over(*, before: datetime) -> int:
    """Carry all records over; answers how many. Raises StorageUnavailable, and can be repeated.

    Old bytes from before the moment go once no record names them.
    """
    count, missing = 0, set()
    for field in file_fields():
        for row_id in list(rows_holding(field, "key").values_list("pk", flat=True)):
            try:
                count += _carry_over_row(field, row_id)
            except FileNotFoundError as error:
                # The record still says what was there; a backup may bring the bytes back.
                logger.warning("a file of a custom field is gone", extra={"row_id": row_id})
                missing.add(str(error))
    if not missing:
        for name, at in list(group_storage().stored_in(OLD_FOLDER)):
            if at < before:
                group_storage().delete(name)
    return count


@transaction.atomic
def _carry_over_row(field: Definition, row_id: int) -> bool:
    row = rows_holding(field, "key").select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        return False
    old = row.custom[field.code]
    file = adopt(
        purpose=FILE_PURPOSE,
        name=old["name"],
        stored_name=old["key"],
        content_type=old["type"],
        key=PurePosixPath(old["key"]).stem[:32],
    )
    record = {"file": file.pk, "name": old["name"], "size": old["size"], "type": old["type"]}
    row.custom = {**row.custom, field.code: record}
    row.save(update_fields=["custom"])
    return True
