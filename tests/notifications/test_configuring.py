"""A group's channels, its texts, and what people choose: pages, rules, the configuration file."""

from __future__ import annotations

import re
from datetime import time

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.utils.translation import override

from apps.notifications import actions, wording
from apps.notifications.actions import configure_channel, notify, reset_text, save_text
from apps.notifications.errors import UnknownPlaceholder
from apps.notifications.models import ChannelSettings, Delivery, Notification, TemplateText
from apps.notifications.preferences import choice
from apps.notifications.queries import told
from apps.notifications.registry import get_event
from apps.notifications.ways import configuration_of, open_ways
from forecourt.kernel import configuration
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry, Preference
from tests.factories.crm import make_lead
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.notifications.servers import http_server

WEBHOOK = "https://oapi.dingtalk.com/robot/send?access_token=66ace9ab12345678"
SMS = {
    "provider": "tencent",
    "key_id": "AKIDone",
    "key": "topsecret",
    "sign_name": "华东",
    "template": "1110",
    "app_id": "140000",
}
EVENT = "crm.lead_assigned"


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def manager(group):
    return make_staff("store_manager", make_store())


@pytest.fixture
def browser(group, client_of, owner):
    return in_english(client_of(group, owner.user))


def in_english(browser):
    browser.cookies["django_language"] = "en"
    return browser


def set_up(code: str, values: dict, owner, **options) -> ChannelSettings:
    row = configure_channel(code=code, values=values, actor=actor_of(owner), **options)
    cache.clear()
    return row


# --- Channels -----------------------------------------------------------------------------------


def test_without_credentials_a_channel_is_off_and_says_so(browser):
    page = browser.get("/notifications/channels/").content.decode()

    assert set(open_ways.get()) == {"email"}
    assert page.count("Without credentials nothing leaves this way.") == 7


def test_a_channel_is_set_up_on_its_page_and_never_shows_its_secrets(browser, owner):
    answer = browser.post("/notifications/channels/sms/", {**SMS, "is_on": "on"})
    assert answer.status_code == 302
    cache.clear()

    page = browser.get("/notifications/channels/sms/").content.decode()

    row = ChannelSettings.objects.get(code="sms")
    assert "sms" in open_ways.get()
    assert configuration_of(row).get("key") == "topsecret"
    assert "topsecret" not in page
    assert "AKIDone" not in page
    assert "never shown again" in page
    assert "华东" in page
    entry = AuditEntry.objects.filter(subject_kind="notifications.channelsettings").latest("pk")
    assert "topsecret" not in str(entry.changes)
    assert entry.changes["credentials"] == [None, "key, key_id"]


def test_an_empty_secret_keeps_the_one_that_is_there(owner):
    set_up("sms", SMS, owner)
    row = set_up("sms", {**SMS, "key": "", "key_id": "", "sign_name": "新签名"}, owner)

    assert configuration_of(row).get("key") == "topsecret"
    assert row.options["sign_name"] == "新签名"


def test_secrets_are_not_carried_over_to_another_provider(owner):
    set_up("sms", SMS, owner)
    row = set_up("sms", {**SMS, "provider": "aliyun", "key": "", "key_id": ""}, owner)

    assert configuration_of(row).get("key") == ""
    assert "sms" not in open_ways.get()


def test_a_password_is_not_carried_over_to_another_mail_server(owner):
    own = {"host": "127.0.0.1", "port": "2525", "user": "a", "password": "pass"}
    set_up("email", own, owner)
    row = set_up("email", {**own, "port": "2525", "host": "localhost", "password": ""}, owner)

    assert configuration_of(row).get("password") == ""


