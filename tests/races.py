"""Many people at once, each in a thread of her own."""

import threading

from django.db import connections

from forecourt.kernel.groups import inside


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
