"""What a person keeps of a list: views by name, shared or not, and her choice of columns."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound
from forecourt.kernel.models import Preference, SavedView

KEPT_VIEWS_AT_MOST = 30
CONFIGURE = "platform.manage_configuration"


def views_of(list_name: str, actor: Actor) -> QuerySet[SavedView]:
    """Her own views of a list and those that colleagues share."""
    mine = Q(owner_id=actor.staff_id)
    return SavedView.objects.filter(mine | Q(is_shared=True), list_name=list_name).order_by("name")


def save_view(
    *, list_name: str, name: str, query: QueryDict, is_shared: bool, actor: Actor
) -> SavedView:
    """Keep the filters, sorting and columns of an address under a name.

    Raises Invalid without a name or above the limit, Conflict when the name is taken.
    """
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("Give the view a name of at most 60 characters."), field="name")
    own = SavedView.objects.filter(list_name=list_name, owner_id=actor.staff_id)
    if own.count() >= KEPT_VIEWS_AT_MOST:
        raise Invalid(_("You keep 30 views of this list already; remove one first."), field="name")
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                owner_id=actor.staff_id,
                list_name=list_name,
                name=name,
                query=dict(query.lists()),
                is_shared=is_shared,
            )
    except IntegrityError as taken:
        raise Conflict(_("You have a view of that name already."), field="name") from taken


def remove_view(*, view_id: int, list_name: str, actor: Actor) -> None:
    """Forget one of her own views. Raises NotFound."""
    gone, _counts = SavedView.objects.filter(
        pk=view_id, list_name=list_name, owner_id=actor.staff_id
    ).delete()
    if not gone:
        raise NotFound(_("This view does not exist, or belongs to a colleague."))


def share_view(
    *, list_name: str, owner_id: int, name: str, query: Mapping[str, list[str]], actor: Actor
) -> None:
    """Make a view of a colleague what a configuration file says. Raises NotPermitted."""
    actor.require(CONFIGURE)
    SavedView.objects.update_or_create(
        list_name=list_name,
        owner_id=owner_id,
        name=name,
        defaults={"query": dict(query), "is_shared": True},
    )


def remove_shared_view(*, list_name: str, owner_id: int, name: str, actor: Actor) -> None:
    """Take away a view that a configuration file does not hold. Raises NotPermitted."""
    actor.require(CONFIGURE)
    SavedView.objects.filter(
        list_name=list_name, owner_id=owner_id, name=name, is_shared=True
    ).delete()


def address_of(view: SavedView) -> str:
    query = QueryDict(mutable=True)
    for name, found in view.query.items():
        query.setlist(name, found)
    return f"?{query.urlencode()}" if query else "?"


def _key(list_name: str) -> str:
    return f"list:{list_name}:columns"[:80]


def chosen_columns(list_name: str, actor: Actor) -> list[str] | None:
    """The names of the columns she chose, or None while she has not."""
    kept = Preference.objects.filter(owner_id=actor.staff_id, key=_key(list_name)).first()
    return kept.value.get("columns") if kept else None


def choose_columns(list_name: str, columns: list[str], actor: Actor) -> None:
    """Remember her columns; an empty choice returns to the list's own."""
    mine = Preference.objects.filter(owner_id=actor.staff_id, key=_key(list_name))
    if not columns:
        mine.delete()
        return
    Preference.objects.update_or_create(
        owner_id=actor.staff_id, key=_key(list_name), defaults={"value": {"columns": columns}}
    )
