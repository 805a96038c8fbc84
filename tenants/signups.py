"""From the wish for a group to the group: asked for, confirmed by mail, given a space, opened.

Each step is a transaction of its own in one database, and each can be repeated: a process that dies
anywhere leaves a sign-up that the next request or the minute's sweep takes up again, or that
expires. What cannot be finished is taken back entirely.
"""

import hashlib
import logging
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from forecourt.accounts import mail
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, DomainError, NotFound
from forecourt.kernel.text import pinyin_sort_key
from tenants import erasure, groups, spaces
from tenants.groups import (
    RESERVED,
    UNIQUE_VIOLATION,
    AddressTaken,
    NoSpaceReady,
    require_free_address,
    require_well_formed,
    taken_among,
)
from tenants.models import DealerGroup, SignUp

logger = logging.getLogger(__name__)

HOLD = timedelta(hours=24)
"""How long an address is held for a sign-up, and how long its link works."""
REMEMBER = timedelta(hours=1)
"""How long a finished sign-up is kept, so that its page can still lead to the group."""
STALLED = timedelta(seconds=30)
MAIL_PAUSE = timedelta(seconds=60)
ENDINGS = ("", "-auto", "-group", "-cars", "-motors", *(f"-{number}" for number in range(2, 30)))
GENERIC = re.compile("汽车|集团|股份|控股|有限|责任|公司|销售|服务|贸易|（.*?）|\\(.*?\\)")


class MailNotSent(DomainError):
    """The mail server refused or did not answer; the sign-up was taken back."""

    code = "mail_not_sent"
    status = 503


class WrongPassword(DomainError):
    code = "wrong_password"
    status = 422


class MailedJustNow(Conflict):
    code = "mailed_just_now"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for; ``password`` is as she typed it."""

    group_name: str
    slug: str
    person_name: str
    email: str
    password: str
    country: str
    store_count: int
    language: str


# --- Asking -------------------------------------------------------------------------------------


def request_group(wish: Wish, *, replaces: int | None = None) -> SignUp:
    """Hold the address for a day and mail a link that confirms the sign-up.

    It takes the place of the same person's former wish: the one that her browser remembers
    (``replaces``), or one for this address with her e-mail and password. Raises Invalid or
    AddressTaken beside ``slug``, or MailNotSent; nothing is then left of the new one.
    """
    require_well_formed(wish.slug)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(using="control"):
        _drop_expired(wish.slug)
        SignUp.objects.filter(pk=replaces, state=SignUp.State.WAITING).delete()
        former = _own_sign_up(wish.slug, wish.email, wish.password)
        if former is not None:
            former.delete()
        require_free_address(wish.slug)
        sign_up = _hold(wish, secret)
    _mail(sign_up, secret, take_back=True)
    return sign_up


def _drop_expired(slug: str) -> None:
    SignUp.objects.filter(slug=slug, state=SignUp.State.WAITING, expires_at__lte=now()).delete()


def own_sign_up_id(*, slug: str, email: str, password: str) -> int | None:
    """The open sign-up of the same person for the same address: she went back and asks again."""
    with transaction.atomic(using="control"):
        own = _own_sign_up(slug, email, password)
    return own.pk if own else None


def _own_sign_up(slug: str, email: str, password: str) -> SignUp | None:
    own = (
        SignUp.objects.select_for_update()
        .filter(slug=slug, email__iexact=email.strip(), state=SignUp.State.WAITING)
        .first()
    )
    return own if own is not None and check_password(password, own.password) else None


def _hold(wish: Wish, secret: str) -> SignUp:
    moment = now()
    try:
        with transaction.atomic(using="control"):
            return SignUp.objects.create(
                digest=digest_of(secret),
                group_name=wish.group_name.strip(),
                slug=wish.slug,
                person_name=wish.person_name.strip(),
                email=wish.email.strip().lower(),
                password=make_password(wish.password),
                country=wish.country,
                store_count=wish.store_count,
                language=wish.language,
                mailed_at=moment,
                expires_at=moment + HOLD,
            )
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != UNIQUE_VIOLATION:
            raise
        raise AddressTaken(_("This address is already taken."), field="slug") from error


def mail_again(*, sign_up_id: int) -> SignUp:
    """Send a new link, which ends the former one. Raises NotFound, MailedJustNow, MailNotSent."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic(using="control"):
        sign_up = (
            SignUp.objects.select_for_update()
            .filter(pk=sign_up_id, state=SignUp.State.WAITING, expires_at__gt=now())
            .first()
        )
        if sign_up is None:
            raise NotFound(_("This sign-up has ended."))
        if sign_up.mailed_at and now() - sign_up.mailed_at < MAIL_PAUSE:
            raise MailedJustNow(_("We have just sent it. Please wait a minute."))
        sign_up.digest = digest_of(secret)
        sign_up.mailed_at = now()
        sign_up.save(update_fields=["digest", "mailed_at"])
    _mail(sign_up, secret, take_back=False)
    return sign_up


