"""Mail in a folder: what a machine without a mail server has sent, one file a message."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from forecourt.kernel.errors import NotFound

SHOWN = 100
SEPARATOR = b"\n" + b"-" * 79 + b"\n"
"""Written behind each message by Django's file backend."""


@dataclass(frozen=True, slots=True)
class Mail:
    mail_id: str
    subject: str
    recipient: str
    sent_at: datetime
    text: str
    html: str


def folder() -> Path:
    return Path(getattr(settings, "EMAIL_FILE_PATH", None) or settings.FORECOURT_HOME / "mail")


def list_mails() -> list[Mail]:
    """The newest hundred, newest first."""
    if not folder().is_dir():
        return []
    paths = sorted(folder().glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    mails = [mail for path in paths[:SHOWN] for mail in reversed(_read(path))]
    return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)[:SHOWN]


def get_mail(mail_id: str) -> Mail:
    """Raises NotFound."""
    name, _dash, _number = mail_id.rpartition("-")
    for path in folder().glob("*.log"):
        if path.stem == name:
            for mail in _read(path):
                if mail.mail_id == mail_id:
                    return mail
    raise NotFound(_("There is no such mail."))


def _read(path: Path) -> list[Mail]:
    parts = [part for part in path.read_bytes().split(SEPARATOR) if part.strip()]
    return [
        _mail(f"{path.stem}-{number}", message_from_bytes(part, policy=policy.default))
        for number, part in enumerate(parts)
    ]


def _mail(mail_id: str, message: EmailMessage) -> Mail:
    return Mail(
        mail_id=mail_id,
        subject=str(message["Subject"] or ""),
        recipient=str(message["To"] or ""),
        sent_at=_date(message),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _date(message: EmailMessage) -> datetime:
    try:
        sent_at = parsedate_to_datetime(message["Date"])
    except (TypeError, ValueError):
        return datetime.fromtimestamp(0, UTC)
    return sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return part.get_content() if part is not None else ""
