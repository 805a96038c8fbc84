"""`make stripe`: the stand-in alone, until Ctrl-C."""

import os
import signal
import sys
from types import FrameType

from forecourt.config import embedded
from infra.stripe.server import PORT, SECRET_KEY, WEBHOOK_SECRET, running


def main() -> int:
    home = embedded.home()
    home.mkdir(parents=True, exist_ok=True)
    port = int(os.environ.get("STRIPE_PORT") or PORT)
    product = (
        f"http://{os.environ.get('BASE_DOMAIN') or 'localhost'}:{os.environ.get('PORT') or 8000}"
    )
    webhook = os.environ.get("STRIPE_WEBHOOK_URL") or f"{product}/stripe/webhook/"
    with running(port=port, webhook_url=webhook, file=home / "stripe.json", ticks=True) as stand_in:
        print(
            f"\n  A stand-in of Stripe: {stand_in.api.base}/ (its clock and its events)\n\n"
            f"  It sends events to {webhook}. Start the product with\n\n"
            f"    STRIPE_API_BASE={stand_in.api.base} STRIPE_SECRET_KEY={SECRET_KEY} \\\n"
            f"    STRIPE_WEBHOOK_SECRET={WEBHOOK_SECRET} make run\n\n"
            f"  and once, with the same variables, .venv/bin/python manage.py sync_plans\n",
            flush=True,
        )
        ended = {signal.SIGINT, signal.SIGTERM}

        def end(_number: int, _frame: FrameType | None) -> None:
            raise SystemExit

        for number in ended:
            signal.signal(number, end)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