@pytest.mark.parametrize(
    ("code", "values", "field"),
    [
        (
            "dingtalk",
            {"webhook": "https://evil.example/robot/send?access_token=66ace9ab1"},
            "webhook",
        ),
        ("email", {"host": "10.0.0.5", "port": "25"}, "host"),
        ("email", {"host": "smtp.example.com", "port": "5432"}, "port"),
        ("email", {"sender": "nobody"}, "sender"),
    ],
)
def test_what_cannot_work_is_refused_beside_its_field(owner, settings, code, values, field):
    settings.EGRESS_ALLOW_LOOPBACK = False
    with pytest.raises(Invalid) as refusal:
        configure_channel(code=code, values=values, actor=actor_of(owner))

    assert refusal.value.field == field


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(browser):
    answer = browser.post(
        "/notifications/channels/email/",
        {"host": "10.0.0.5", "port": "25", "sender": "me@test.example", "is_on": "on"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 422
    assert "me@test.example" in answer.content.decode()
    assert not ChannelSettings.objects.filter(code="email").exclude(options={}).exists()


def test_channels_are_the_headquarters_matter(group, client_of, manager):
    with pytest.raises(NotPermitted):
        configure_channel(code="sms", values=SMS, actor=actor_of(manager))

    browser = client_of(group, manager.user)
    assert browser.get("/notifications/channels/").status_code == 403
    assert browser.get("/notifications/texts/").status_code == 403
    assert not ChannelSettings.objects.exists()


def test_a_channel_that_nobody_knows_does_not_exist(browser):
    assert browser.get("/notifications/channels/pigeon/").status_code == 404


def test_a_try_shows_what_the_provider_says(browser, owner, settings):
    with http_server() as provider:
        settings.NOTIFICATION_PROVIDERS = {"dingtalk": provider.url}
        set_up("dingtalk", {"webhook": WEBHOOK}, owner)
        provider.answers = [
            (200, {"errcode": 310000, "errmsg": "sign not match"}, {}),
            (200, {"errcode": 0, "errmsg": "ok"}, {}),
        ]
        htmx = {"headers": {"HX-Request": "true"}}
        browser.post("/notifications/channels/dingtalk/try/", {"x": "1"}, **htmx)
        failed = browser.get("/notifications/channels/").content.decode()
        browser.post("/notifications/channels/dingtalk/try/", {"x": "1"}, **htmx)
        went = browser.get("/notifications/channels/").content.decode()

    assert "310000 sign not match" in failed
    assert "The last try went through" in went
    assert provider.requests[0].json["text"]["content"].startswith("A message to try this channel")


def test_a_try_by_mail_goes_where_it_is_told(browser):
    browser.post("/notifications/channels/email/try/", {"to": "me@test.example"})

    assert mail.outbox[0].to == ["me@test.example"]
    assert not Delivery.objects.exists()


def test_a_channel_is_switched_off_and_on_again(browser):
    browser.post("/notifications/channels/email/switch/", {})
    cache.clear()
    assert "email" not in open_ways.get()
    browser.post("/notifications/channels/email/switch/", {"on": "1"})
    cache.clear()
    assert "email" in open_ways.get()


# --- Texts --------------------------------------------------------------------------------------


def say(owner, **fields) -> TemplateText:
    values = {"event_code": EVENT, "way": "in_app", "language": "en", "title": "Call {customer}!"}
    row = save_text(actor=actor_of(owner), **{**values, **fields})
    cache.clear()
    return row


def test_a_groups_own_text_is_read_in_its_language_and_on_its_way_alone(owner):
    advisor = make_staff(store=make_store())
    make_lead(owner=advisor, name="张伟")
    say(owner)
    row = Notification.objects.get(recipient_id=advisor.pk)

    assert told(row).title == "Call 张伟!"
    with override("zh-hans"):
        assert "Call" not in told(row).title
    assert wording.words(get_event(EVENT), row.values, way="email")[0] == "New lead: 张伟"


def test_a_text_goes_back_to_what_it_was(owner):
    say(owner)
    reset_text(event_code=EVENT, way="in_app", language="en", actor=actor_of(owner))
    reset_text(event_code=EVENT, way="in_app", language="en", actor=actor_of(owner))
    cache.clear()

    assert wording.text_of(get_event(EVENT), "in_app").title == "New lead: {customer}"
    actions_noted = AuditEntry.objects.filter(subject_kind="notifications.templatetext")
    assert sorted(actions_noted.values_list("action", flat=True)) == ["changed", "deleted"]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"title": "{nobody} calls"}, UnknownPlaceholder, "title"),
        ({"body": "{customer.phone}"}, UnknownPlaceholder, "body"),
        ({"body": "{customer!r}"}, UnknownPlaceholder, "body"),
        ({"title": "{customer"}, Invalid, "title"),
        ({"title": "  "}, Invalid, "title"),
        ({"title": "x" * 201}, Invalid, "title"),
    ],
)
def test_a_wrong_text_is_refused_at_its_field(owner, fields, error, field):
    with pytest.raises(error) as refusal:
        say(owner, **fields)

    assert refusal.value.field == field
    assert not TemplateText.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"event_code": "no.such"}, {"way": "pigeon"}, {"language": "fr"}]
)
def test_a_text_that_does_not_exist_cannot_be_changed(owner, fields):
    with pytest.raises(NotFound):
        say(owner, **fields)


def test_the_page_of_a_text_shows_it_on_what_was_told_last(browser, owner):
    make_lead(owner=make_staff(store=make_store()), name="欧阳娜")
    address = f"/notifications/texts/{EVENT}/in_app/en/"

    page = browser.get(address).content.decode()
    preview = browser.post(f"{address}preview/", {"title": "Call {customer}", "body": ""})
    wrong = browser.post(f"{address}preview/", {"title": "{nobody}", "body": ""})
    saved = browser.post(address, {"title": "Call {customer}", "body": ""})

    assert "New lead: 欧阳娜" in page
    assert "{customer}" in page
    assert "Call 欧阳娜" in preview.content.decode()
    assert "There is no placeholder {nobody} here" in wrong.content.decode()
    assert saved.status_code == 302
    assert TemplateText.objects.get().title == "Call {customer}"


