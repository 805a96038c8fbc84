"""Document numbers: unique and gap-free within a store, kind and period.

The counter row stays locked until the document's transaction ends, so a number is given only to a
document that exists. Take it last: the lock is shared by all who number the same kind.
"""

from datetime import date

from django.db import connection

INCREMENT = """
    INSERT INTO kernel_documentcounter (kind, store_code, period, last_value)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (kind, store_code, period)
    DO UPDATE SET last_value = kernel_documentcounter.last_value + excluded.last_value
    RETURNING last_value
"""


def next_number(kind: str, store_code: str, day: date) -> str:
    """For instance ``SH01-TR-202609-00042`` for kind ``TR``; the period is the month of ``day``."""
    return next_numbers(kind, store_code, day, 1)[0]


def next_numbers(kind: str, store_code: str, day: date, count: int) -> list[str]:
    """``count`` numbers in a row with one statement, for work in bulk."""
    period = f"{day:%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute(INCREMENT, [kind, store_code, period, count])
        (last,) = cursor.fetchone()
    return [
        f"{store_code}-{kind}-{period}-{value:05d}" for value in range(last - count + 1, last + 1)
    ]
