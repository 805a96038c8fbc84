"""What a person may do, of which rows, and why: in the words of somebody who asks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from apps.organisation.models import Region, RolePermission, StaffMember, Store
from apps.organisation.queries import module_name, store_ids_of, team_of
from forecourt.kernel.access import all_permissions

Scope = RolePermission.Scope
STORES_NAMED, PEOPLE_NAMED = 6, 4


@dataclass(frozen=True)
class Right:
    """One thing that a person may do, of which rows, and which of her roles say so."""

    permission: str
    label: str
    reach: str
    because: str


@dataclass(frozen=True)
class Access:
    """All that a person may do, by module, and the roles that it comes from."""

    staff: StaffMember
    roles: list[str]
    modules: list[tuple[str, list[Right]]] = field(default_factory=list)

    @property
    def may_sign_in(self) -> bool:
        return self.staff.state == StaffMember.State.ACTIVE


def access_of(staff: StaffMember) -> Access:
    """The person's rights as her next request will have them. At most six queries."""
    labels = all_permissions()
    places = _Places(staff)
    scopes: dict[str, set[str]] = defaultdict(set)
    roles: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in RolePermission.objects.filter(role__staff=staff).select_related("role"):
        if entry.permission in labels:
            scopes[entry.permission].add(entry.scope)
            roles[entry.permission][places.role(entry.role.name)] = None
    modules: dict[str, list[Right]] = defaultdict(list)
    for permission in sorted(scopes):
        modules[module_name(permission.split(".")[0])].append(
            Right(
                permission,
                str(labels[permission]),
                places.reach(scopes[permission]),
                _(", ").join(roles[permission]),
            )
        )
    names = [places.role(role.name) for role in staff.roles.order_by("id")]
    return Access(staff, names, sorted(modules.items()))


def my_access(staff_id: int) -> Access:
    """One's own rights; whoever works here may know them."""
    return access_of(StaffMember.objects.get(pk=staff_id))


class _Places:
    """The words for the stores and people that a person's scopes reach; each is read once."""

    def __init__(self, staff: StaffMember) -> None:
        self.staff = staff
        self._words: dict[str, str] = {}
        self._stores = list(Store.objects.filter(pk__in=store_ids_of(staff)).order_by("code"))

    def role(self, name: str) -> str:
        """``Store manager of SH01``; of no store, the role alone."""
        if not self._stores:
            return name
        codes = _listed((store.code for store in self._stores), STORES_NAMED)
        return _("%(role)s of %(stores)s") % {"role": name, "stores": codes}

    def reach(self, scopes: set[str]) -> str:
        """Whose rows the scopes reach together; what a wider one holds is not said again."""
        if Scope.GROUP in scopes:
            return _("the whole group")
        widest = [scope for scope in (Scope.REGION, Scope.STORE) if scope in scopes][:1]
        if Scope.TEAM in scopes:
            widest.append(Scope.TEAM)
        return "; ".join(self._word(scope) for scope in widest or [Scope.OWN])

    def _word(self, scope: str) -> str:
        if scope not in self._words:
            ways = {
                Scope.REGION: self._region,
                Scope.STORE: self._store,
                Scope.TEAM: self._team,
                Scope.OWN: lambda: _("only her own"),
            }
            self._words[scope] = ways[Scope(scope)]()
        return self._words[scope]

    def _store(self) -> str:
        names = [f"{store.code} {store.name}" for store in self._stores]
        return _listed(names, STORES_NAMED) or _("no store: she works at headquarters")

    def _region(self) -> str:
        regions = Region.objects.filter(stores__in=self._stores).distinct()
        names = [region.name for region in regions]
        if not names:
            return self._store()
        codes = Store.objects.filter(region__in=regions).order_by("code")
        listed = _listed(codes.values_list("code", flat=True), STORES_NAMED)
        return _("%(region)s: %(stores)s") % {"region": _(", ").join(names), "stores": listed}

    def _team(self) -> str:
        people = StaffMember.objects.filter(pk__in=team_of(self.staff.pk)).exclude(
            state=StaffMember.State.LEFT
        )
        names = list(people.order_by("name_pinyin", "pk").values_list("name", flat=True))
        if not names:
            return _("only her own")
        return _("her own and those of %(people)s") % {"people": _listed(names, PEOPLE_NAMED)}


def _listed(names: Iterable[str], most: int) -> str:
    """The first few, and how many more there are."""
    found = list(names)
    shown = _(", ").join(found[:most])
    if len(found) <= most:
        return shown
    return _("%(names)s and %(count)s more") % {"names": shown, "count": len(found) - most}