def _mail(sign_up: SignUp, secret: str, *, take_back: bool) -> None:
    """At once and not later: the link is kept nowhere, and a person waits for it."""
    try:
        mail.send(
            "tenants/email/confirm",
            to=sign_up.email,
            key=f"sign-up:{sign_up.digest[:16]}",
            language=sign_up.language,
            context={
                "sign_up": sign_up,
                "host": groups.host_of(sign_up.slug),
                "url": _confirm_url(secret),
            },
        )
    except OSError as error:
        logger.exception("confirmation not mailed")
        if take_back:
            SignUp.objects.filter(pk=sign_up.pk, state=SignUp.State.WAITING).delete()
        raise MailNotSent(
            _("The mail could not be sent just now. Please try again in a few minutes.")
        ) from error


def _confirm_url(secret: str) -> str:
    path = reverse("tenants:sign_up_confirm", urlconf=settings.PUBLIC_SCHEMA_URLCONF)
    return public_url(f"{path}?key={secret}")


def public_url(path: str) -> str:
    """The full address of a path on the public site."""
    if settings.ACCOUNT_DEFAULT_HTTP_PROTOCOL == "https":
        return f"https://{settings.BASE_DOMAIN}{path}"
    return f"http://{settings.BASE_DOMAIN}:{settings.PORT}{path}"


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def get_sign_up(secret: str) -> SignUp:
    """The sign-up behind a mailed link. Raises NotFound for an unknown or expired one."""
    sign_up = SignUp.objects.filter(digest=digest_of(secret)).first()
    if sign_up is None or (sign_up.expires_at <= now() and sign_up.state != SignUp.State.CONFIRMED):
        raise NotFound(_("This link has expired or was replaced by a newer one."))
    return sign_up


def require_password(sign_up: SignUp, password: str) -> None:
    """Raises WrongPassword unless it is the one that was chosen when signing up."""
    if not check_password(password, sign_up.password):
        raise WrongPassword(
            _("This is not the password that was chosen when signing up."), field="password"
        )


# --- Opening ------------------------------------------------------------------------------------


def confirm(*, sign_up_id: int, slug: str = "") -> SignUp:
    """Make the group, at once when a space is ready, else by a worker. May be repeated.

    ``slug`` is another address, for when the first one went to somebody else meanwhile. Raises
    NotFound, Invalid or AddressTaken beside ``slug``.
    """
    _mark_confirmed(sign_up_id, slug)
    try:
        return finish(sign_up_id=sign_up_id)
    except NoSpaceReady:
        _finish_by_worker(sign_up_id)
        return SignUp.objects.get(pk=sign_up_id)


def _mark_confirmed(sign_up_id: int, slug: str) -> None:
    with transaction.atomic(using="control"):
        sign_up = SignUp.objects.select_for_update().filter(pk=sign_up_id).first()
        if sign_up is None:
            raise NotFound(_("This sign-up has ended."))
        if sign_up.state != SignUp.State.WAITING:
            return
        if slug and slug != sign_up.slug:
            require_free_address(slug)
            sign_up.slug = slug
        sign_up.state = SignUp.State.CONFIRMED
        sign_up.confirmed_at = now()
        sign_up.error = ""
        try:
            with transaction.atomic(using="control"):
                sign_up.save(update_fields=["slug", "state", "confirmed_at", "error"])
        except IntegrityError as error:
            raise AddressTaken(_("This address is already taken."), field="slug") from error


def finish(*, sign_up_id: int, build: bool = False) -> SignUp:
    """Take a confirmed sign-up to its end, from wherever it stands.

    With ``build`` a space is built when none is ready, else NoSpaceReady is raised. A refused
    address (AddressTaken) or any failure in the new group gives everything back and lets the person
    try again.
    """
    try:
        group = _take_space(sign_up_id)
    except NoSpaceReady:
        if not build:
            raise
        spaces.build_space()
        group = _take_space(sign_up_id)
    sign_up = SignUp.objects.get(pk=sign_up_id)
    if group is None:
        return sign_up
    try:
        groups.found_group(
            group,
            owner_name=sign_up.person_name,
            email=sign_up.email,
            password=sign_up.password,
        )
    except Exception:
        _back_to_waiting(sign_up_id, _("Something went wrong on our side. Please try again."))
        erasure.abandon(group)
        raise
    SignUp.objects.filter(pk=sign_up_id).update(
        state=SignUp.State.READY, password="", expires_at=now() + REMEMBER
    )
    sign_up.refresh_from_db()
    return sign_up


