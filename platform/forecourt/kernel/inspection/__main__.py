"""Look at one file in a process of its own, bounded in memory and time, without any secret.

``python -m forecourt.kernel.inspection FILE TYPE ACCEPTED FOLDER`` prints what it found as JSON.
Libraries that take apart what strangers send can be made to crash, to hang, or worse; here they
take nothing along but the file.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

MEMORY_BYTES = 2 * 2**30
CPU_SECONDS = 60
WRITTEN_BYTES = 256 * 2**20


def main(path: str, declared: str, accepted: str, folder: str) -> int:
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        # A film is changed where it lies, and none gets longer.
        (resource.RLIMIT_FSIZE, max(WRITTEN_BYTES, Path(path).stat().st_size)),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    from forecourt.kernel.inspection.looking import look  # noqa: PLC0415 - within the limits

    found = look(Path(path), declared, tuple(accepted.split(",")), Path(folder))
    sys.stdout.write(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
