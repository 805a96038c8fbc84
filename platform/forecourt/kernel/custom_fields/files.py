"""Files as values: brought straight to the group's store, only ever handed out to be saved.

A record of such a file is ``{"file", "name", "size", "type"}``; ``file`` is the id of the stored
file, stands in no page and no answer of the API, and is only ever taken for one's own upload. What
was kept before files came straight to the store has ``key`` instead, until it is adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.hosts import all_hosts, get_host
from forecourt.kernel.custom_fields.registry import active, read, visible
from forecourt.kernel.errors import Invalid, NotFound
from forecourt.kernel.files import (
    OFFICE,
    PAPERS,
    FilePurpose,
    Limits,
    StoredFile,
    declare_purpose,
    link_to,
)
from forecourt.kernel.files.holders import declare_holding
from forecourt.kernel.files.keeping import LINK_LIVES
from forecourt.kernel.files.own import brought_by
from forecourt.kernel.files.purposes import MEGABYTE
from forecourt.kernel.storage import group_storage

LARGEST_MEGABYTES = 20
FILE_PURPOSE = "custom_fields.file"


def fills_file_fields(actor: Actor) -> bool:
    """Whether the actor may bring a file for any field of any record."""
    return any(
        field.kind == Kind.FILE and field.is_editable_by(actor)
        for host in all_hosts()
        for field in active(host.name)
    )


def held_ids() -> Iterable[int]:
    """The stored files in all records, those of retired fields and of rows put away included."""
    for field in file_fields():
        ids = KeyTextTransform("file", KeyTransform(field.code, "custom"))
        found = rows_holding(field, "file").values_list(ids, flat=True)
        yield from (int(file_id) for file_id in found.iterator())


def file_fields() -> list[Definition]:
    return [field for fields in read().values() for field in fields if field.kind == Kind.FILE]


def rows_holding(field: Definition, name: str) -> Any:
    """The host's rows, whatever their state, whose record of a file has this name in it."""
    rows = get_host(field.host).model._base_manager.filter(custom__has_key=field.code)
    return rows.filter(**{f"custom__{field.code}__has_key": name})


declare_purpose(
    FilePurpose(
        FILE_PURPOSE,
        gettext_lazy("Custom fields"),
        types=(*PAPERS, "gif", *OFFICE, "zip"),
        largest_bytes=LARGEST_MEGABYTES * MEGABYTE,
        may_bring=fills_file_fields,
    )
)
declare_holding(held_ids, FILE_PURPOSE)


def limits_of(field: Definition) -> Limits:
    megabytes = int(field.options.get("max_megabytes") or LARGEST_MEGABYTES)
    return Limits(largest_bytes=megabytes * MEGABYTE)


def brought(file_id: int, field: Definition, actor: Actor) -> dict[str, Any]:
    """The record of a file that the actor has uploaded for a field. Raises Invalid."""
    (file,) = brought_by(actor, [file_id], purpose=FILE_PURPOSE)
    most = limits_of(field).largest_bytes
    if file.size > most:
        raise Invalid(_("The file is larger than %(size)s MB.") % {"size": most // MEGABYTE})
    return {"file": file.pk, "name": file.name, "size": file.size, "type": file.content_type}


def _link(record: Mapping[str, Any]) -> str:
    if "key" in record:
        return group_storage().download_link(
            record["key"],
            filename=record["name"],
            content_type=record["type"],
            inline=False,
            expires=LINK_LIVES,
        )
    file = StoredFile.objects.filter(pk=record["file"]).first()
    if file is None:
        raise NotFound(_("This file is gone."))
    return link_to(file)


def link_of(*, host: str, row_id: int, code: str, actor: Actor) -> str:
    """The address of a file of a record, for whoever sees the record and the field.

    Raises NotFound, and NotReady while it is checked or when it was refused.
    """
    row = get_host(host).get_row(row_id, actor)
    fields = {field.code: field for field in visible(host, actor)}
    record = row.custom.get(code)
    if code not in fields or fields[code].kind != Kind.FILE or not record:
        raise NotFound(_("There is no such file."))
    return _link(record)


def shown(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record without where it is kept, for answers and the log."""
    return {"name": record["name"], "size": record["size"], "type": record["type"]}
