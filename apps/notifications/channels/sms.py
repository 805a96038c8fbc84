"""Text messages through Tencent Cloud SMS or Aliyun Dysms, called over HTTPS as they publish it.

Both send only texts that they have approved. A group names the approved template of an event on the
page of texts; an event without one goes out under the channel's general template, whose only
variable is the whole text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from uuid import uuid4

from django.utils.translation import gettext_lazy as _

from apps.notifications.channels import calling, signing
from apps.notifications.channels.base import (
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
from forecourt.kernel.clock import now

TENCENT, ALIYUN = "tencent", "aliyun"
A_LIMIT = timedelta(hours=1)
"""How long to wait when a number has had as many messages as the provider allows."""


@register
class SmsChannel(Channel):
    code = "sms"
    label = _("Text message")
    icon = "device-mobile"
    settings: ClassVar = (
        Setting(
            "provider",
            _("Provider"),
            choices=((TENCENT, _("Tencent Cloud SMS")), (ALIYUN, _("Aliyun SMS"))),
        ),
        Setting("key_id", _("Access key"), secret=True, help=_("SecretId or AccessKey ID")),
        Setting("key", _("Secret key"), secret=True, help=_("SecretKey or AccessKey Secret")),
        Setting("sign_name", _("Signature"), help=_("As the provider approved it.")),
        Setting(
            "template",
            _("General template"),
            help=_("The number of an approved template whose only variable is the text."),
        ),
        Setting("app_id", _("Application (SdkAppId)"), only=TENCENT),
        Setting("region", _("Region of the service"), required=False, only=TENCENT),
    )

    def address_of(self, contact: Contact) -> str:
        return contact.mobile

    def send(
        self, message: Message, configuration: Configuration, before_sending: Callable[[], None]
    ) -> str:
        send = _PROVIDERS.get(configuration.get("provider"))
        if send is None:
            raise Refused(str(_("No provider is chosen.")))
        template = message.template or configuration.get("template")
        parameters = dict(message.parameters) if message.template else {"content": message.title}
        return send(message.to, template, parameters, message.key, configuration, before_sending)


def _tencent(
    number: str,
    template: str,
    parameters: Mapping[str, str],
    key: str,
    configuration: Configuration,
    before_sending: Callable[[], None],
) -> str:
    """SendSms, version 2021-01-11, signed TC3-HMAC-SHA256; answers the message's SerialNo."""
    address = calling.address_of(TENCENT)
    body = signing.json_of(
        {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": configuration.get("app_id"),
            "SignName": configuration.get("sign_name"),
            "TemplateId": template,
            "TemplateParamSet": list(parameters.values()),
            "SessionContext": key,
        }
    )
    headers = signing.tencent_headers(
        host=signing.host_of(address),
        service="sms",
        action="SendSms",
        version="2021-01-11",
        region=configuration.get("region") or "ap-guangzhou",
        body=body,
        key_id=configuration.get("key_id"),
        key=configuration.get("key"),
        moment=int(now().timestamp()),
    )
    answer = calling.post(address, body=body, headers=headers, before_sending=before_sending)
    response: dict[str, Any] = answer.get("Response") or {}
    if "Error" in response:
        _tencent_refusal(response["Error"])
    for status in response.get("SendStatusSet") or ():
        if status.get("Code") != "Ok":
            _tencent_refusal(status)
        return str(status.get("SerialNo", ""))
    raise Unknown(str(answer)[:200])


TENCENT_LATER = (
    "LimitExceeded",
    "RequestLimitExceeded",
    "InternalError",
    "FailedOperation.InsufficientBalanceInSmsPackage",
)
TENCENT_UNKNOWN = ("InternalError.Timeout", "InternalError.SendAndRecvFail")


def _tencent_refusal(status: Mapping[str, Any]) -> None:
    code, said = str(status.get("Code", "")), f"{status.get('Code')} {status.get('Message', '')}"
    if code in TENCENT_UNKNOWN:
        raise Unknown(said)
    if code.startswith(TENCENT_LATER):
        raise NotNow(said, wait=A_LIMIT if code.startswith("LimitExceeded") else None)
    raise Refused(said)


def _aliyun(
    number: str,
    template: str,
    parameters: Mapping[str, str],
    key: str,
    configuration: Configuration,
    before_sending: Callable[[], None],
) -> str:
    """SendSms, version 2017-05-25, signed ACS3-HMAC-SHA256; answers the message's BizId."""
    address = calling.address_of(ALIYUN)
    query = {
        # Chinese numbers without the country's code, others with it and without the plus sign.
        "PhoneNumbers": number.removeprefix("+86").removeprefix("+"),
        "SignName": configuration.get("sign_name"),
        "TemplateCode": template,
        "TemplateParam": signing.json_of(dict(parameters)).decode(),
        "OutId": key,
    }
    headers = signing.aliyun_headers(
        host=signing.host_of(address),
        action="SendSms",
        version="2017-05-25",
        query=query,
        body=b"",
        key_id=configuration.get("key_id"),
        key=configuration.get("key"),
        moment=f"{now():%Y-%m-%dT%H:%M:%SZ}",
        nonce=uuid4().hex,
    )
    url = f"{address}/?{signing.canonical_query(query)}"
    answer = calling.post(url, body=b"", headers=headers, before_sending=before_sending)
    code = answer.get("Code")
    if code == "OK":
        return str(answer.get("BizId", ""))
    said = f"{code} {answer.get('Message', '')}"
    if code is None:
        raise Unknown(str(answer)[:200])
    if str(code).startswith(ALIYUN_LATER):
        wait = A_LIMIT if code == "isv.BUSINESS_LIMIT_CONTROL" else None
        raise NotNow(said, wait=wait)
    raise Refused(said)


ALIYUN_LATER = (
    "isv.BUSINESS_LIMIT_CONTROL",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
    "isp.",
    "Throttling",
    "ServiceUnavailable",
    "InternalError",
)
_PROVIDERS = {TENCENT: _tencent, ALIYUN: _aliyun}
