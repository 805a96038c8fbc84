"""allauth's forms in our words, and our own for profile and tokens."""

from datetime import timedelta
from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as factor
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from forecourt.accounts.models import User
from forecourt.kernel.errors import Invalid
from forecourt.kernel.text import normalise_phone

PASSWORD_HELP = _("At least 8 characters, not only digits, and no word that many people use.")


def _in_our_words(form: forms.Form, **labels: Any) -> None:
    """Give fields our labels and look, and take allauth's placeholders, which repeat the label."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        field.widget.attrs.pop("placeholder", None)
        dress(field)


def dress(field: forms.Field) -> None:
    """The look of the frame's own fields, which stand in a layer above this one."""
    choices = (forms.CheckboxInput, forms.CheckboxSelectMultiple)
    if isinstance(field.widget, choices):
        look = "form-check-input"
    else:
        look = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
    field.widget.attrs["class"] = look


class DressedForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


class _CodeForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, code=_("Verification code"))
        self.fields["code"].widget.attrs.update(
            {"inputmode": "numeric", "autofocus": True, "maxlength": 12}
        )


class _NewPasswordForm(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, password1=_("New password"), password2=_("New password once more"))
        self.fields["password1"].help_text = PASSWORD_HELP


class SignInForm(account.LoginForm):
    """Takes an e-mail address or a mobile number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            max_length=254,
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "username webauthn",
                    "autofocus": True,
                    "spellcheck": "false",
                }
            ),
        )
        self.order_fields(["login", "password"])
        _in_our_words(self, login=_("E-mail or mobile number"), password=_("Password"))
        self.fields["password"].help_text = ""

    def clean_login(self) -> str:
        """The e-mail address that the account is known by; what means nobody stays as it is."""
        login = super().clean_login()
        if "@" in login:
            return login
        try:
            mobile = normalise_phone(login)
        except Invalid:
            return login
        user = User.objects.filter(mobile=mobile).first()
        return user.email if user else login


class ConfirmPasswordForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, password=_("Password"))
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs["autofocus"] = True


class AskResetForm(account.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, email=_("E-mail"))
        self.fields["email"].widget.attrs["autofocus"] = True


class ResetPasswordForm(_NewPasswordForm, account.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(_NewPasswordForm, account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, oldpassword=_("Present password"))
        self.fields["oldpassword"].help_text = ""


class SecondFactorForm(_CodeForm, factor.AuthenticateForm):
    pass


class ConfirmFactorForm(_CodeForm, factor.ReauthenticateForm):
    pass


class AddAppForm(_CodeForm, totp.ActivateTOTPForm):
    pass


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(
            self, name=pgettext("thing", "Name"), passwordless=_("Sign in with this passkey alone")
        )
        self.fields["name"].help_text = _("So that you tell your passkeys apart.")
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].help_text = _(
            "Fingerprint, face or the device's PIN then stand for password and code."
        )


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self, name=pgettext("thing", "Name"))


class ProfileForm(DressedForm):
    name = forms.CharField(
        label=_("Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=User._meta.get_field("language").choices,
        help_text=_("The language of your pages and of mail to you."),
    )


class ApiTokenForm(DressedForm):
    LIFETIMES = (
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("365", _("1 year")),
        ("", _("Never")),
    )
    name = forms.CharField(
        label=_("What for"),
        max_length=80,
        help_text=_("For instance the name of the program that will use it."),
    )
    lifetime = forms.ChoiceField(
        label=_("Expires after"), choices=LIFETIMES, required=False, initial="90"
    )
    scopes = forms.MultipleChoiceField(
        label=_("May only"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose nothing, and the token may do all that you may do."),
    )

    def __init__(self, *args: Any, rights: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = rights

    @property
    def lifetime_chosen(self) -> timedelta | None:
        days = self.cleaned_data["lifetime"]
        return timedelta(days=int(days)) if days else None
