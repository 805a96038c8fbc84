"""What each provider is sent, compared with what it publishes, over real HTTP and SMTP."""

from __future__ import annotations

import base64
import email
import hashlib
import hmac
import json
from collections.abc import Iterator
from email.header import decode_header, make_header
from urllib.parse import quote

import pytest

from apps.notifications.channels import (
    Configuration,
    Message,
    NotNow,
    Refused,
    Unknown,
    channel,
    signing,
)
from tests.notifications.servers import MailServer, Provider, http_server, mail_server

OK = {"errcode": 0, "errmsg": "ok"}
MESSAGE = Message(
    key="abc123",
    to="+8613800138000",
    title="新线索：张伟",
    text="比亚迪 汉",
    url="http://alpha.localhost/crm/leads/1/",
    mentions=("+8613900139000",),
)
ROBOTS = {
    "wecom": {"webhook": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc-4bc4"},
    "dingtalk": {
        "webhook": "https://oapi.dingtalk.com/robot/send?access_token=66ace9ab12345678",
        "secret": "SECthis-is-secret",
    },
    "feishu": {
        "webhook": "https://open.feishu.cn/open-apis/bot/v2/hook/12345678-aaaa-bbbb",
        "secret": "feishu-secret",
    },
}
SMS = {
    "tencent": {
        "provider": "tencent",
        "key_id": "AKIDtest",
        "key": "secret",
        "sign_name": "华东汽车",
        "template": "1110",
        "app_id": "1400006666",
    },
    "aliyun": {
        "provider": "aliyun",
        "key_id": "LTAItest",
        "key": "secret",
        "sign_name": "华东汽车",
        "template": "SMS_153055065",
    },
}


@pytest.fixture
def provider(settings) -> Iterator[Provider]:
    with http_server() as server:
        settings.NOTIFICATION_PROVIDERS = dict.fromkeys(
            ("tencent", "aliyun", "wecom", "dingtalk", "feishu"), server.url
        )
        yield server


def send(code: str, values: dict[str, str], message: Message = MESSAGE) -> tuple[str, list[str]]:
    steps: list[str] = []
    reference = channel(code).send(message, Configuration(values), lambda: steps.append("sent"))
    return reference, steps


# --- Published signatures -----------------------------------------------------------------------


def test_tencents_published_example_is_signed_as_published():
    headers = signing.tencent_headers(
        host="cvm.tencentcloudapi.com",
        service="cvm",
        action="DescribeInstances",
        version="2017-03-12",
        region="ap-guangzhou",
        body=(
            b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], '
            b'"Name": "instance-name"}]}'
        ),
        key_id="AKID********************************",
        key="********************************",
        moment=1551113065,
    )

    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKID********************************/2019-02-25/cvm/"
        "tc3_request, SignedHeaders=content-type;host;x-tc-action, "
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )


def test_aliyuns_published_example_is_signed_as_published():
    headers = signing.aliyun_headers(
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query={
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        body=b"",
        key_id="YourAccessKeyId",
        key="YourAccessKeySecret",
        moment="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
    )

    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


# --- Text messages ------------------------------------------------------------------------------


def test_tencent_is_sent_its_approved_template(provider):
    provider.answers = [
        (
            200,
            {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "5000:1"}]}},
            {},
        )
    ]
    message = Message(
        key="abc123",
        to="+8613800138000",
        title="x",
        text="",
        template="2220",
        parameters={"customer": "张伟", "due": "10:30"},
    )

    reference, steps = send("sms", SMS["tencent"], message)

    request = provider.requests[0]
    assert (reference, steps) == ("5000:1", ["sent"])
    assert request.json == {
        "PhoneNumberSet": ["+8613800138000"],
        "SmsSdkAppId": "1400006666",
        "SignName": "华东汽车",
        "TemplateId": "2220",
        "TemplateParamSet": ["张伟", "10:30"],
        "SessionContext": "abc123",
    }
    assert request.headers["x-tc-action"] == "SendSms"
    assert request.headers["x-tc-version"] == "2021-01-11"
    assert request.headers["x-tc-region"] == "ap-guangzhou"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    again = signing.tencent_headers(
        host=request.headers["host"],
        service="sms",
        action="SendSms",
        version="2021-01-11",
        region="ap-guangzhou",
        body=request.body,
        key_id="AKIDtest",
        key="secret",
        moment=int(request.headers["x-tc-timestamp"]),
    )
    assert request.headers["authorization"] == again["Authorization"]


