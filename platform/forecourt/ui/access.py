"""Who gets to a view at all.

A guarded view says so (``is_guarded``, ``permission``), so that a test can find one that is not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from forecourt.kernel.errors import NotPermitted

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """Let only the group's staff in: a stranger is sent to sign in, an account alone is refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if getattr(request, "actor", None) is not None:
            return view(request, *args, **kwargs)
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            raise NotPermitted(_("Your account belongs to nobody who works here at present."))
        return redirect_to_login(request.get_full_path())

    guarded.is_guarded = True
    return guarded


def requires(permission: str) -> Callable[[View], View]:
    """Let only staff in who hold the permission, for whichever rows."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        guarded.permission = permission
        return signed_in(guarded)

    return decorate
