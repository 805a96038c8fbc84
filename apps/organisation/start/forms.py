"""Forms of the guided start: only what a beginning needs."""

from typing import Any

from django import forms as django_forms
from django.utils.translation import gettext_lazy as _

from apps.organisation import brands, queries
from apps.organisation.forms import BrandsField, NumberChoiceField
from forecourt.ui import forms


class FirstStoreForm(forms.Form):
    company_name = django_forms.CharField(
        label=_("Company"),
        max_length=100,
        help_text=_("The legal entity that the store belongs to, as it stands on its invoices."),
    )
    tax_number = django_forms.CharField(label=_("Tax number"), max_length=30, required=False)
    name_zh = django_forms.CharField(label=_("Name of the store"), max_length=100)
    code = django_forms.CharField(
        label=_("Code"),
        max_length=8,
        help_text=_("2 to 8 letters and digits; it stands in every document number."),
        widget=django_forms.TextInput(
            attrs={"autocapitalize": "characters", "autocomplete": "off", "class": "fc-mono"}
        ),
    )
    brand_names = BrandsField()
    layout = (
        (_("Company"), ["company_name", "tax_number"]),
        (_("Store"), ["name_zh", "code", "brand_names"]),
    )
    wide = ("company_name", "brand_names")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brand_names"].offer(brands.choices())


class PersonForm(forms.Form):
    name = django_forms.CharField(
        label=_("Name"), max_length=100, widget=django_forms.TextInput({"autocomplete": "off"})
    )
    email = django_forms.EmailField(
        label=_("E-mail"), widget=django_forms.EmailInput({"autocomplete": "off"})
    )
    role_id = NumberChoiceField(label=_("Role"))
    home_store_id = NumberChoiceField(label=_("Store"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert self.actor is not None
        roles = queries.roles_to_give(self.actor)
        stores = list(queries.list_stores(self.actor))
        self.fields["role_id"].choices = [(role.pk, role.name) for role in roles]
        self.fields["home_store_id"].choices = [
            ("", _("Headquarters")),
            *((store.pk, str(store)) for store in stores),
        ]
        # Whoever presses too fast should not have made another owner.
        self.initial.setdefault(
            "role_id", next((role.pk for role in roles if role.code == "store_manager"), None)
        )
        self.initial.setdefault("home_store_id", stores[0].pk if stores else None)