def test_without_a_template_of_its_own_the_general_one_carries_the_text(provider):
    provider.answers = [(200, {"Code": "OK", "BizId": "9006"}, {})]

    reference, _steps = send("sms", SMS["aliyun"])

    request = provider.requests[0]
    assert reference == "9006"
    assert request.path == "/"
    assert request.body == b""
    assert request.query == {
        "PhoneNumbers": "13800138000",
        "SignName": "华东汽车",
        "TemplateCode": "SMS_153055065",
        "TemplateParam": '{"content":"新线索：张伟"}',
        "OutId": "abc123",
    }
    assert request.headers["x-acs-action"] == "SendSms"
    assert request.headers["x-acs-version"] == "2017-05-25"
    again = signing.aliyun_headers(
        host=request.headers["host"],
        action="SendSms",
        version="2017-05-25",
        query=request.query,
        body=b"",
        key_id="LTAItest",
        key="secret",
        moment=request.headers["x-acs-date"],
        nonce=request.headers["x-acs-signature-nonce"],
    )
    assert request.headers["authorization"] == again["Authorization"]


def tencent(code: str) -> dict:
    return {"Response": {"SendStatusSet": [{"Code": code, "Message": "m"}]}}


@pytest.mark.parametrize(
    ("service", "answer", "outcome"),
    [
        ("tencent", tencent("InvalidParameterValue.IncorrectPhoneNumber"), Refused),
        ("tencent", tencent("FailedOperation.PhoneNumberInBlacklist"), Refused),
        ("tencent", tencent("LimitExceeded.PhoneNumberDailyLimit"), NotNow),
        ("tencent", {"Response": {"Error": {"Code": "RequestLimitExceeded"}}}, NotNow),
        ("tencent", {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure"}}}, Refused),
        ("tencent", tencent("InternalError.Timeout"), Unknown),
        ("tencent", {}, Unknown),
        ("aliyun", {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "m"}, Refused),
        ("aliyun", {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, NotNow),
        ("aliyun", {"Code": "Throttling.User"}, NotNow),
        ("aliyun", {}, Unknown),
    ],
)
def test_a_provider_of_text_messages_is_understood(provider, service, answer, outcome):
    provider.answers = [(200, answer, {})]

    with pytest.raises(outcome):
        send("sms", SMS[service])


# --- Robots -------------------------------------------------------------------------------------


def test_wecom_is_sent_a_text_that_mentions_people(provider):
    provider.answers = [(200, OK, {})]

    send("wecom", ROBOTS["wecom"])

    request = provider.requests[0]
    assert request.path == "/cgi-bin/webhook/send"
    assert request.query == {"key": "693axxx6-7aoc-4bc4"}
    assert request.json == {
        "msgtype": "text",
        "text": {
            "content": "新线索：张伟\n比亚迪 汉\nhttp://alpha.localhost/crm/leads/1/",
            "mentioned_mobile_list": ["13900139000"],
        },
    }


def test_dingtalk_is_sent_a_signed_text_that_mentions_people(provider):
    provider.answers = [(200, OK, {})]

    send("dingtalk", ROBOTS["dingtalk"])

    request = provider.requests[0]
    moment, secret = request.query["timestamp"], "SECthis-is-secret"
    signed = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
    assert request.path == "/robot/send"
    assert request.query["access_token"] == "66ace9ab12345678"
    assert request.query["sign"] == base64.b64encode(signed).decode()
    assert len(moment) == 13, "milliseconds"
    assert request.json["msgtype"] == "text"
    assert request.json["text"]["content"].endswith("@13900139000")
    assert request.json["at"] == {"atMobiles": ["13900139000"], "isAtAll": False}


def test_feishu_is_sent_a_signed_text(provider):
    provider.answers = [(200, {"code": 0, "msg": "success", "data": {}}, {})]

    send("feishu", ROBOTS["feishu"])

    request = provider.requests[0]
    moment = request.json["timestamp"]
    signed = hmac.new(f"{moment}\nfeishu-secret".encode(), b"", hashlib.sha256).digest()
    assert request.path == "/open-apis/bot/v2/hook/12345678-aaaa-bbbb"
    assert request.json["sign"] == base64.b64encode(signed).decode()
    assert request.json["msg_type"] == "text"
    assert request.json["content"]["text"].startswith("新线索：张伟")


def test_a_robot_without_a_secret_is_not_signed(provider):
    provider.answers = [(200, OK, {})]

    send("dingtalk", {"webhook": ROBOTS["dingtalk"]["webhook"]})

    assert set(provider.requests[0].query) == {"access_token"}


@pytest.mark.parametrize(
    ("code", "answer", "outcome"),
    [
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, NotNow),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, Refused),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, NotNow),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, Refused),
        ("feishu", {"code": 11232, "msg": "frequency limited psm"}, NotNow),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, Refused),
        ("wecom", {"hello": 1}, Unknown),
    ],
)
def test_a_robots_answer_is_understood(provider, code, answer, outcome):
    provider.answers = [(200, answer, {})]

    with pytest.raises(outcome):
        send(code, ROBOTS[code])


# --- HTTP ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_provider_is_asked_again_later(provider, status):
    provider.answers = [(status, {}, {"Retry-After": "90"})]

    with pytest.raises(NotNow) as busy:
        send("wecom", ROBOTS["wecom"])

    assert busy.value.wait.total_seconds() == 90


