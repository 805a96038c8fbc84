"""`python3 -m infra.setup run|test|lint`: prepare this checkout for one of the make targets."""

from __future__ import annotations

import argparse
import sys
import time

from infra.setup import browser, fonts, frontend, python, translations
from infra.setup.machine import SetupError, exclusive, say

PURPOSES = ("run", "test", "lint")


def prepare(purpose: str) -> None:
    """Bring the environment, the front-end files, the translations and the browser up to date."""
    python.install("run" if purpose == "run" else "dev")
    if purpose == "lint":
        return
    frontend.install(development=purpose == "test")
    frontend.collect()
    fonts.collect()
    translations.compile_all()
    if purpose == "test":
        browser.install()


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra.setup", description=__doc__)
    parser.add_argument("purpose", choices=PURPOSES)
    purpose = parser.parse_args().purpose
    began = time.monotonic()
    try:
        with exclusive():
            prepare(purpose)
    except SetupError as refusal:
        print(f"\n{refusal}\n", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"\nSetting up stopped: {problem}\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if (took := time.monotonic() - began) > 2:
        say(f"set up in {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
