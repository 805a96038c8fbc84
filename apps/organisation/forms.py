"""Forms of the organisation: they read input and offer choices; the rules are the actions'."""

import re
from typing import Any

from django import forms as django_forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from apps.organisation import brands, queries, rules
from apps.organisation.departments import Branch, Tree, ids_below, trees
from apps.organisation.group_settings import CURRENCY, TIME_ZONE, TIME_ZONES
from apps.organisation.models import Department, Role, RolePermission, StaffMember
from forecourt.accounts.models import User
from forecourt.kernel import regions
from forecourt.kernel.access import Actor, all_permissions
from forecourt.kernel.errors import NotFound
from forecourt.kernel.group_settings import value_of
from forecourt.ui import forms
from forecourt.ui.custom.forms import CustomForm

LONGEST_BRAND = 60


def division_named(code: int) -> regions.Division:
    """Raises NotFound."""
    division = regions.get(f"{code:06}")
    if division is None:
        raise NotFound(_("There is no such administrative division."))
    return division


def department_named(department_id: int) -> Department:
    """Raises NotFound."""
    found = queries.list_departments().filter(pk=department_id).first()
    if found is None:
        raise NotFound(_("Choose one of the list."))
    return found


def person_named(staff_id: int) -> StaffMember:
    """Raises NotFound."""
    found = queries.staff_by_id([staff_id]).get(staff_id)
    if found is None:
        raise NotFound(_("Choose one of the list."))
    return found


def _number(value: str) -> int | None:
    return int(value) if value else None


class NumberChoiceField(django_forms.TypedChoiceField):
    """One of a few rows by id; an empty choice is None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=_number, empty_value=None, **options)


class NumbersChoiceField(django_forms.TypedMultipleChoiceField):
    widget = django_forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, **options)


class BrandsField(django_forms.Field):
    """The brands of a store: of the catalogue, and while that is empty whatever one types.

    ``offer`` puts the catalogue's brands up for choice, and those that the store has besides.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Brands"),
            required=False,
            help_text=_("That the store is authorised for, parted by commas."),
            widget=django_forms.TextInput(),
            **options,
        )

    def offer(self, choices: list[tuple[str, str]]) -> None:
        if choices:
            self.widget = django_forms.CheckboxSelectMultiple(choices=choices)
            self.help_text = _("That the store is authorised for.")
            forms.dress(self)

    def prepare_value(self, value: Any) -> Any:
        is_text = isinstance(self.widget, django_forms.TextInput)
        return ", ".join(value) if is_text and isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return [name.strip() for name in re.split("[,，、]", value) if name.strip()]
        return list(value or ())

    def validate(self, value: list[str]) -> None:
        super().validate(value)
        offered = {name for name, _label in getattr(self.widget, "choices", ())}
        if offered and not set(value) <= offered:
            raise ValidationError(_("Choose from the list."))
        if any(len(name) > LONGEST_BRAND for name in value):
            raise ValidationError(_("At most %(count)s characters.") % {"count": LONGEST_BRAND})


