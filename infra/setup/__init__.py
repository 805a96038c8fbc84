"""Prepares a checkout on a machine that has git, make and Python, and nothing else.

Only the standard library is imported here: this code runs before anything is installed.
Every step is idempotent and skipped when its inputs have not changed.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "Forecourt needs Python 3.11, 3.12 or 3.13, and this is {}.{}. "
        "Name one: make PYTHON=/path/to/python3.12 ...".format(*sys.version_info[:2])
    )
