"""What must always be true of custom fields."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from forecourt.kernel.custom_fields import Definition
from forecourt.kernel.custom_fields.hosts import all_hosts
from forecourt.kernel.custom_fields.indexing import rows_with_value
from forecourt.kernel.custom_fields.kinds import keys_of
from forecourt.kernel.custom_fields.registry import read
from forecourt.kernel.models import CustomKey
from forecourt.kernel.verify import Problem, check

_CHUNK = 2000


@check("an indexed custom field has the keys of its values, and no others")
def keys_fit_values() -> Iterable[Problem]:
    stored = read()
    for host in all_hosts():
        for field in stored.get(host.name, []):
            if field.is_ready:
                yield from _differences(field)


def _differences(field: Definition) -> Iterator[Problem]:
    label = f"{field.host} {field.name}"
    rows = rows_with_value(field).order_by("pk").values_list("pk", "custom")
    seen = 0
    batch: dict[int, Counter[tuple[str, Decimal | None]]] = {}
    for row_id, custom in rows.iterator(chunk_size=_CHUNK):
        wanted = Counter((key.text, key.number) for key in keys_of(field, custom[field.code]))
        batch[row_id] = wanted
        seen += wanted.total()
        if len(batch) >= _CHUNK:
            yield from _compared(field, label, batch)
            batch = {}
    yield from _compared(field, label, batch)
    count = CustomKey.objects.filter(field_id=field.id).count()
    if count != seen:
        yield Problem(label, f"{count} keys for {seen} values")


def _compared(
    field: Definition, label: str, wanted: dict[int, Counter[tuple[str, Decimal | None]]]
) -> Iterator[Problem]:
    found: dict[int, Counter[tuple[str, Decimal | None]]] = defaultdict(Counter)
    keys = CustomKey.objects.filter(field_id=field.id, row_id__in=list(wanted))
    for row_id, text, number in keys.values_list("row_id", "text_key", "number_key"):
        found[row_id][text, number] += 1
    for row_id, keys_wanted in wanted.items():
        if found[row_id] != keys_wanted:
            yield Problem(f"{label} of {row_id}", "its key is not that of its value")
