"""Views of lists that people share, in the configuration file.

They stand under the list, the address of whoever shares them, and their name. What a filter keeps
by an id stands by the store's code, or by the name under which the filter offers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.organisation import queries
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration import ListOf, MapOf, Part, Report, Text, at
from forecourt.kernel.models import SavedView
from forecourt.ui.lists import ChoiceFilter, StoreFilter
from forecourt.ui.lists.registry import declared_filters
from forecourt.ui.lists.saved import remove_shared_view, share_view

LANGUAGE = "zh-hans"
"""In which names stand in the file, whoever writes it."""


class SharedViews(Part):
    name = "shared_views"
    label = _("Shared views of lists")
    shape = MapOf(
        MapOf(MapOf(MapOf(ListOf(Text(200)), key=Text(80)), key=Text(60)), key=Text(254)),
        key=Text(60),
    )

    def export(self) -> Any:
        emails = {staff.pk: email for email, staff in queries.staff_by_email().items()}
        found: dict[str, Any] = {}
        for view in SavedView.objects.filter(is_shared=True):
            if view.owner_id in emails:
                of_owner = found.setdefault(view.list_name, {})
                views = of_owner.setdefault(emails[view.owner_id], {})
                views[view.name] = _Names(view.list_name).told(view.query)
        return _sorted(found)

    def read(self, raw: Any, report: Report) -> Any:
        data = super().read(raw, report)
        return _sorted(data) if isinstance(data, dict) else data

    def check(self, data: Any, report: Report) -> None:
        people = queries.staff_by_email()
        for list_name, owners in data.items():
            names = _Names(list_name)
            for email, views in owners.items():
                if email not in people:
                    report.problem(
                        (self.name, list_name, email),
                        _t("Nobody here has the address “%(email)s”.") % {"email": email},
                    )
                for view, query in views.items():
                    for place, value in names.unknown_in(query):
                        report.problem(
                            (self.name, list_name, email, view, place),
                            _t("There is no “%(name)s” here.") % {"name": value},
                        )

    def apply(self, data: Any, actor: Actor) -> None:
        people = queries.staff_by_email()
        for list_name, owners in data.items():
            names = _Names(list_name)
            for email, views in owners.items():
                for view, query in views.items():
                    with at(list_name, email, view):
                        share_view(
                            list_name=list_name,
                            owner_id=people[email].pk,
                            name=view,
                            query=names.kept(query),
                            actor=actor,
                        )

    def prune(self, data: Any, actor: Actor) -> None:
        for list_name, owners in self.export().items():
            for email, views in owners.items():
                for view in views.keys() - data.get(list_name, {}).get(email, {}).keys():
                    owner = queries.staff_by_email()[email]
                    remove_shared_view(
                        list_name=list_name, owner_id=owner.pk, name=view, actor=actor
                    )


class _Names:
    """What the filters of a list keep by id, and how it is called in the file."""

    def __init__(self, list_name: str) -> None:
        self.names: dict[str, dict[str, str]] = {}
        with translation.override(LANGUAGE):
            for each in declared_filters(list_name):
                if isinstance(each, ChoiceFilter):
                    self.names[each.name] = _called(each)

    def told(self, query: Mapping[str, list[str]]) -> dict[str, list[str]]:
        return {
            place: [self.names.get(place, {}).get(str(value), str(value)) for value in values]
            for place, values in sorted(query.items())
        }

    def kept(self, query: Mapping[str, list[str]]) -> dict[str, list[str]]:
        found = {}
        for place, values in query.items():
            ids = {name: id_ for id_, name in self.names.get(place, {}).items()}
            found[place] = [ids.get(value, value) for value in values]
        return found

    def unknown_in(self, query: Mapping[str, list[str]]) -> list[tuple[str, str]]:
        """What a filter by id does not offer here."""
        return [
            (place, value)
            for place, values in query.items()
            if self.names.get(place)
            for value in values
            if value not in self.names[place].values() and not value.isdigit()
        ]


def _called(each: ChoiceFilter) -> dict[str, str]:
    """``{id: name}`` of a filter whose values are ids; names that are not unique are left out."""
    if isinstance(each, StoreFilter):
        return {str(store.pk): code for code, store in queries.stores_by_code().items()}
    choices = each.choices(system_actor("configuration"))
    if not all(value.isdigit() for value, _label in choices):
        return {}
    labels = [str(label) for _value, label in choices]
    return {value: str(label) for value, label in choices if labels.count(str(label)) == 1}


def _sorted(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same entries in one order, the values of a filter as they are."""
    return {
        key: _sorted(value) if isinstance(value, Mapping) else value
        for key, value in sorted(data.items())
    }
