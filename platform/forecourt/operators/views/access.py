"""Who gets to the console: an operator, signed in with two factors."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from forecourt.kernel.errors import NotPermitted

View = Callable[..., HttpResponse]


def for_operators(view: View) -> View:
    """Let operators in; who has no second factor was sent to add one before it came to this."""

    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.operator is not None:
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise NotPermitted(_("Your account is no operator's."))
        return redirect_to_login(request.get_full_path())

    guarded.is_guarded = True
    return guarded


def acts(view: View) -> View:
    """Let only operators in who may act, not those who see."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.operator.operator.may_act:
            raise NotPermitted(_("Your role lets you see, and not act."))
        return view(request, *args, **kwargs)

    return for_operators(guarded)
