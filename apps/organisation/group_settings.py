"""What a group decides about signing in, and the stores that may decide for themselves."""

from django.utils.translation import gettext_lazy as _

from apps.organisation.models import Store
from forecourt.kernel.group_settings import Level, Setting, Subject, YesNo, declare, subjects_of

declare(
    Setting(
        "organisation.requires_second_factor",
        label=_("Everybody signs in with a second factor"),
        help=_("Whoever has none is asked to add one before anything else."),
        kind=YesNo(),
        default=False,
        permission="organisation.manage_group",
    ),
)


@subjects_of(Level.STORE)
def stores() -> list[Subject]:
    """Every store that still trades."""
    rows = Store.objects.exclude(state=Store.State.CLOSED).order_by("code")
    return [Subject(str(store.pk), store.code, f"{store.code} {store.name}") for store in rows]
