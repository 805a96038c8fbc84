"""How far a group's guided start is."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.organisation import queries
from apps.organisation.models import StaffMember, Store
from forecourt.kernel import sample

TITLES: dict[str, tuple[Promise, Promise, str]] = {
    "store": (
        _("The first store"),
        _("A company and its first store; the others follow the same way or by import."),
        "building-store",
    ),
    "people": (
        _("The people"),
        _("Invite who works with you: each sets a password by a link in her mail."),
        "users",
    ),
    "data": (
        _("Something to see"),
        _("Load sample data that leaves again in one click, or begin with your own."),
        "database",
    ),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the start. ``state`` is done, skipped or open."""

    code: str
    title: Promise
    text: Promise
    icon: str
    state: str
    url: str


def list_steps() -> list[Step]:
    """The steps in their order; what exists counts as done, however it came to be."""
    remembered = queries.group_settings().setup_state
    present = {
        "store": Store.objects.exists(),
        "people": StaffMember.objects.count() > 1,
        "data": sample.is_loaded(),
    }
    return [
        Step(
            code=code,
            title=title,
            text=text,
            icon=icon,
            state="done" if present[code] else remembered.get(code, "open"),
            url=reverse(f"start:{'first_store' if code == 'store' else code}"),
        )
        for code, (title, text, icon) in TITLES.items()
    ]


def next_url() -> str:
    """Where the start goes on: the first open step, else its overview."""
    return next((step.url for step in list_steps() if step.state == "open"), reverse("start:start"))


def invited_people() -> list[StaffMember]:
    """Everybody in the group, the newest first; for the page on which they are invited."""
    return list(
        StaffMember.objects.select_related("home_store")
        .prefetch_related("roles")
        .order_by("-id")[:50]
    )
