"""A process that answers what a setting is, or decides it, line by line, as a web worker would."""

import sys

import django

django.setup()

from django.db import connection, reset_queries  # noqa: E402 - after the set-up

from forecourt.kernel.access import system_actor  # noqa: E402
from forecourt.kernel.group_settings import change_setting, value_of  # noqa: E402
from forecourt.kernel.groups import inside  # noqa: E402
from forecourt.kernel.remembered import remembering  # noqa: E402

KEY = "crm.response_minutes"

if __name__ == "__main__":
    connection.force_debug_cursor = True
    with inside(sys.argv[1]):
        for line in sys.stdin:
            reset_queries()
            with remembering():
                if line.strip():
                    change_setting(key=KEY, value=int(line), actor=system_actor())
                    print("decided", flush=True)
                else:
                    print(value_of(KEY), len(connection.queries), flush=True)
