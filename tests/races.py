"""Many people at once, each in a thread of her own."""

import threading
import time
from collections.abc import Iterable

from django.db import connection, connections

from forecourt.kernel.groups import inside

BLOCKED = (
    "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
)


def in_threads(group, count, work):
    """Run ``work(number)`` in as many threads, all released at once; answers what each returned."""
    barrier = threading.Barrier(count)
    answers = [None] * count

    def run(number):
        try:
            with inside(group):
                barrier.wait()
                answers[number] = work(number)
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def until_somebody_waits_for_us():
    """Return as soon as another transaction waits for a lock that this one holds."""
    for _attempt in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(BLOCKED)
            if cursor.fetchone():
                return
        time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def tables_locked(seen: Iterable[dict[str, str]]) -> list[str]:
    """Whose rows were locked, of captured queries: each table once, in the order of the locks."""
    locks = [query["sql"] for query in seen if "FOR UPDATE" in query["sql"]]
    return list(dict.fromkeys(sql.split('FROM "')[1].split('"')[0] for sql in locks))