def test_a_refused_text_keeps_what_was_typed(browser):
    answer = browser.post(
        f"/notifications/texts/{EVENT}/email/en/",
        {"title": "Call {nobody}", "body": "Now"},
        headers={"HX-Request": "true"},
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Call {nobody}" in page
    assert "There is no placeholder {nobody} here" in page


def test_the_table_of_texts_opens(browser, owner, django_assert_max_num_queries):
    say(owner)
    connection.run_on_commit.clear()
    browser.get("/notifications/texts/")
    with django_assert_max_num_queries(12):
        page = browser.get("/notifications/texts/").content.decode()

    assert len(re.findall(r"fc-tone-accent", page)) == 1


def test_texts_make_the_round_by_the_configuration_file(owner):
    say(owner)
    say(owner, way="sms", title="新线索 {customer}", language="zh-hans", provider_template="2220")
    part = configuration.part("notification_texts")
    data = part.export()

    part.apply(data, actor_of(owner))
    assert part.export() == data
    part.prune({}, actor_of(owner))
    assert part.export() == {}
    part.apply(data, actor_of(owner))

    assert part.export() == data
    assert data[EVENT]["sms"]["zh-hans"]["provider_template"] == "2220"


# --- What people choose -------------------------------------------------------------------------


def test_a_person_chooses_on_her_page(group, client_of, manager):
    browser = client_of(group, manager.user)
    page = browser.get("/notifications/preferences/").content.decode()
    assert f'name="{EVENT}:in_app" checked' in page
    assert f"{EVENT}:sms" not in page, "a channel that is off is not offered"

    browser.post(
        "/notifications/preferences/",
        {f"{EVENT}:email": "on", "quiet_from": "21:00", "quiet_to": "08:00"},
    )
    cache.clear()

    mine = choice(manager.pk)
    assert mine.channels_for(get_event(EVENT)) == ("email",)
    assert mine.channels_for(get_event("crm.lead_waiting")) == ()
    assert (mine.quiet_from, mine.quiet_to) == (time(21), time(8))
    browser.post("/notifications/preferences/reset/")
    cache.clear()
    assert choice(manager.pk).channels_for(get_event(EVENT)) == ("in_app",)


def test_a_channel_that_is_off_keeps_its_place_in_a_choice(owner, manager):
    set_up("sms", SMS, owner)
    everything = {EVENT: ["in_app", "sms"]}
    times = {"quiet_from": time(22), "quiet_to": time(7)}
    actions.choose_channels(channels=everything, actor=actor_of(manager), **times)
    cache.clear()

    assert choice(manager.pk).channels_for(get_event(EVENT)) == ("in_app", "sms")
    with pytest.raises(Invalid):
        actions.choose_channels(channels={EVENT: ["wecom"]}, actor=actor_of(manager), **times)
    with pytest.raises(Invalid):
        actions.choose_channels(channels={"no.such": ["in_app"]}, actor=actor_of(manager), **times)
    with pytest.raises(NotPermitted):
        actions.choose_channels(channels={}, actor=system_actor(), **times)


def test_only_what_differs_from_the_defaults_is_kept(manager):
    chosen = {code: list(get_event(code).channels) for code in (EVENT, "crm.lead_waiting")}
    actions.choose_channels(
        channels={**chosen, "crm.lead_repeated": []},
        quiet_from=time(22),
        quiet_to=time(7),
        actor=actor_of(manager),
    )

    kept = Preference.objects.get(owner_id=manager.pk, key="notifications").value
    assert kept["channels"] == {"crm.lead_repeated": []}


# --- The log ------------------------------------------------------------------------------------


def test_the_log_shows_what_became_of_each_message(group, client_of, browser, owner, manager):
    for number, (state, reason) in enumerate(
        [("SENT", ""), ("UNKNOWN", "INTERRUPTED"), ("HELD", "NO_CONSENT"), ("REFUSED", "REFUSED")]
    ):
        Delivery.objects.create(
            event=EVENT,
            key=str(number),
            channel="email",
            recipient_kind="staff",
            recipient_id=owner.pk,
            recipient_name="李娜",
            store_id=manager.home_store_id,
            state=state,
            reason=reason,
            created_at="2026-01-01T00:00Z",
            claimed_at="2026-01-01T00:00Z",
            ended_at="2026-01-01T00:00Z",
        )

    page = browser.get("/notifications/deliveries/").content.decode()
    held = browser.get("/notifications/deliveries/?state=HELD").content.decode()
    of_store = in_english(client_of(group, manager.user)).get("/notifications/deliveries/")

    assert "Interrupted while it was being sent" in page
    assert "has not agreed to this channel" in held
    assert "Interrupted" not in held.split("<tbody")[1]
    assert of_store.status_code == 200
    assert "Send again" not in of_store.content.decode(), "she may look, and not send"


def test_a_message_is_sent_again_from_the_log(browser, owner):
    notify(
        get_event("notifications.new_device"),
        recipients=[owner.pk],
        subject=None,
        values={"device": "x", "address": "y"},
        key="1",
        actor=system_actor(),
    )
    Delivery.objects.update(state="REFUSED", reason="REFUSED", ended_at="2026-01-01T00:00Z")
    row = Delivery.objects.get()

    browser.post("/notifications/deliveries/", {"bulk": "again", "row": row.pk})

    row.refresh_from_db()
    assert row.state == "WAITING"