class StoreForm(CustomForm):
    custom_host = "store"

    code = django_forms.CharField(
        label=_("Code"),
        max_length=8,
        help_text=_("2 to 8 letters and digits; it stands in every document number."),
        widget=django_forms.TextInput(attrs={"autocapitalize": "characters", "class": "fc-mono"}),
    )
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)
    legal_entity_id = NumberChoiceField(label=_("Company"))
    region_id = NumberChoiceField(label=_("Region"), required=False)
    brand_names = BrandsField()
    division_code = forms.SearchSelectField(
        label=_("Administrative division"),
        required=False,
        url=reverse_lazy("organisation:division_options"),
        get=division_named,
        label_of=lambda division: division.full_name,
    )
    address = django_forms.CharField(label=_("Address"), max_length=200, required=False)
    latitude = django_forms.DecimalField(
        label=_("Latitude"),
        required=False,
        help_text=_("Degrees, as Chinese online maps show them."),
        widget=django_forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    longitude = django_forms.DecimalField(
        label=_("Longitude"),
        required=False,
        widget=django_forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    phone = django_forms.CharField(label=_("Telephone"), max_length=20, required=False)
    opens_at = django_forms.TimeField(
        label=_("Opens"), initial="09:00", widget=django_forms.TimeInput(attrs={"type": "time"})
    )
    closes_at = django_forms.TimeField(
        label=_("Closes"), initial="18:00", widget=django_forms.TimeInput(attrs={"type": "time"})
    )
    opening_date = forms.DateField(label=_("Opening date"), required=False)
    time_zone = django_forms.ChoiceField(label=_("Time zone"))
    layout = (
        (_("Store"), ["code", "name_zh", "name_en", "legal_entity_id", "region_id", "brand_names"]),
        (_("Place"), ["division_code", "phone", "address", "latitude", "longitude"]),
        (_("Hours"), ["opens_at", "closes_at", "opening_date", "time_zone"]),
    )
    wide = ("brand_names", "address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["legal_entity_id"].choices = [
            ("", "---------"),
            *((company.pk, company.name) for company in queries.list_legal_entities()),
        ]
        self.fields["region_id"].choices = [
            ("", _("None")),
            *((region.pk, region.name) for region in queries.list_regions()),
        ]
        zones = list(TIME_ZONES)
        present = self.initial.setdefault("time_zone", value_of(TIME_ZONE))
        if present and present not in zones:
            zones.insert(0, present)
        self.fields["time_zone"].choices = [(zone, zone) for zone in zones]
        present = brands.standard_names(self.initial.get("brand_names") or ())
        self.initial["brand_names"] = present
        self.fields["brand_names"].offer(brands.choices(present))
        for name in ("opens_at", "closes_at"):
            self.fields[name].widget.format = "%H:%M"

    def clean_division_code(self) -> str:
        code = self.cleaned_data["division_code"]
        return f"{code:06}" if code else ""


class CompanyForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)
    tax_number = django_forms.CharField(label=_("Tax number"), max_length=30, required=False)
    currency = django_forms.CharField(
        label=_("Currency"), max_length=3, initial=lambda: value_of(CURRENCY)
    )


class RegionForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)
    sequence = django_forms.IntegerField(
        label=_("Order"), min_value=0, max_value=999, initial=0, help_text=_("Lowest first.")
    )


