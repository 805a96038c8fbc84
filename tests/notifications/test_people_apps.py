"""Messages to one person in WeCom, DingTalk and Feishu, as the providers publish their formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time

import pytest
from django.core.cache import cache

from apps.notifications.actions import configure_channel, notify
from apps.notifications.actions.choosing import choose_channels
from apps.notifications.channels import (
    Configuration,
    Message,
    NotNow,
    Refused,
    Unknown,
    channel,
)
from apps.notifications.models import Delivery
from apps.organisation.actions import change_chat_ids
from apps.organisation.models import StaffMember
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.models import AuditEntry, OutboxMessage
from forecourt.kernel.outbox import deliver_due
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.notifications.servers import Provider, Request, http_server

MESSAGE = Message(
    key="abc123", to="zhangwei", title="新线索：张伟", text="比亚迪 汉", url="http://a.example/1/"
)
TEXT = "新线索：张伟\n比亚迪 汉\nhttp://a.example/1/"
VALUES = {
    "wecom_app": {"corp_id": "ww1", "agent_id": "1000002", "secret": "s3cret"},
    "dingtalk_app": {"app_key": "dingkey", "agent_id": "123456", "secret": "s3cret"},
    "feishu_app": {"app_key": "cli_1", "secret": "s3cret"},
}
TOKENS = {
    "wecom_app": {"errcode": 0, "errmsg": "ok", "access_token": "T1", "expires_in": 7200},
    "dingtalk_app": {"errcode": 0, "errmsg": "ok", "access_token": "T1", "expires_in": 7200},
    "feishu_app": {"code": 0, "msg": "ok", "tenant_access_token": "T1", "expire": 7200},
}
SENT = {
    "wecom_app": {"errcode": 0, "errmsg": "ok", "msgid": "m1"},
    "dingtalk_app": {"errcode": 0, "errmsg": "ok", "task_id": 256271667526},
    "feishu_app": {"code": 0, "msg": "success", "data": {"message_id": "om_1"}},
}
TOO_OLD = {
    "wecom_app": {"errcode": 42001, "errmsg": "access_token expired"},
    "dingtalk_app": {"errcode": 40014, "errmsg": "不合法的access_token"},
    "feishu_app": {"code": 99991663, "msg": "Invalid access token for authorization"},
}
APPS = tuple(VALUES)


@pytest.fixture
def provider(group, settings) -> Iterator[Provider]:
    cache.clear()
    with http_server() as server:
        settings.NOTIFICATION_PROVIDERS = dict.fromkeys(
            ("tencent", "aliyun", "wecom", "dingtalk", "feishu"), server.url
        )
        yield server


def is_token(request: Request) -> bool:
    return "token" in request.path and "message" not in request.path


def send(code: str, message: Message = MESSAGE) -> tuple[str, list[str]]:
    steps: list[str] = []
    values = Configuration(VALUES[code])
    return channel(code).send(message, values, lambda: steps.append("sent")), steps


def test_wecom_is_asked_for_a_token_and_sent_as_published(provider):
    provider.answers = [(200, TOKENS["wecom_app"], {}), (200, SENT["wecom_app"], {})]

    assert send("wecom_app") == ("m1", ["sent"])

    asked, sent = provider.requests
    assert (asked.method, asked.path) == ("GET", "/cgi-bin/gettoken")
    assert asked.query == {"corpid": "ww1", "corpsecret": "s3cret"}
    assert (sent.method, sent.path) == ("POST", "/cgi-bin/message/send")
    assert sent.query == {"access_token": "T1"}
    assert sent.json == {
        "touser": "zhangwei",
        "msgtype": "text",
        "agentid": 1000002,
        "text": {"content": TEXT},
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 1800,
    }


def test_dingtalk_is_asked_for_a_token_and_sent_as_published(provider):
    provider.answers = [(200, TOKENS["dingtalk_app"], {}), (200, SENT["dingtalk_app"], {})]

    assert send("dingtalk_app") == ("256271667526", ["sent"])

    asked, sent = provider.requests
    assert (asked.method, asked.path) == ("GET", "/gettoken")
    assert asked.query == {"appkey": "dingkey", "appsecret": "s3cret"}
    assert sent.path == "/topapi/message/corpconversation/asyncsend_v2"
    assert sent.query == {"access_token": "T1"}
    assert sent.json == {
        "agent_id": 123456,
        "userid_list": "zhangwei",
        "to_all_user": False,
        "msg": {"msgtype": "text", "text": {"content": TEXT}},
    }


@pytest.mark.parametrize(
    ("to", "kind"),
    [
        ("ou_7d8a6e6d", "open_id"),
        ("on_cad4860e", "union_id"),
        ("li@alpha.example", "email"),
        ("3e3cf96b", "user_id"),
    ],
)
def test_feishu_is_asked_for_a_token_and_sent_as_published(provider, to: str, kind: str):
    provider.answers = [(200, TOKENS["feishu_app"], {}), (200, SENT["feishu_app"], {})]
    message = Message(key="abc123", to=to, title="新线索", text="汉")

    assert send("feishu_app", message) == ("om_1", ["sent"])

    asked, sent = provider.requests
    assert asked.path == "/open-apis/auth/v3/tenant_access_token/internal"
    assert asked.json == {"app_id": "cli_1", "app_secret": "s3cret"}
    assert sent.path == "/open-apis/im/v1/messages"
    assert sent.query == {"receive_id_type": kind}
    assert sent.headers["authorization"] == "Bearer T1"
    assert sent.json == {
        "receive_id": to,
        "msg_type": "text",
        "content": json.dumps({"text": "新线索\n汉"}, ensure_ascii=False),
        "uuid": "abc123",
    }


@pytest.mark.parametrize("code", APPS)
def test_a_token_is_kept_and_fetched_anew_once_when_it_counts_no_longer(provider, code: str):
    provider.answers = [(200, TOKENS[code], {}), (200, SENT[code], {})]
    send(code)
    provider.answers = [(200, SENT[code], {})]
    send(code)
    assert [is_token(request) for request in provider.requests] == [True, False, False]

    provider.requests.clear()
    provider.answers = [(200, TOO_OLD[code], {}), (200, TOKENS[code], {}), (200, SENT[code], {})]
    _reference, steps = send(code)
    assert [is_token(request) for request in provider.requests] == [False, True, False]
    assert steps == ["sent"]


@pytest.mark.parametrize(
    ("code", "answers", "outcome"),
    [
        ("wecom_app", [{"errcode": 40001, "errmsg": "invalid credential"}], Refused),
        ("wecom_app", [{"errcode": 45009, "errmsg": "freq out of limit"}], NotNow),
        ("wecom_app", [TOKENS["wecom_app"], {"errcode": 81013, "errmsg": "all invalid"}], Refused),
        ("wecom_app", [TOKENS["wecom_app"], {**SENT["wecom_app"], "invaliduser": "x"}], Refused),
        ("wecom_app", [TOKENS["wecom_app"], {"errcode": -1, "errmsg": "busy"}], NotNow),
        ("wecom_app", [TOKENS["wecom_app"], {"strange": True}], Unknown),
        ("dingtalk_app", [TOKENS["dingtalk_app"], {"errcode": 143104, "errmsg": "QPM"}], NotNow),
        ("dingtalk_app", [TOKENS["dingtalk_app"], {"errcode": 33012, "errmsg": "无效"}], Refused),
        ("feishu_app", [{"code": 10014, "msg": "app secret invalid"}], Refused),
        ("feishu_app", [TOKENS["feishu_app"], {"code": 230020, "msg": "frequency"}], NotNow),
        ("feishu_app", [TOKENS["feishu_app"], {"code": 230013, "msg": "no availability"}], Refused),
    ],
)
def test_what_the_apps_answer_is_understood(provider, code: str, answers: list, outcome: type):
    provider.answers = [(200, answer, {}) for answer in answers]

    with pytest.raises(outcome):
        send(code)


def test_a_token_that_cannot_be_fetched_sends_nothing_and_is_tried_later(provider):
    provider.answers = [None]
    steps: list[str] = []

    with pytest.raises(NotNow):
        channel("wecom_app").send(
            MESSAGE, Configuration(VALUES["wecom_app"]), lambda: steps.append("sent")
        )

    assert steps == []


def test_no_token_lies_in_the_cache_in_clear(provider):
    token = "T-very-secret"
    provider.answers = [
        (200, {**TOKENS["wecom_app"], "access_token": token}, {}),
        (200, SENT["wecom_app"], {}),
    ]
    send("wecom_app")
    app = channel("wecom_app")

    kept = cache.get(app._key(Configuration(VALUES["wecom_app"])))

    assert kept
    assert token not in kept


def test_people_are_reached_where_they_are_known(group, provider, tea):
    owner = actor_of(make_staff("group_owner"))
    store = make_store()
    known, unknown = (make_staff("sales_advisor", store) for _number in range(2))
    configure_channel(code="wecom_app", values=VALUES["wecom_app"], actor=owner)
    change_chat_ids(staff_id=known.pk, chat_ids={"wecom": "li.na"}, actor=owner)
    for person in (known, unknown):
        choose_channels(
            channels={tea.code: ["wecom_app"]},
            quiet_from=time(0),
            quiet_to=time(0),
            actor=actor_of(person),
        )
    provider.answers = [(200, TOKENS["wecom_app"], {}), (200, SENT["wecom_app"], {})]

    notify(
        tea,
        recipients=[known.pk, unknown.pk],
        subject=known,
        values={"guest": "王芳", "cups": 2, "when": "9", "store": "A"},
        key="1",
        actor=system_actor(),
    )
    OutboxMessage.objects.update(available_at=now())
    deliver_due(schema_name=group.schema_name)

    states = dict(Delivery.objects.values_list("recipient_id", "state"))
    assert states == {known.pk: "SENT", unknown.pk: "HELD"}
    assert provider.requests[-1].json["touser"] == "li.na"
    assert "王芳" in provider.requests[-1].json["text"]["content"]


def test_a_person_and_her_manager_say_who_she_is_in_the_apps(group, client_of):
    store = make_store()
    manager, person = make_staff("store_manager", store), make_staff("sales_advisor", store)
    other = make_staff("sales_advisor", store)

    address = "/organisation/my-chat-apps/"
    own = client_of(group, person.user).post(address, {"wecom": "li.na", "feishu": ""})
    assert own.status_code < 300
    change_chat_ids(staff_id=person.pk, chat_ids={"feishu": "ou_1"}, actor=actor_of(manager))
    person.refresh_from_db()
    assert person.chat_ids == {"wecom": "li.na", "feishu": "ou_1"}
    assert AuditEntry.objects.filter(action="changed", subject_id=str(person.pk)).count() == 2

    with pytest.raises(NotPermitted):
        change_chat_ids(staff_id=person.pk, chat_ids={"wecom": "x"}, actor=actor_of(other))
    with pytest.raises(Invalid) as refusal:
        change_chat_ids(staff_id=person.pk, chat_ids={"wecom": "a|b"}, actor=actor_of(person))
    assert refusal.value.field == "wecom"
    change_chat_ids(staff_id=person.pk, chat_ids={"wecom": ""}, actor=actor_of(person))
    assert StaffMember.objects.get(pk=person.pk).chat_ids == {"feishu": "ou_1"}
