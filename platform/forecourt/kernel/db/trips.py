"""Transactions whose statements travel together."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from django.db import connection, transaction


@contextmanager
def one_trip() -> Iterator[None]:
    """A transaction whose statements are sent without waiting until somebody reads an answer.

    Most of what a small write costs is waiting for one answer after the other; PostgreSQL calls
    the remedy pipeline mode. What the database refuses is told at the next read, at the latest at
    the end of the block or of a savepoint inside. Whoever would catch it earlier and go on needs
    that savepoint, as in any transaction. There is no COPY inside. Raises the errors of
    ``django.db``.
    """
    connection.ensure_connection()
    link = cast("psycopg.Connection", connection.connection)
    with connection.wrap_database_errors, link.pipeline(), transaction.atomic():
        yield
