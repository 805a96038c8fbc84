"""What the organisation keeps in the configuration file: roles, regions and positions.

Companies, stores and people are a group's data and stay out.
"""

from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.organisation import actions, queries, rules
from apps.organisation.roles import POSITIONS
from apps.organisation.shared_views import SharedViews
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.configuration import (
    Flag,
    MapOf,
    OneOf,
    Part,
    Record,
    Report,
    Text,
    Whole,
    at,
    register,
)

NAMES = {"name_zh": Text(100), "name_en": Text(100, blank=True)}


class Roles(Part):
    """Every role with its rights, except the owner's, which holds all of them anyway."""

    name = "roles"
    label = _("Roles and rights")
    shape = MapOf(
        Record({**NAMES, "rights": MapOf(OneOf(rules.SCOPES), Text(80))}, {"name_en": ""}),
        Text(40, pattern=r"[a-z][a-z0-9_]*", hint=_("Small letters, digits and _.")),
    )

    def export(self) -> Any:
        roles = queries.list_roles().exclude(code=rules.OWNER_ROLE)
        built_in = [role for role in roles if role.is_built_in]
        own = sorted((role for role in roles if not role.is_built_in), key=lambda role: role.code)
        return {
            role.code: {
                "name_zh": role.name_zh,
                "name_en": role.name_en,
                "rights": queries.rights_of(role),
            }
            for role in [*built_in, *own]
        }

    def read(self, raw: Any, report: Report) -> Any:
        """Built-in roles that the file does not name stay as they are."""
        data = super().read(raw, report)
        built_in = queries.list_roles().filter(is_built_in=True).exclude(code=rules.OWNER_ROLE)
        present = report.present[self.name]
        return {**{role.code: present[role.code] for role in built_in}, **data}

    def check(self, data: Any, report: Report) -> None:
        known = all_permissions()
        for code, role in data.items():
            if code == rules.OWNER_ROLE:
                report.problem((self.name, code), _t("The group owner always holds every right."))
            for permission in role["rights"]:
                if permission not in known:
                    report.problem(
                        (self.name, code, "rights", permission),
                        _t("There is no right “%(name)s”.") % {"name": permission},
                    )

    def apply(self, data: Any, actor: Actor) -> None:
        present = {role.code: role for role in queries.list_roles()}
        for code, wanted in data.items():
            with at(code):
                if code in present:
                    actions.edit_role(role_id=present[code].pk, actor=actor, **wanted)
                else:
                    actions.add_role(code=code, actor=actor, **wanted)

    def prune(self, data: Any, actor: Actor) -> None:
        for role in queries.list_roles().exclude(code__in=[*data, rules.OWNER_ROLE]):
            with at(role.code):
                actions.delete_role(role_id=role.pk, actor=actor)


class Regions(Part):
    name = "regions"
    label = _("Regions")
    shape = MapOf(
        Record(
            {"name_en": Text(100, blank=True), "sequence": Whole(0, 32_767)},
            {"name_en": "", "sequence": 0},
        ),
        Text(100),
    )

    def export(self) -> Any:
        return {
            region.name_zh: {"name_en": region.name_en, "sequence": region.sequence}
            for region in queries.list_regions().order_by("sequence", "name_zh")
        }

    def apply(self, data: Any, actor: Actor) -> None:
        present = {region.name_zh: region for region in queries.list_regions()}
        for name_zh, wanted in data.items():
            with at(name_zh):
                if name_zh in present:
                    actions.edit_region(
                        region_id=present[name_zh].pk, name_zh=name_zh, actor=actor, **wanted
                    )
                else:
                    actions.add_region(name_zh=name_zh, actor=actor, **wanted)

    def prune(self, data: Any, actor: Actor) -> None:
        for region in queries.list_regions().exclude(name_zh__in=list(data)):
            with at(region.name_zh):
                actions.remove_region(region_id=region.pk, actor=actor)


register(SharedViews())


class Positions(Part):
    name = "positions"
    label = _("Positions")
    shape = MapOf(
        Record({**NAMES, "is_active": Flag()}, {"name_en": "", "is_active": True}),
        Text(30, pattern=r"[a-z][a-z0-9_]*", hint=_("Small letters, digits and _.")),
    )

    def export(self) -> Any:
        return {
            position.code: {
                "name_zh": position.name_zh,
                "name_en": position.name_en,
                "is_active": position.is_active,
            }
            for position in queries.list_positions().order_by("code")
        }

    def read(self, raw: Any, report: Report) -> Any:
        """Those that every group begins with stay as they are where the file does not name them."""
        data = super().read(raw, report)
        present = report.present[self.name]
        built_in = {named.code: present[named.code] for named in POSITIONS if named.code in present}
        return dict(sorted({**built_in, **data}.items()))

    def apply(self, data: Any, actor: Actor) -> None:
        present = {position.code: position for position in queries.list_positions()}
        for code, wanted in data.items():
            with at(code):
                names = {"name_zh": wanted["name_zh"], "name_en": wanted["name_en"]}
                if code in present:
                    position = present[code]
                    actions.edit_position(position_id=position.pk, actor=actor, **names)
                else:
                    position = actions.add_position(code=code, actor=actor, **names)
                if wanted["is_active"]:
                    actions.restore_position(position_id=position.pk, actor=actor)
                else:
                    actions.retire_position(position_id=position.pk, actor=actor)

    def prune(self, data: Any, actor: Actor) -> None:
        for position in queries.list_positions().exclude(code__in=list(data)):
            with at(position.code):
                actions.remove_position(position_id=position.pk, actor=actor)


register(Roles())
register(Regions())
register(Positions())
