"""Messages to one person in WeCom, DingTalk or Feishu, by an app of the group's own company.

Each app fetches an access token with its own credentials, keeps it for as long as the provider says
(encrypted with the group's key, in the shared cache), and sends to the identifier that the person
has there. A token that the provider no longer takes is fetched anew, once: what was refused for its
token has certainly not gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.cache import cache
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
from forecourt.kernel.crypto import Undecipherable, decrypt, encrypt

LONGEST_TEXT = 1800
"""Characters; WeCom takes 2,048 bytes of text and the others more."""
JSON = {"Content-Type": "application/json; charset=utf-8"}
MARGIN = 300
"""A token is given up so many seconds before the provider does."""
SHORTEST = 60
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the provider."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class AppChannel(Channel):
    """What the three have in common: a token, a person's identifier, an answer with a code."""

    icon = "message-circle"
    way = CHAT
    app: ClassVar[str]
    """How the provider is called among a person's identifiers and the providers' addresses."""
    busy: ClassVar[frozenset[int]]
    """Codes that say: too many, later."""
    stale: ClassVar[frozenset[int]]
    """Codes that say: this token counts no longer."""

    def address_of(self, contact: Contact) -> str:
        return contact.chat_ids.get(self.app, "")

    def check(self, configuration: Configuration) -> dict[str, Any]:
        agent = configuration.get("agent_id")
        if agent and not (agent.isascii() and agent.isdigit()):
            return {"agent_id": _("The number of the app has digits alone.")}
        return {}

    def send(
        self, message: Message, configuration: Configuration, before_sending: Callable[[], None]
    ) -> str:
        token, is_kept = self._token(configuration)
        answer = self._send(message, token, configuration, before_sending)
        if is_kept and self._code(answer) in self.stale:
            token, _is_kept = self._token(configuration, anew=True)
            answer = self._send(message, token, configuration, _nothing)
        code, said = self._code(answer), self.said(answer)
        if code in self.busy or code in self.stale:
            raise NotNow(said, wait=A_MINUTE)
        if code != 0:
            raise Refused(said)
        return self.reference(answer)

    def _send(
        self,
        message: Message,
        token: str,
        configuration: Configuration,
        before_sending: Callable[[], None],
    ) -> dict[str, Any]:
        call = self.call(message, token, configuration)
        return calling.post(
            f"{calling.address_of(self.app)}{call.path}",
            body=json.dumps(call.body, ensure_ascii=False).encode(),
            headers={**JSON, **call.headers},
            before_sending=before_sending,
        )

    def _token(self, configuration: Configuration, *, anew: bool = False) -> tuple[str, bool]:
        """The access token, and whether it was a kept one. Raises Refused or NotNow."""
        key = self._key(configuration)
        kept = None if anew else cache.get(key)
        if kept is not None:
            try:
                return decrypt(kept), True
            except Undecipherable:
                cache.delete(key)
        token, seconds = self._fetched(configuration)
        cache.set(key, encrypt(token), max(seconds - MARGIN, SHORTEST))
        return token, False

    def _fetched(self, configuration: Configuration) -> tuple[str, int]:
        """A new token and for how many seconds it counts; nothing has been sent yet."""
        try:
            answer = self.fetch(configuration)
        except Unknown as lost:
            raise NotNow(str(lost)) from lost
        code = answer.get(self.code_name)
        token, seconds = answer.get(self.named), answer.get(self.lasting)
        if code == 0 and isinstance(token, str) and token:
            return token, seconds if isinstance(seconds, int) else SHORTEST
        if code in self.busy or not isinstance(code, int):
            raise NotNow(self.said(answer), wait=A_MINUTE)
        raise Refused(self.said(answer))

    def _key(self, configuration: Configuration) -> str:
        """Another secret or app has another place, so a change of them fetches anew."""
        said = "\x1f".join(configuration.get(setting.name) for setting in self.settings)
        return f"notifications.token:{self.code}:{hashlib.sha256(said.encode()).hexdigest()[:24]}"

    def _code(self, answer: dict[str, Any]) -> int:
        """The code of an answer. Raises Unknown for one without: it may have been taken."""
        code = answer.get(self.code_name)
        if not isinstance(code, int):
            raise Unknown(str(answer)[:200])
        return code

    code_name: ClassVar[str] = "errcode"
    said_name: ClassVar[str] = "errmsg"
    named: ClassVar[str] = "access_token"
    lasting: ClassVar[str] = "expires_in"

    def said(self, answer: Mapping[str, Any]) -> str:
        return f"{answer.get(self.code_name)} {answer.get(self.said_name, '')}"[:200]

    def fetch(self, configuration: Configuration) -> dict[str, Any]:
        """Ask for a token."""
        raise NotImplementedError

    def call(self, message: Message, token: str, configuration: Configuration) -> Call:
        """The request that sends one message."""
        raise NotImplementedError

    def reference(self, answer: Mapping[str, Any]) -> str:
        raise NotImplementedError


