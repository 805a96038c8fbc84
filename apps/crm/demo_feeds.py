"""The demo groups' feeds, what they sent today, two messages to be mended, and a shared pool."""

import json
from typing import Any

from apps.crm.actions import create_feed, receive_message, save_feed_mapping
from apps.crm.models import Customer, Lead
from apps.crm.queries import neglected_customers
from apps.crm.rules.feeds import JSON_TYPE
from apps.crm.rules.leads import OPEN_STATES
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now

FEEDS = (
    ("汽车之家", "autohome", "AUTOHOME"),
    ("懂车帝", "dongchedi", "DONGCHEDI"),
    ("集团官网", "website", "WEB"),
)
NAMES = ("周女士", "孙先生", "吴先生", "郑女士", "冯先生")
POOLED = 8


def load_feeds(stores: list[Any], serial: int) -> None:
    """``serial`` keeps the phones of two groups apart."""
    actor = system_actor()
    feeds = {}
    for name, code, source in FEEDS:
        feed = create_feed(name=name, code=code, source=source, actor=actor).feed
        mapping = feed.mapping
        if "store" in mapping:
            mapping["store"]["values"] = {
                str(88_100 + number): store.code for number, store in enumerate(stores)
            }
        feeds[code] = save_feed_mapping(feed_id=feed.pk, mapping=mapping, actor=actor)
    for number, name in enumerate(NAMES):
        store = stores[number % len(stores)]
        _push(
            feeds["autohome"], _autohome(number, serial, name, store, 88_100 + stores.index(store))
        )
    # The platform's number of a dealer that nobody has told to the mapping, and a form sent empty.
    _push(feeds["autohome"], _autohome(90, serial, "钱先生", stores[0], 99_001))
    _push(feeds["website"], {"name": "测试", "message": "请回电"})


def load_pool() -> None:
    """Some customers whom nobody has contacted for long."""
    busy = Lead.objects.filter(state__in=OPEN_STATES).values("customer")
    ids = neglected_customers().exclude(pk__in=busy).values_list("pk", flat=True)[:POOLED]
    Customer.objects.filter(pk__in=list(ids)).update(owner=None, pooled_at=now())


def _autohome(number: int, serial: int, name: str, store: Any, dealer: int) -> dict[str, Any]:
    return {
        "clueId": 77_000_000 + serial + number,
        "dealerId": dealer,
        "userName": name,
        "sex": name[-2:],
        "mobile": f"1390000{serial + number:04d}",
        "brandName": store.brand_names[0] if store.brand_names else "",
        "remark": "想了解最新优惠和现车",
    }


def _push(feed: Any, payload: dict[str, Any]) -> None:
    body = json.dumps(payload, ensure_ascii=False).encode()
    receive_message(feed=feed, body=body, content_type=JSON_TYPE)
