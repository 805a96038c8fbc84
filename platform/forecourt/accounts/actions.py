"""Changes of accounts: opened, shut, renamed; their devices, factors and API tokens."""

from collections.abc import Collection
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from forecourt.accounts.errors import EmailTaken, MobileTaken, TooManyScopes, WeakPassword
from forecourt.accounts.events import LoginChanged, ProfileChanged
from forecourt.accounts.models import ApiToken, User
from forecourt.kernel import audit, events
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted

USE_API = "platform.use_api"


@transaction.atomic
def open_account(
    *,
    email: str,
    name: str,
    password: str | None = None,
    password_hash: str | None = None,
    mobile: str = "",
    language: str = "",
) -> User:
    """A new account; ``password_hash`` carries over a password that was set elsewhere.

    Raises EmailTaken, MobileTaken or WeakPassword.
    """
    user = User(email=email.strip().lower(), name=name, mobile=mobile, language=language)
    require_free_login(email=user.email, mobile=mobile)
    if password_hash:
        user.password = password_hash
    else:
        if password is not None:
            require_good_password(password, user)
        user.set_password(password)
    user.save()
    events.publish(LoginChanged(user_id=user.pk))
    return user


@transaction.atomic
def renew_account(*, user_id: int, name: str, password: str) -> User:
    """Let somebody back in whose account was closed, with a new password. Raises WeakPassword."""
    user = User.objects.select_for_update().get(pk=user_id)
    user.name, user.is_active = name, True
    require_good_password(password, user)
    user.set_password(password)
    user.save(update_fields=["name", "is_active", "password"])
    events.publish(LoginChanged(user_id=user.pk))
    return user


def require_free_login(*, email: str, mobile: str, except_user_id: int | None = None) -> None:
    """Raises EmailTaken or MobileTaken when another account signs in with it."""
    others = User.objects.exclude(pk=except_user_id)
    if others.filter(email__iexact=email.strip()).exists():
        raise EmailTaken(_("Somebody signs in with this e-mail address already."), field="email")
    if mobile and others.filter(mobile=mobile).exists():
        raise MobileTaken(_("Somebody signs in with this mobile number already."), field="mobile")


def require_good_password(password: str, user: User) -> None:
    """Raises WeakPassword, with every reason."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages), field="password") from error


@transaction.atomic
def change_login(*, user_id: int, email: str, mobile: str, name: str) -> None:
    """Keep an account's address, number and name in step with its person's.

    Raises EmailTaken or MobileTaken.
    """
    require_free_login(email=email, mobile=mobile, except_user_id=user_id)
    User.objects.filter(pk=user_id).update(email=email.strip().lower(), mobile=mobile, name=name)
    events.publish(LoginChanged(user_id=user_id))


@transaction.atomic
def change_profile(*, name: str, language: str, actor: Actor) -> None:
    """A person changes how she is called and which language she reads. Raises Invalid."""
    if not name.strip():
        raise Invalid(_("Please enter your name."), field="name")
    account = _own_account(actor)
    if account.language != language:
        audit.record(actor, "changed", account, {"language": [account.language, language]})
    User.objects.filter(pk=actor.user_id).update(name=name.strip(), language=language)
    events.publish(ProfileChanged(user_id=actor.user_id or 0, name=name.strip(), language=language))


@transaction.atomic
def suspend_account(*, user_id: int) -> None:
    """No sign-in until :func:`reopen_account`; whoever is signed in is out at once."""
    User.objects.filter(pk=user_id).update(is_active=False)
    end_sessions(user_id=user_id)
    events.publish(LoginChanged(user_id=user_id))


@transaction.atomic
def reopen_account(*, user_id: int) -> None:
    User.objects.filter(pk=user_id).update(is_active=True)
    events.publish(LoginChanged(user_id=user_id))


@transaction.atomic
def close_account(*, user_id: int) -> None:
    """For good: no sign-in, no sessions, no tokens, no second factors."""
    User.objects.filter(pk=user_id).update(is_active=False)
    end_sessions(user_id=user_id)
    ApiToken.objects.filter(user_id=user_id, revoked_at__isnull=True).update(revoked_at=now())
    Authenticator.objects.filter(user_id=user_id).delete()
    events.publish(LoginChanged(user_id=user_id))


def end_sessions(*, user_id: int, but: str | None = None) -> int:
    """Sign an account out on all devices, except the session ``but``; answers how many."""
    sessions = UserSession.objects.filter(user_id=user_id).exclude(session_key=but or "")
    count = 0
    for session in sessions:
        session.end()
        count += 1
    return count


@transaction.atomic
def end_device(*, device_id: int, actor: Actor) -> None:
    """Sign one of the person's own devices out. Raises NotFound."""
    session = UserSession.objects.filter(pk=device_id, user_id=actor.user_id).first()
    if session is None:
        raise NotFound(_("This device is no longer signed in."))
    session.end()
    audit.record(actor, "device_signed_out", _own_account(actor))


@transaction.atomic
def end_other_devices(*, session_key: str, actor: Actor) -> int:
    """Sign the person out everywhere but here; answers how many devices that were."""
    count = end_sessions(user_id=actor.user_id or 0, but=session_key)
    if count:
        audit.record(actor, "devices_signed_out", _own_account(actor), {"count": count})
    return count


@transaction.atomic
def remove_second_factors(*, user_id: int) -> int:
    """Take away all second factors of an account whose person lost them; answers how many."""
    count = Authenticator.objects.filter(user_id=user_id).delete()[0]
    end_sessions(user_id=user_id)
    return count


@transaction.atomic
def issue_api_token(
    *, name: str, scopes: Collection[str], expires_at: datetime | None, actor: Actor
) -> tuple[ApiToken, str]:
    """A token that acts for the actor, narrowed to ``scopes`` (none: all that she may do).

    Answers the token and its text, which cannot be had again. Raises NotPermitted, Invalid, or
    TooManyScopes for a scope that she does not hold.
    """
    actor.require(USE_API)
    if actor.user_id is None:
        raise NotPermitted(_("Only a person has tokens."))
    if not name.strip():
        raise Invalid(_("Please say what the token is for."), field="name")
    if expires_at is not None and expires_at <= now():
        raise Invalid(_("This time has passed."), field="expires_at")
    known = all_permissions()
    foreign = [scope for scope in scopes if scope not in known or not actor.can(scope)]
    if foreign:
        raise TooManyScopes(
            _("You do not hold: %(rights)s.") % {"rights": ", ".join(sorted(foreign))},
            field="scopes",
        )
    token, text = ApiToken.issue(
        User.objects.get(pk=actor.user_id),
        name.strip(),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    audit.record(actor, "token_made", token, {"scopes": token.scopes, "expires_at": expires_at})
    return token, text


@transaction.atomic
def revoke_api_token(*, token_id: int, actor: Actor) -> None:
    """End one of the person's own tokens at once. Raises NotFound, or Conflict when it ended."""
    token = ApiToken.objects.select_for_update().filter(pk=token_id, user_id=actor.user_id).first()
    if token is None:
        raise NotFound(_("No such token."))
    if token.revoked_at is not None:
        raise Conflict(_("This token was revoked already."))
    token.revoked_at = now()
    token.save(update_fields=["revoked_at"])
    audit.record(actor, "token_revoked", token)


def _own_account(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)