def _take_space(sign_up_id: int) -> DealerGroup | None:
    """The sign-up's group, made now or before; None when it is finished already."""
    try:
        with transaction.atomic(using="control"):
            sign_up = SignUp.objects.select_for_update().get(pk=sign_up_id)
            if sign_up.state != SignUp.State.CONFIRMED:
                return None
            if sign_up.schema_name:
                return DealerGroup.objects.get(schema_name=sign_up.schema_name)
            group = groups.register_group_from_pool(
                slug=sign_up.slug,
                name=sign_up.group_name,
                language=sign_up.language,
                country=sign_up.country,
                store_count=sign_up.store_count,
                state=DealerGroup.State.PREPARING,
            )
            sign_up.schema_name = group.schema_name
            sign_up.save(update_fields=["schema_name"])
            return group
    except AddressTaken as refusal:
        _back_to_waiting(sign_up_id, refusal.message)
        raise


def _back_to_waiting(sign_up_id: int, error: str) -> None:
    SignUp.objects.filter(pk=sign_up_id).update(
        state=SignUp.State.WAITING, schema_name="", error=error
    )


def group_of(sign_up: SignUp) -> DealerGroup | None:
    return DealerGroup.objects.filter(schema_name=sign_up.schema_name or None).first()


# --- In the background --------------------------------------------------------------------------


@shared_task(name="tenants.signups.finish_later", acks_late=True)
def finish_later(*, sign_up_id: int) -> None:
    """For when the pool was empty: build a space and take the sign-up to its end."""
    try:
        finish(sign_up_id=sign_up_id, build=True)
    except (AddressTaken, SignUp.DoesNotExist):
        logger.info("sign-up could not be finished")


@shared_task(name="tenants.signups.fill_pool_later")
def fill_pool_later() -> None:
    """After a space was taken, so that the next person finds one."""
    spaces.fill_pool()


def _finish_by_worker(sign_up_id: int) -> None:
    _send(finish_later, sign_up_id=sign_up_id)


def refill() -> None:
    _send(fill_pool_later)


def _send(task: object, **arguments: int) -> None:
    try:
        task.apply_async(kwargs=arguments, retry=False)
    except task.OperationalError:
        logger.warning("queue unreachable, left to the sweep")


def remove_expired() -> int:
    """Forget sign-ups that nobody confirmed in time, and those that have long been groups."""
    removed, _by_model = SignUp.objects.filter(
        expires_at__lte=now(), state__in=[SignUp.State.WAITING, SignUp.State.READY]
    ).delete()
    return removed


def resume_unfinished() -> int:
    """Take up confirmed sign-ups whose process died; returns how many."""
    stalled = SignUp.objects.filter(
        state=SignUp.State.CONFIRMED, confirmed_at__lt=now() - STALLED
    ).values_list("pk", flat=True)
    for sign_up_id in list(stalled):
        finish_later(sign_up_id=sign_up_id)
    return len(stalled)


# --- Addresses to choose from -------------------------------------------------------------------


def suggestions(*, wanted: str, group_name: str, count: int = 3) -> list[str]:
    """Free addresses near the wanted one, or made from the group's name."""
    bases = [_plain(wanted), _plain(_in_letters(group_name))]
    bases = [base for base in bases if base and base not in RESERVED][:1]
    candidates = [base + tail for base in bases for tail in ENDINGS]
    fitting = [candidate for candidate in candidates if _is_well_formed(candidate)]
    taken = taken_among(fitting)
    return [candidate for candidate in fitting if candidate not in taken][:count]


def _in_letters(group_name: str) -> str:
    """What tells a group apart, in Latin letters: 华东汽车集团 becomes huadong."""
    if group_name.isascii():
        return group_name
    return re.sub(r"[\d\s]", "", pinyin_sort_key(GENERIC.sub("", group_name), person=False))


def _plain(text: str) -> str:
    """Letters, digits and single hyphens of a text, short enough to leave room for an ending."""
    words = "".join(
        sign if sign.isascii() and sign.isalnum() else "-" for sign in text.lower()
    ).split("-")
    return "-".join(word for word in words if word).lstrip("0123456789-")[:22].rstrip("-")


def _is_well_formed(slug: str) -> bool:
    try:
        require_well_formed(slug)
    except DomainError:
        return False
    return True