def _nothing() -> None:
    """The message was claimed with the first try."""


def _text(message: Message) -> str:
    parts = [message.title, message.text, message.url]
    return "\n".join(part for part in parts if part)[:LONGEST_TEXT]


AGENT = Setting("agent_id", _("AgentId of the app"), help=_("Digits alone."))


@register
class WeComApp(AppChannel):
    code = "wecom_app"
    label = _("WeCom, to the person")
    app = "wecom"
    settings = (
        Setting("corp_id", _("CorpId of the company")),
        AGENT,
        Setting("secret", _("Secret of the app"), secret=True),
    )
    busy = frozenset({-1, 45009, 45033})
    stale = frozenset({40014, 42001})

    def fetch(self, configuration: Configuration) -> dict[str, Any]:
        query = urlencode(
            {"corpid": configuration.get("corp_id"), "corpsecret": configuration.get("secret")}
        )
        return calling.get(f"{calling.address_of(self.app)}/cgi-bin/gettoken?{query}")

    def call(self, message: Message, token: str, configuration: Configuration) -> Call:
        body = {
            "touser": message.to,
            "msgtype": "text",
            "agentid": int(configuration.get("agent_id")),
            "text": {"content": _text(message)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 1800,
        }
        return Call(f"/cgi-bin/message/send?{urlencode({'access_token': token})}", body, {})

    def reference(self, answer: Mapping[str, Any]) -> str:
        if answer.get("invaliduser"):
            raise Refused(str(_("WeCom knows nobody of this account in the app.")))
        return str(answer.get("msgid", ""))


@register
class DingTalkApp(AppChannel):
    code = "dingtalk_app"
    label = _("DingTalk, to the person")
    app = "dingtalk"
    settings = (
        Setting("app_key", _("AppKey of the app")),
        AGENT,
        Setting("secret", _("AppSecret of the app"), secret=True),
    )
    # 88 stands for the gateway's refusals, of which too many calls is the one that passes.
    busy = frozenset({-1, 88, 90018, 143103, 143104})
    stale = frozenset({40001, 40014, 42001})

    def fetch(self, configuration: Configuration) -> dict[str, Any]:
        query = urlencode(
            {"appkey": configuration.get("app_key"), "appsecret": configuration.get("secret")}
        )
        return calling.get(f"{calling.address_of(self.app)}/gettoken?{query}")

    def call(self, message: Message, token: str, configuration: Configuration) -> Call:
        body = {
            "agent_id": int(configuration.get("agent_id")),
            "userid_list": message.to,
            "to_all_user": False,
            "msg": {"msgtype": "text", "text": {"content": _text(message)}},
        }
        query = urlencode({"access_token": token})
        return Call(f"/topapi/message/corpconversation/asyncsend_v2?{query}", body, {})

    def reference(self, answer: Mapping[str, Any]) -> str:
        return str(answer.get("task_id", ""))


@register
class FeishuApp(AppChannel):
    code = "feishu_app"
    label = _("Feishu, to the person")
    app = "feishu"
    settings = (
        Setting("app_key", _("App ID")),
        Setting("secret", _("App Secret"), secret=True),
    )
    busy = frozenset({99991400, 230020, 11232})
    stale = frozenset({99991661, 99991663, 99991664, 99991668, 99991677})
    code_name = "code"
    said_name = "msg"
    named = "tenant_access_token"
    lasting = "expire"

    def fetch(self, configuration: Configuration) -> dict[str, Any]:
        body = {"app_id": configuration.get("app_key"), "app_secret": configuration.get("secret")}
        return calling.post(
            f"{calling.address_of(self.app)}/open-apis/auth/v3/tenant_access_token/internal",
            body=json.dumps(body).encode(),
            headers=JSON,
            before_sending=_nothing,
        )

    def call(self, message: Message, token: str, configuration: Configuration) -> Call:
        body = {
            "receive_id": message.to,
            "msg_type": "text",
            "content": json.dumps({"text": _text(message)}, ensure_ascii=False),
            # Within an hour Feishu takes the same message once.
            "uuid": message.key[:50],
        }
        query = urlencode({"receive_id_type": _kind_of(message.to)})
        return Call(
            f"/open-apis/im/v1/messages?{query}", body, {"Authorization": f"Bearer {token}"}
        )

    def reference(self, answer: Mapping[str, Any]) -> str:
        return str((answer.get("data") or {}).get("message_id", ""))


def _kind_of(identifier: str) -> str:
    """Which of a person's identifiers it is, told by how Feishu writes them."""
    if identifier.startswith("ou_"):
        return "open_id"
    if identifier.startswith("on_"):
        return "union_id"
    return "email" if "@" in identifier else "user_id"
