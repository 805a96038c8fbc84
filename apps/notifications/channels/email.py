"""Mail: through the platform's own server, or through one that the group names."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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
from forecourt.kernel import egress

PORTS = {"25": "", "465": "ssl", "587": "starttls", "2525": "", "994": "ssl"}
"""The ports of mail servers, with how each is secured unless said otherwise."""
SECURITIES = (("starttls", "STARTTLS"), ("ssl", "SSL/TLS"), ("none", _("None")))


@register
class EmailChannel(Channel):
    """Every message has a Message-ID of its own that stays the same when it is tried again."""

    code = "email"
    label = pgettext_lazy("channel", "E-mail")
    icon = "mail"
    settings: ClassVar = (
        Setting("sender", _("Sender"), required=False, help=_("name@your-company.cn")),
        Setting(
            "host",
            _("Mail server (SMTP)"),
            required=False,
            help=_("Empty: Forecourt's own server sends."),
        ),
        Setting("port", _("Port"), required=False, help=_("465 or 587")),
        Setting("security", _("Security"), required=False, choices=SECURITIES),
        Setting("user", _("Signs in as"), required=False),
        Setting("password", _("Password"), required=False, secret=True),
    )

    def address_of(self, contact: Contact) -> str:
        return contact.email

    def check(self, configuration: Configuration) -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        sender, host = configuration.get("sender"), configuration.get("host")
        if sender:
            try:
                validate_email(parseaddr(sender)[1])
            except ValidationError:
                wrong["sender"] = _("This is no e-mail address.")
        if host and configuration.get("port") not in PORTS and not _any_port():
            wrong["port"] = _("Choose one of the ports of mail servers: %(ports)s.") % {
                "ports": ", ".join(PORTS)
            }
        if host and "host" not in wrong and not _leads_outside(host):
            wrong["host"] = _("This name leads to no mail server on the internet.")
        return wrong

    def send(
        self, message: Message, configuration: Configuration, before_sending: Callable[[], None]
    ) -> str:
        backend = _backend(configuration)
        mail = _mail(message, configuration, backend)
        try:
            backend.open()
        except smtplib.SMTPAuthenticationError as error:
            raise NotNow(_said(error)) from error
        except (OSError, smtplib.SMTPException, egress.Unreachable, egress.AddressRefused) as error:
            raise NotNow(f"{type(error).__name__} {error}"[:200]) from error
        leaving = _Leaving(backend, before_sending)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            _refuse(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            _refuse(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            said = f"{type(error).__name__} {error}"[:200]
            raise (Unknown(said) if leaving.has_begun else NotNow(said)) from error
        finally:
            _close(backend)
        return mail.extra_headers["Message-ID"]


class _Leaving:
    """Calls ``before_sending`` when the mail itself is about to go over the wire.

    An SMTP server is first told sender and recipient, and may refuse them; only the text after
    them is the mail. Backends that are no SMTP are told at once.
    """

    def __init__(self, backend: BaseEmailBackend, before_sending: Callable[[], None]) -> None:
        self.has_begun = False
        self.before_sending = before_sending
        connection = getattr(backend, "connection", None)
        if isinstance(connection, smtplib.SMTP):
            self.send_text = connection.data
            connection.data = self.data
        else:
            self.begin()

    def begin(self) -> None:
        self.before_sending()
        self.has_begun = True

    def data(self, text: Any) -> tuple[int, bytes]:
        self.begin()
        return self.send_text(text)


def _mail(
    message: Message, configuration: Configuration, backend: BaseEmailBackend
) -> EmailMultiAlternatives:
    sender = configuration.get("sender") or settings.DEFAULT_FROM_EMAIL
    domain = parseaddr(sender)[1].rpartition("@")[2] or settings.BASE_DOMAIN
    headers = {"Message-ID": f"<{message.key}@{domain}>", "X-Forecourt-Key": message.key}
    if message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    else:
        headers["Auto-Submitted"] = "auto-generated"
    title = " ".join(message.title.split())
    mail = EmailMultiAlternatives(
        title, message.text, sender, [message.to], connection=backend, headers=headers
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    return mail


def _refuse(code: int, said: bytes | str) -> None:
    """The server answered no: 4xx is for now, 5xx for good."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    if 400 <= code < 500:
        raise NotNow(f"{code} {text}"[:200])
    raise Refused(f"{code} {text}"[:200])


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{error.smtp_code} {said}"[:200]


def _close(backend: BaseEmailBackend) -> None:
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        return


def _backend(configuration: Configuration) -> BaseEmailBackend:
    host = configuration.get("host")
    if not host:
        return get_connection(fail_silently=False)
    port = configuration.get("port") or "587"
    security = configuration.get("security") or PORTS.get(port, "") or "none"
    return get_connection(
        "apps.notifications.channels.smtp.OpenEmailBackend",
        host=host,
        port=int(port),
        username=configuration.get("user"),
        password=configuration.get("password"),
        use_ssl=security == "ssl",
        use_tls=security == "starttls",
        timeout=egress.SECONDS,
    )


def _leads_outside(host: str) -> bool:
    try:
        egress.require_public_host(host)
    except egress.AddressRefused:
        return False
    return True


def _any_port() -> bool:
    return bool(settings.EGRESS_ALLOW_LOOPBACK)