def test_a_gateway_that_waited_in_vain_leaves_the_fate_unknown(provider):
    provider.answers = [(504, {}, {})]

    with pytest.raises(Unknown):
        send("wecom", ROBOTS["wecom"])


def test_a_server_that_hangs_up_leaves_the_fate_unknown(provider):
    provider.answers = [lambda _request: None]

    with pytest.raises(Unknown):
        send("wecom", ROBOTS["wecom"])


def test_a_server_that_is_down_got_nothing(provider, settings):
    settings.NOTIFICATION_PROVIDERS = {"wecom": "http://127.0.0.1:9"}
    steps = []

    with pytest.raises(NotNow):
        channel("wecom").send(MESSAGE, Configuration(ROBOTS["wecom"]), lambda: steps.append("sent"))

    assert steps == []


def test_a_redirect_is_not_followed(provider):
    provider.answers = [(302, {}, {"Location": "http://169.254.169.254/"})]

    with pytest.raises(Refused):
        send("wecom", ROBOTS["wecom"])

    assert len(provider.requests) == 1


# --- Where calls may go -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "webhook",
    [
        "https://evil.example/cgi-bin/webhook/send?key=693axxx6-7aoc",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=693axxx6-7aoc",
        "https://qyapi.weixin.qq.com@10.0.0.1/cgi-bin/webhook/send?key=693axxx6-7aoc",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693axxx6-7aoc&debug=1",
        "https://qyapi.weixin.qq.com/cgi-bin/other?key=693axxx6-7aoc",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a/../../b1234",
    ],
)
def test_a_webhook_elsewhere_is_refused(webhook):
    assert channel("wecom").check(Configuration({"webhook": webhook}))


# --- Mail ---------------------------------------------------------------------------------------


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def own_server(mailbox: MailServer) -> dict[str, str]:
    return {
        "host": "127.0.0.1",
        "port": str(mailbox.port),
        "security": "none",
        "sender": "华东 <notice@huadong.example>",
    }


LETTER = Message(
    key="abc123", to="li@test.example", title="新线索：张伟", text="正文\n", html="<p>正文</p>"
)


def test_mail_goes_to_the_groups_own_server(group, mailbox):
    reference, steps = send("email", own_server(mailbox), LETTER)

    sender, recipients, text = mailbox.mails[0]
    mail = email.message_from_string(text)
    assert (sender, recipients) == ("notice@huadong.example", ["li@test.example"])
    assert str(make_header(decode_header(mail["Subject"]))) == "新线索：张伟"
    assert mail["Message-ID"] == reference == "<abc123@huadong.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert steps == ["sent"]


def test_mail_to_a_customer_has_a_one_click_way_out(group, mailbox):
    way = "https://alpha.example/notifications/out/x/"
    letter = Message(key="k", to="li@test.example", title="t", text="x", unsubscribe_url=way)

    send("email", own_server(mailbox), letter)

    mail = email.message_from_string(mailbox.mails[0][2])
    assert mail["List-Unsubscribe"] == f"<{way}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("550 no such mailbox", Refused), ("451 greylisted, try again", NotNow)],
)
def test_a_mail_servers_no_is_for_good_or_for_now(group, mailbox, reply, outcome):
    mailbox.refuse["li@test.example"] = reply

    steps = []
    with pytest.raises(outcome):
        channel("email").send(
            LETTER, Configuration(own_server(mailbox)), lambda: steps.append("sent")
        )

    assert mailbox.mails == steps == []


def test_a_mail_server_that_is_down_got_nothing(group):
    values = {"host": "127.0.0.1", "port": "9", "security": "none"}
    steps = []

    with pytest.raises(NotNow):
        channel("email").send(LETTER, Configuration(values), lambda: steps.append("sent"))

    assert steps == []


def test_a_mail_server_beside_us_is_refused(group, settings):
    settings.EGRESS_ALLOW_LOOPBACK = False
    values = {"host": "127.0.0.1", "port": "25", "security": "none"}

    assert "host" in channel("email").check(Configuration(values))
    with pytest.raises(NotNow):
        send("email", values, LETTER)


def test_a_line_break_in_a_title_makes_no_header(group, mailbox):
    letter = Message(key="k", to="li@test.example", title="a\r\nBcc: x@evil.example", text="x")

    send("email", own_server(mailbox), letter)

    _sender, recipients, text = mailbox.mails[0]
    assert recipients == ["li@test.example"]
    assert email.message_from_string(text)["Bcc"] is None


def test_texts_are_sent_in_utf8(provider):
    provider.answers = [(200, OK, {})]

    send("wecom", ROBOTS["wecom"])

    assert "张伟".encode() in provider.requests[0].body
    assert json.loads(provider.requests[0].body)
    assert quote("张伟") not in provider.requests[0].path
