"""The kernel's migrations with one more behind them: a release that does not exist."""

from pathlib import Path

import forecourt.kernel.migrations

EARLIER = Path(forecourt.kernel.migrations.__path__[0])
LAST = max(path.stem for path in EARLIER.glob("0*.py"))

__path__ = [str(EARLIER), str(Path(__file__).parent)]
