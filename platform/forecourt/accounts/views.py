"""Pages of a person's own account that allauth does not have: profile, devices, API tokens."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter as get_factor_adapter
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forecourt.accounts import actions, queries
from forecourt.accounts.forms import ApiTokenForm, ProfileForm
from forecourt.kernel.access import all_permissions
from forecourt.kernel.clock import now
from forecourt.kernel.errors import DomainError, NotPermitted

View = Callable[..., HttpResponse]


def own_account(view: View) -> View:
    """Let whoever works here in, to her own account."""

    @login_required
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.actor is None:
            raise NotPermitted(_("Your account belongs to nobody who works here at present."))
        return view(request, *args, **kwargs)

    return guarded


@method_decorator(login_required, name="dispatch")
class ChangePasswordView(account.PasswordChangeView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_usable_password():
            return redirect("account_reset_password")
        return super().dispatch(request, *args, **kwargs)


class RemovePasskeyView(webauthn.RemoveWebAuthnView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        adapter = get_factor_adapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            messages.error(request, str(adapter.error_messages["cannot_delete_authenticator"]))
            return redirect("mfa_index")
        return super().post(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return reverse("mfa_index")


class RenamePasskeyView(webauthn.EditWebAuthnView):
    def get_success_url(self) -> str:
        return reverse("mfa_index")


@own_account
def profile(request: HttpRequest) -> HttpResponse:
    """Name and language; the way to password, second factor, devices and tokens."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name, "language": user.language})
    if form.is_valid():
        try:
            actions.change_profile(**form.cleaned_data, actor=request.actor)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, _("Saved."))
            response = redirect("account_profile")
            _remember_language(response, form.cleaned_data["language"])
            return response
    return render(
        request, "account/profile.html", {"form": form}, status=422 if form.errors else 200
    )


def _remember_language(response: HttpResponse, language: str) -> None:
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.SESSION_COOKIE_AGE
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)


@own_account
def devices(request: HttpRequest) -> HttpResponse:
    """Where the account is signed in."""
    found = queries.list_devices(user_id=request.user.pk, session_key=request.session.session_key)
    return render(request, "account/devices.html", {"devices": found})


@own_account
@require_POST
def device_end(request: HttpRequest, device_id: int) -> HttpResponse:
    actions.end_device(device_id=device_id, actor=request.actor)
    messages.success(request, _("The device is signed out."))
    return redirect("account_devices")


@own_account
@require_POST
def devices_end_others(request: HttpRequest) -> HttpResponse:
    actions.end_other_devices(session_key=request.session.session_key, actor=request.actor)
    messages.success(request, _("All other devices are signed out."))
    return redirect("account_devices")


@own_account
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's API tokens."""
    request.actor.require(actions.USE_API)
    context = {"tokens": queries.list_api_tokens(request.actor), "now": now()}
    return render(request, "account/tokens.html", context)


@own_account
def token_create(request: HttpRequest) -> HttpResponse:
    """Make a token; its text stands on the answer to this one request and nowhere else."""
    request.actor.require(actions.USE_API)
    rights = [(name, label) for name, label in all_permissions().items() if request.actor.can(name)]
    form = ApiTokenForm(request.POST or None, rights=rights)
    if form.is_valid():
        lifetime = form.lifetime_chosen
        try:
            token, text = actions.issue_api_token(
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=now() + lifetime if lifetime else None,
                actor=request.actor,
            )
        except DomainError as refusal:
            if refusal.field not in form.fields:
                raise
            form.add_error(refusal.field, refusal.message)
        else:
            return render(request, "account/token_made.html", {"token": token, "text": text})
    return render(
        request, "account/token_form.html", {"form": form}, status=422 if form.errors else 200
    )


@own_account
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    actions.revoke_api_token(token_id=token_id, actor=request.actor)
    messages.success(
        request, _("The token is revoked; programs that use it are refused from now on.")
    )
    return redirect("account_tokens")
