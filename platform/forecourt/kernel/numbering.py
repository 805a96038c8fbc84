"""Document numbers: unique and gap-free within a store, kind and period.

The counter row stays locked until the document's transaction ends, so a number is given only to a
document that exists. Take it last: the lock is shared by all who number the same kind.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db import connection

INCREMENT = """
    INSERT INTO kernel_documentcounter AS counter (kind, store_code, period, last_value)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (kind, store_code, period)
    DO UPDATE SET last_value = counter.last_value + excluded.last_value
    RETURNING last_value
"""


def next_number(kind: str, store_code: str, day: date) -> str:
    """For instance ``SH01-TR-202609-00042`` for kind ``TR``; the period is the month of ``day``."""
    return next_numbers(kind, store_code, day, 1)[0]


def next_numbers(kind: str, store_code: str, day: date, count: int) -> list[str]:
    """``count`` numbers in a row with one statement, for work in bulk."""
    return number_documents(kind, [(store_code, day)] * count)


def number_documents(kind: str, documents: Sequence[tuple[str, date]]) -> list[str]:
    """Numbers for many documents, each given as (store code, day), in their order.

    Counters are taken in one order, so two who number at once wait and never block each other.
    """
    wanted = Counter((code, f"{day:%Y%m}") for code, day in documents)
    last: dict[tuple[str, str], int] = {}
    with connection.cursor() as cursor:
        for (code, period), count in sorted(wanted.items()):
            cursor.execute(INCREMENT, [kind, code, period, count])
            last[code, period] = cursor.fetchone()[0] - count
    numbers = []
    for code, day in documents:
        key = (code, f"{day:%Y%m}")
        last[key] += 1
        numbers.append(f"{code}-{kind}-{key[1]}-{last[key]:05d}")
    return numbers
