"""What the public site asks for."""

from typing import Any

from babel import Locale
from django import forms as django_forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from forecourt.accounts.models import User
from forecourt.kernel.errors import DomainError
from forecourt.ui import forms
from tenants import signups
from tenants.groups import COUNTRY_DEFAULTS, require_free_address

MOST_STORES = 2000


def countries() -> list[tuple[str, str]]:
    """Codes and names in the reader's language, China first."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    others = sorted((names[code], code) for code in COUNTRY_DEFAULTS if code != "CN")
    return [("CN", names["CN"]), *[(code, name) for name, code in others]]


class SignUpForm(forms.Form):
    group_name = django_forms.CharField(
        label=_("Name of the dealer group"),
        max_length=100,
        widget=django_forms.TextInput(
            {
                "autocomplete": "organization",
                "hx-get": reverse_lazy("tenants:sign_up_address"),
                "hx-trigger": "change",
                "hx-target": "[data-messages-of=slug]",
                "hx-swap": "innerHTML",
                "hx-include": "[name=slug]",
            }
        ),
    )
    slug = django_forms.CharField(
        label=_("Web address"),
        max_length=30,
        help_text=_("Your people open the product here. Small letters, digits and hyphens."),
        widget=django_forms.TextInput(
            {
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "hx-get": reverse_lazy("tenants:sign_up_address"),
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "[data-messages-of=slug]",
                "hx-swap": "innerHTML",
                "hx-include": "[name=group_name]",
                "hx-sync": "this:replace",
            }
        ),
    )
    country = django_forms.ChoiceField(label=_("Country"), choices=countries, initial="CN")
    store_count = django_forms.IntegerField(
        label=_("Number of stores"), min_value=1, max_value=MOST_STORES, initial=1
    )
    person_name = django_forms.CharField(
        label=_("Your name"),
        max_length=100,
        widget=django_forms.TextInput({"autocomplete": "name"}),
    )
    email = django_forms.EmailField(
        label=_("E-mail"), widget=django_forms.EmailInput({"autocomplete": "email"})
    )
    # Sent back with a refusal, so that nothing has to be typed twice; the answer is never stored.
    password = django_forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        help_text=_("At least 8 characters, not too common and not like your name."),
        widget=django_forms.PasswordInput(
            {
                "autocomplete": "new-password",
                "hx-post": reverse_lazy("tenants:sign_up_password"),
                "hx-trigger": "change, input changed delay:600ms",
                "hx-target": "[data-messages-of=password]",
                "hx-swap": "innerHTML",
                "hx-sync": "this:replace",
            },
            render_value=True,
        ),
    )
    layout = (
        (_("Your group"), ["group_name", "slug", "country", "store_count"]),
        (_("You"), ["person_name", "email", "password"]),
    )
    wide = ("group_name", "slug", "person_name", "email", "password")

    def __init__(self, *args: Any, own_sign_up_id: int | None = None, **kwargs: Any) -> None:
        """``own_sign_up_id``: what this browser asked for before; its address is no obstacle."""
        self.own_sign_up_id = own_sign_up_id
        super().__init__(*args, **kwargs)

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"].strip().lower()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        who = {"email": values.get("email", ""), "password": values.get("password", "")}
        if values.get("slug"):
            self._check_address(values["slug"], who)
        if who["password"]:
            person = User(email=who["email"], name=values.get("person_name", ""))
            try:
                validate_password(who["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return values

    def _check_address(self, slug: str, who: dict[str, str]) -> None:
        own = self.own_sign_up_id
        if own is None and all(who.values()):
            own = signups.own_sign_up_id(slug=slug, **who)
        try:
            require_free_address(slug, own_sign_up_id=own)
        except DomainError as refusal:
            self.add_error("slug", refusal.message)


class ConfirmForm(forms.Form):
    """Asks only for what is missing: the password in another browser, another address if lost."""

    password = django_forms.CharField(
        label=_("The password that you chose"),
        strip=False,
        widget=django_forms.PasswordInput({"autocomplete": "current-password"}),
    )
    slug = django_forms.CharField(label=_("Web address"), max_length=30)

    def __init__(self, *args: Any, asks_password: bool, asks_slug: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_password:
            del self.fields["password"]
        if not asks_slug:
            del self.fields["slug"]


class FindGroupForm(forms.Form):
    email = django_forms.EmailField(
        label=_("E-mail"), widget=django_forms.EmailInput({"autocomplete": "email"})
    )
    wide = ("email",)