class DepartmentForm(forms.Form):
    """A department, and what it is part of: a store, headquarters, or another department.

    An existing one offers its own store alone, and nothing that is part of it.
    """

    place = django_forms.ChoiceField(label=_("Part of"))
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)
    wide = ("place",)

    def __init__(
        self, *args: Any, actor: Actor, department: Department | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.department = department
        self._places: dict[str, tuple[int | None, int | None]] = {}
        self.fields["place"].choices = self._offered()

    def _offered(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """By store: the store itself, then its departments as a tree."""
        assert self.actor is not None
        known = {tree.store.pk if tree.store else None: tree for tree in trees(self.actor)}
        offered = []
        for store_id, title in self._stores():
            key = f"store:{store_id or ''}"
            self._places[key] = store_id, None
            options = [(key, title)]
            for branch in self._branches(known.get(store_id)):
                key = f"department:{branch.department.pk}"
                self._places[key] = store_id, branch.department.pk
                options.append((key, f"{'— ' * (branch.depth + 1)}{branch.department.name}"))
            offered.append((title, options))
        return offered

    def _stores(self) -> list[tuple[int | None, str]]:
        assert self.actor is not None
        if self.department is not None:
            return [(self.department.store_id, str(self.department.place))]
        stores: list[tuple[int | None, str]] = [
            (store.pk, store.name) for store in queries.stores_to_staff(self.actor)
        ]
        if queries.may_staff_headquarters(self.actor):
            stores.insert(0, (None, str(_("Headquarters"))))
        return stores

    def _branches(self, tree: Tree | None) -> list[Branch]:
        own = ids_below(self.department) if self.department is not None else set()
        return [
            branch
            for branch in (tree.walk() if tree else ())
            if branch.department.is_active and branch.department.pk not in own
        ]

    def input_of(self, field: str | None) -> str | None:
        return "place" if field in ("store_id", "parent_id") else field

    @property
    def chosen(self) -> dict[str, Any]:
        """What the actions take; the store only where it is still open."""
        values = dict(self.cleaned_data)
        store_id, parent_id = self._places[values.pop("place")]
        if self.department is None:
            values["store_id"] = store_id
        return values | {"parent_id": parent_id}


class PositionForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)


class NewPositionForm(PositionForm):
    code = django_forms.CharField(
        label=_("Code"),
        max_length=30,
        required=False,
        help_text=_("For files and the API; made of the name if you leave it empty."),
        widget=django_forms.TextInput(attrs={"class": "fc-mono", "autocomplete": "off"}),
    )


class StaffForm(CustomForm):
    """A person; offers the stores and people within the reach of who asks."""

    custom_host = "staff"

    name = django_forms.CharField(label=_("Name"), max_length=100)
    email = django_forms.EmailField(label=_("E-mail"))
    mobile = django_forms.CharField(
        label=_("Mobile"),
        max_length=30,
        required=False,
        widget=django_forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    home_store_id = NumberChoiceField(label=_("Store"), required=False)
    store_ids = NumbersChoiceField(label=_("Also works in"), required=False)
    department_id = forms.SearchSelectField(
        label=_("Department"),
        required=False,
        url=reverse_lazy("organisation:department_options"),
        get=department_named,
        label_of=lambda department: f"{department.place} · {department.name}",
    )
    position_id = NumberChoiceField(label=_("Position"), required=False)
    manager_id = forms.SearchSelectField(
        label=_("Manager"),
        required=False,
        url=reverse_lazy("organisation:staff_options"),
        get=person_named,
    )
    wide = ("store_ids",)
    layout = (
        (_("Person"), ["name", "email", "mobile", "language"]),
        (_("Work"), ["home_store_id", "department_id", "position_id", "manager_id", "store_ids"]),
        (_("Rights"), ["roles"]),
    )

    def __init__(
        self, *args: Any, actor: Actor, staff: StaffMember | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        present = queries.store_ids_of(staff) if staff else frozenset()
        stores = queries.stores_to_staff(actor, present=present)
        home = [(store.pk, str(store)) for store in stores]
        may_choose_none = queries.may_staff_headquarters(actor) or (
            staff is not None and staff.home_store_id is None
        )
        if may_choose_none:
            home.insert(0, ("", _("Headquarters")))
        self.fields["home_store_id"].choices = home
        self.fields["home_store_id"].required = not may_choose_none
        self.fields["store_ids"].choices = [(store.pk, str(store)) for store in stores]
        if len(stores) < 2:
            del self.fields["store_ids"]
        self.fields["position_id"].choices = [
            ("", _("None")),
            *(
                (position.pk, position.name)
                for position in queries.list_positions()
                if position.is_active or (staff is not None and position.pk == staff.position_id)
            ),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned.setdefault("store_ids", [])
        return cleaned


class InviteForm(StaffForm):
    roles = NumbersChoiceField(label=_("Roles"))
    language = django_forms.ChoiceField(
        label=_("Language of the mail"),
        required=False,
        choices=User._meta.get_field("language").choices,
    )
    wide = ("store_ids", "roles")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert self.actor is not None
        self.fields["roles"].choices = [
            (role.pk, role.name) for role in queries.roles_to_give(self.actor)
        ]


class RolesForm(forms.Form):
    """The roles of one person: those that may be given, and those that she has."""

    roles = NumbersChoiceField(label=_("Roles"))
    wide = ("roles",)

    def __init__(self, *args: Any, actor: Actor, staff: StaffMember, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["roles"].choices = [
            (role.pk, role.name)
            for role in queries.roles_to_give(actor, staff=staff, also=staff.roles.all())
        ]


def _number_form(name: str, label: Any, *, max_length: int, **attrs: str) -> type[forms.Form]:
    """A form for one number that is shown in part."""
    field = django_forms.CharField(
        label=label,
        max_length=max_length,
        required=False,
        help_text=_("Shown in part; type a whole number to replace it."),
        widget=django_forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )
    return type("NumberForm", (forms.Form,), {name: field})


MONO = {"class": "fc-mono"}
BankAccountForm = _number_form(
    "bank_account", _("Bank account"), max_length=50, inputmode="numeric"
)
NationalIdForm = _number_form("national_id", _("National ID"), max_length=30, **MONO)
DrivingLicenceForm = _number_form(
    "driving_licence", _("Driving licence number"), max_length=40, **MONO
)


class ChatIdsForm(forms.Form):
    """Who somebody is in the company's chat apps."""

    wecom = django_forms.CharField(
        label=_("WeCom account"),
        max_length=64,
        required=False,
        help_text=_("As the address book of WeCom has it (userid)."),
    )
    dingtalk = django_forms.CharField(
        label=_("DingTalk userid"),
        max_length=64,
        required=False,
        help_text=_("As the address book of DingTalk has it."),
    )
    feishu = django_forms.CharField(
        label=_("Feishu identifier"),
        max_length=64,
        required=False,
        help_text=_("Open ID (ou_…), user ID, or the mail address of the account."),
    )


class LeaveForm(forms.Form):
    successor_id = forms.SearchSelectField(
        label=_("Who takes over"),
        required=False,
        url=reverse_lazy("organisation:staff_options"),
        get=person_named,
    )
    left_date = forms.DateField(label=_("Last day"), required=False)


class AcceptForm(forms.Form):
    name = django_forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=django_forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = django_forms.CharField(
        label=_("Password"),
        strip=False,
        widget=django_forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 characters, not only digits, and no word that many people use."),
    )


class CopyRoleForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)


class RoleForm(forms.Form):
    """Names and the matrix of rights: one choice of scope for each permission.

    Rights that the actor does not hold as wide cannot be touched and are shown as they are.
    """

    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)

    def __init__(self, *args: Any, actor: Actor, role: Role, **kwargs: Any) -> None:
        self.role = role
        self.rights = {entry.permission: entry.scope for entry in role.permissions.all()}
        initial = {"name_zh": role.name_zh, "name_en": role.name_en}
        super().__init__(*args, actor=actor, initial=initial, **kwargs)
        held = queries.scopes_of(actor)
        for permission, label in all_permissions().items():
            self.fields[permission] = self._scope_field(
                label, self.rights.get(permission, ""), held.get(permission, "")
            )

    @staticmethod
    def _scope_field(label: Any, present: str, held: str) -> django_forms.ChoiceField:
        offered = [
            (scope, scope_label)
            for scope, scope_label in RolePermission.Scope.choices
            if rules.is_scope_within(scope, held) or scope == present
        ]
        return django_forms.ChoiceField(
            label=label,
            required=False,
            choices=[("", "–"), *offered],
            initial=present,
            disabled=not held or not rules.is_scope_within(present, held),
            widget=django_forms.Select(attrs={"class": "form-select form-select-sm"}),
        )

    scopes = [("", _("Not at all")), *RolePermission.Scope.choices]

    @property
    def modules(self) -> list[dict[str, Any]]:
        """The fields of the matrix by module, and how many of them give anything."""
        found: dict[str, list[Any]] = {}
        for permission in all_permissions():
            module = queries.module_name(permission.split(".")[0])
            found.setdefault(module, []).append(self[permission])
        return [
            {"name": name, "fields": fields, "given": sum(bool(each.value()) for each in fields)}
            for name, fields in found.items()
        ]

    @property
    def chosen_rights(self) -> dict[str, str]:
        return {
            permission: self.cleaned_data[permission]
            for permission in all_permissions()
            if self.cleaned_data[permission]
        }


class GroupSettingsForm(forms.Form):
    name_zh = django_forms.CharField(label=_("Chinese name"), max_length=100)
    name_en = django_forms.CharField(label=_("English name"), max_length=100, required=False)
    language = django_forms.ChoiceField(
        label=_("Language"),
        choices=[("zh-hans", "简体中文"), ("en", "English")],
        help_text=_("For everybody who has not chosen one."),
    )
