"""The pages of webhooks: made, looked at, tried, sent again, switched off, by whoever may."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import Webhook, WebhookDelivery
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store
from tests.kernel.test_webhooks import deliver
from tests.receivers import Receiver, receiver

LIST = "/settings/webhooks/"


@pytest.fixture
def far() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def browser(group: GroupIdentity, client_of: Callable[..., Any]) -> Any:
    owner = make_staff("group_owner")
    client = client_of(group, owner.user)
    client.cookies["django_language"] = "en"
    home = connection.tenant

    class AtHome:
        """A request leaves the connection elsewhere; the test goes on in its group."""

        def __getattr__(self, method: str) -> Callable[..., Any]:
            def send(*arguments: Any, **options: Any) -> Any:
                try:
                    return getattr(client, method)(*arguments, **options)
                finally:
                    connection.set_tenant(home)

            return send

    return AtHome()


def _form(far: Receiver, **changes: Any) -> dict[str, Any]:
    return {"name": "DMS", "url": far.url, "types_crm": ["lead.registered"], **changes}


def test_a_webhook_is_made_and_its_secret_shown_once(browser: Any, far: Receiver) -> None:
    empty = browser.get(LIST).content.decode()
    assert "No webhooks yet" in empty
    form = browser.get(f"{LIST}new/").content.decode()
    assert "Lead taken in" in form
    assert "Vehicle sold" in form

    made = browser.post(f"{LIST}new/", _form(far))
    page = made.content.decode()
    (secret,) = set(re.findall(r"fcw_[\w-]+", page))
    webhook = Webhook.objects.get()
    detail = browser.get(f"{LIST}{webhook.pk}/").content.decode()

    assert made.status_code == 200
    assert secret not in detail
    assert far.url in detail
    assert "Lead taken in" in detail
    assert "DMS" in browser.get(LIST).content.decode()
    assert secret not in browser.get(f"{LIST}{webhook.pk}/edit/").content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "This field is required"),
        ({"url": "http://192.168.1.1/"}, "not on the public internet"),
        ({"url": "ftp://example.com"}, "must begin with https"),
        ({"types_crm": []}, "Choose at least one event"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    browser: Any, far: Receiver, changes: dict[str, Any], message: str
) -> None:
    answer = browser.post(f"{LIST}new/", _form(far, **changes))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert message in page
    assert changes.get("url", far.url) in page
    assert not Webhook.objects.exists()


def test_events_are_tried_looked_at_and_sent_again(browser: Any, far: Receiver) -> None:
    browser.post(f"{LIST}new/", _form(far))
    webhook = Webhook.objects.get()
    assert browser.post(f"{LIST}{webhook.pk}/test/").status_code == 302
    make_lead(owner=make_staff("sales_advisor", make_store()))
    waiting = WebhookDelivery.objects.get()
    assert "delay:2s" in browser.get(f"{LIST}deliveries/{waiting.pk}/").content.decode()
    far.answers, far.text = [200, 503], "<script>no</script>"
    deliver()

    failed = WebhookDelivery.objects.get(type="lead.registered")
    page = browser.get(f"{LIST}deliveries/{failed.pk}/").content.decode()
    assert "503" in page
    assert "&lt;script&gt;no" in page
    listed = browser.get(f"{LIST}{webhook.pk}/?state=DELIVERED").content.decode()
    assert "Test" in listed
    assert browser.post(f"{LIST}deliveries/{failed.pk}/replay/").status_code == 302
    deliver()
    failed.refresh_from_db()
    assert failed.state == WebhookDelivery.State.DELIVERED

    since = timezone.localtime(timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert browser.post(f"{LIST}{webhook.pk}/replay/", {"since": since}).status_code == 302
    wrong = browser.post(f"{LIST}{webhook.pk}/replay/", {"since": "2020-01-01T00:00"})
    assert wrong.status_code == 422
    deliver()
    assert far.ids.count(str(failed.entry_id)) == 3


def test_a_webhook_is_changed_switched_and_removed(browser: Any, far: Receiver) -> None:
    browser.post(f"{LIST}new/", _form(far))
    webhook = Webhook.objects.get()
    at = f"{LIST}{webhook.pk}/"
    browser.post(f"{at}edit/", _form(far, name="Site", types_vehicles=["stock_unit.sold"]))
    webhook.refresh_from_db()
    assert (webhook.name, webhook.types) == ("Site", ["lead.registered", "stock_unit.sold"])

    browser.post(f"{at}switch/")
    assert "Switched off by hand" in browser.get(at).content.decode()
    assert browser.post(f"{at}test/").status_code == 409
    browser.post(f"{at}switch/", {"on": "yes"})
    webhook.refresh_from_db()
    assert webhook.is_active
    assert "both secrets sign" in browser.get(f"{at}secret/").content.decode()
    assert "fcw_" in browser.post(f"{at}secret/").content.decode()
    history = browser.get(f"{at}history/").content.decode()
    assert "stock_unit.sold" in history
    browser.post(f"{at}delete/")
    assert not Webhook.objects.exists()


def test_the_pages_cost_few_queries(
    browser: Any, far: Receiver, django_assert_max_num_queries: Any
) -> None:
    browser.post(f"{LIST}new/", _form(far))
    webhook = Webhook.objects.get()
    for _number in range(5):
        make_lead(owner=make_staff("sales_advisor", make_store()))
    deliver()
    for address in (LIST, f"{LIST}{webhook.pk}/", f"{LIST}new/"):
        browser.get(address)
        with django_assert_max_num_queries(12):
            assert browser.get(address).status_code == 200


def test_the_tile_stands_on_settings_for_those_who_may_only(
    group: GroupIdentity, client_of: Callable[..., Any], browser: Any
) -> None:
    assert LIST in browser.get("/settings/").content.decode()
    manager = make_staff("store_manager", make_store())
    with inside(group):
        refused = client_of(group, manager.user).get(LIST)
    assert refused.status_code == 403
