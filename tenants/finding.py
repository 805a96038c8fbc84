"""Finding the groups of an e-mail address, without telling whoever asks whether there are any."""

import logging

from celery import shared_task

from forecourt.accounts import mail
from forecourt.kernel.clock import now
from forecourt.kernel.groups import inside, site_url
from tenants import limits
from tenants.memberships import digest_of, groups_of

logger = logging.getLogger(__name__)


def ask(*, email: str, language: str) -> None:
    """Have the addresses of the person's groups mailed to her; silent when there are none.

    The work is a worker's, so the answer takes equally long for a known and an unknown address.
    Raises TooOften.
    """
    limits.count("find-mail", digest_of(email), times=5, seconds=3600)
    arguments = {"email": email.strip().lower(), "language": language}
    try:
        mail_groups_later.apply_async(kwargs=arguments, retry=False)
    except mail_groups_later.OperationalError:
        logger.warning("queue unreachable, mailing at once")
        mail_groups_later(**arguments)


@shared_task(name="tenants.finding.mail_groups_later")
def mail_groups_later(*, email: str, language: str) -> None:
    found = []
    for group in groups_of(email):
        with inside(group.identity):
            found.append({"name": group.name, "url": site_url("/")})
    if not found:
        return
    mail.send(
        "tenants/email/groups",
        to=email,
        key=f"find:{digest_of(email)[:16]}:{now():%Y%m%d%H%M%S}",
        language=language,
        context={"groups": found},
    )
