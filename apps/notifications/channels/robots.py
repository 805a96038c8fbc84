"""Robots of group chats: WeCom, DingTalk, Feishu. Each is a webhook that takes JSON.

A group pastes the webhook's address. Only its token is kept, after the address was seen to be the
provider's own, so no other host can ever be called.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import quote_plus, urlencode

from django.utils.translation import gettext_lazy as _

from apps.notifications.channels import calling
from apps.notifications.channels.base import (
    CHAT,
    Channel,
    Configuration,
    Contact,
    Message,
    NotNow,
    Refused,
    Setting,
    Unknown,
    register,
)

LONGEST_TEXT = 1800
"""Characters; WeCom takes 2,048 bytes of text and the others more."""
JSON = {"Content-Type": "application/json; charset=utf-8"}
SECRET = Setting(
    "secret",
    _("Signing secret"),
    secret=True,
    required=False,
    help=_("If the robot's safety setting is signing."),
)


class Robot(Channel):
    """What the three have in common: a webhook, a text, an answer with a code."""

    is_chat = True
    way = CHAT
    icon = "message-circle"
    webhook: ClassVar[re.Pattern[str]]
    """The provider's own address, with the token as its group."""
    busy: ClassVar[frozenset[int]] = frozenset()
    """Codes that say: too many, later."""
    wait: ClassVar[timedelta] = timedelta(minutes=1)

    def address_of(self, contact: Contact) -> str:
        return contact.mobile

    def check(self, configuration: Configuration) -> dict[str, Any]:
        typed = configuration.get("webhook")
        if typed and self.token_in(typed) is None:
            return {"webhook": _("This is not the address of a robot of this kind.")}
        return {}

    @classmethod
    def token_in(cls, webhook: str) -> str | None:
        found = cls.webhook.fullmatch(webhook.strip())
        return found[1] if found else None

    def send(
        self, message: Message, configuration: Configuration, before_sending: Callable[[], None]
    ) -> str:
        token = self.token_in(configuration.get("webhook"))
        if token is None:
            raise Refused(str(_("This is not the address of a robot of this kind.")))
        url, body = self.request(message, token, configuration.get("secret"))
        answer = calling.post(
            url,
            body=json.dumps(body, ensure_ascii=False).encode(),
            headers=JSON,
            before_sending=before_sending,
        )
        code, text = self.outcome(answer)
        if code in self.busy:
            raise NotNow(f"{code} {text}", wait=self.wait)
        if code != 0:
            raise Refused(f"{code} {text}")
        return ""

    def request(self, message: Message, token: str, secret: str) -> tuple[str, dict[str, Any]]:
        """The address and body of one message."""
        raise NotImplementedError

    def outcome(self, answer: dict[str, Any]) -> tuple[int, str]:
        return _code(answer, "errcode"), str(answer.get("errmsg", ""))


def _code(answer: dict[str, Any], name: str) -> int:
    """The code of an answer. Raises Unknown for one that has none: it may have been taken."""
    code = answer.get(name)
    if not isinstance(code, int):
        raise Unknown(str(answer)[:200])
    return code


def _text(message: Message) -> str:
    parts = [message.title, message.text, message.url]
    return "\n".join(part for part in parts if part)[:LONGEST_TEXT]


def _local(mobile: str) -> str:
    """Chats know Chinese numbers without the country's code."""
    return mobile.removeprefix("+86")


@register
class WeComRobot(Robot):
    code = "wecom"
    label = _("WeCom, group chat")
    webhook = re.compile(
        r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9_-]{8,80})"
    )
    settings = (
        Setting(
            "webhook",
            _("Address of the robot"),
            secret=True,
            help=_("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"),
        ),
    )
    busy = frozenset({-1, 45009, 45033})

    def request(self, message: Message, token: str, secret: str) -> tuple[str, dict[str, Any]]:
        url = f"{calling.address_of('wecom')}/cgi-bin/webhook/send?key={token}"
        mentioned = [_local(mobile) for mobile in message.mentions]
        return url, {
            "msgtype": "text",
            "text": {"content": _text(message), "mentioned_mobile_list": mentioned},
        }


@register
class DingTalkRobot(Robot):
    code = "dingtalk"
    label = _("DingTalk, group chat")
    webhook = re.compile(
        r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9_-]{8,100})"
    )
    settings = (
        Setting(
            "webhook",
            _("Address of the robot"),
            secret=True,
            help=_("https://oapi.dingtalk.com/robot/send?access_token=…"),
        ),
        SECRET,
    )
    busy = frozenset({-1, 130101, 410100})
    # Beyond twenty messages a minute DingTalk takes none for ten minutes.
    wait = timedelta(minutes=10)

    def request(self, message: Message, token: str, secret: str) -> tuple[str, dict[str, Any]]:
        url = f"{calling.address_of('dingtalk')}/robot/send?{urlencode({'access_token': token})}"
        if secret:
            moment = round(time.time() * 1000)
            signed = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256)
            sign = quote_plus(base64.b64encode(signed.digest()))
            url = f"{url}&timestamp={moment}&sign={sign}"
        mentioned = [_local(mobile) for mobile in message.mentions]
        marks = " ".join(f"@{mobile}" for mobile in mentioned)
        content = f"{_text(message)}\n{marks}".strip()
        return url, {
            "msgtype": "text",
            "text": {"content": content},
            "at": {"atMobiles": mentioned, "isAtAll": False},
        }


@register
class FeishuRobot(Robot):
    code = "feishu"
    label = _("Feishu, group chat")
    webhook = re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([A-Za-z0-9-]{8,80})")
    settings = (
        Setting(
            "webhook",
            _("Address of the robot"),
            secret=True,
            help=_("https://open.feishu.cn/open-apis/bot/v2/hook/…"),
        ),
        SECRET,
    )
    busy = frozenset({9499, 11232, 99991400})

    def request(self, message: Message, token: str, secret: str) -> tuple[str, dict[str, Any]]:
        url = f"{calling.address_of('feishu')}/open-apis/bot/v2/hook/{token}"
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": _text(message)}}
        if secret:
            moment = str(int(time.time()))
            # Feishu signs nothing with the moment and the secret as key.
            signed = hmac.new(f"{moment}\n{secret}".encode(), b"", hashlib.sha256)
            body = {
                "timestamp": moment,
                "sign": base64.b64encode(signed.digest()).decode(),
                **body,
            }
        return url, body

    def outcome(self, answer: dict[str, Any]) -> tuple[int, str]:
        name = "code" if "code" in answer else "StatusCode"
        return _code(answer, name), str(answer.get("msg", answer.get("StatusMessage", "")))
