"""The kernel's migrations with some more behind them: a release that does not exist yet.

Used as ``MIGRATION_MODULES["kernel"]``, in a test or in a process of its own. The variable
``FORECOURT_LATER`` names the folders of further migrations that count: ``column``, ``broken`` ...
Django's loader loads this file anew each time, so a test may change it.
"""

import os
from pathlib import Path

import forecourt.kernel.migrations

HERE = Path(__file__).parent
EARLIER = Path(forecourt.kernel.migrations.__path__[0])
LAST = max(path.stem for path in EARLIER.glob("0*.py"))


__path__ = [
    str(EARLIER),
    *(str(HERE / name) for name in os.environ.get("FORECOURT_LATER", "").split()),
]
