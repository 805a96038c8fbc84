"""Making and ending operators: by a command on the platform's own machines, never by a page."""

import secrets

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from forecourt.accounts.models import User
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.operators import logbook
from forecourt.operators.models import Operator
from forecourt.support import entering


class OperatorExists(Conflict):
    code = "operator_exists"


def create_operator(
    *, email: str, name: str, role: str, password: str = ""
) -> tuple[Operator, str]:
    """A new operator and the password, which is drawn when none is given.

    She adds a second factor when she first signs in. Raises OperatorExists.
    """
    password = password or secrets.token_urlsafe(18)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError as error:
        raise OperatorExists(_("There is an operator with this address.")) from error
    with transaction.atomic(using="control"):
        operator = Operator.objects.create(
            user_id=user.pk, name=name, email=user.email, role=role, created_at=now()
        )
        logbook.record_of_command("operator_made", subject=operator.email, role=role)
    return operator, password


def renew_operator(*, email: str, password: str = "") -> tuple[Operator, str]:
    """A new password, and no second factor any more: for who lost her phone.

    All her sessions end with the old password. Raises NotFound.
    """
    operator = _get(email)
    password = password or secrets.token_urlsafe(18)
    with transaction.atomic():
        user = User.objects.get(pk=operator.user_id)
        user.set_password(password)
        user.is_active = True
        user.save(update_fields=["password", "is_active"])
        Authenticator.objects.filter(user_id=user.pk).delete()
    with transaction.atomic(using="control"):
        operator.is_active = True
        operator.save(update_fields=["is_active"])
        logbook.record_of_command("operator_renewed", subject=operator.email)
    return operator, password


def end_operator(*, email: str) -> Operator:
    """She is let in no more, from this moment. Raises NotFound."""
    operator = _get(email)
    with transaction.atomic(using="control"):
        operator.is_active = False
        operator.save(update_fields=["is_active"])
        entering.end_visits_of(operator_id=operator.user_id)
        logbook.record_of_command("operator_ended", subject=operator.email)
    User.objects.filter(pk=operator.user_id).update(is_active=False)
    return operator


def _get(email: str) -> Operator:
    operator = Operator.objects.filter(email__iexact=email.strip()).first()
    if operator is None:
        raise NotFound(_("There is no operator with this address."))
    return operator
