"""Says who of the platform's people is there, on the bare domain's own pages for them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from forecourt.accounts.adapters import OPERATORS_HOME, client_address
from forecourt.accounts.middleware import has_factor
from forecourt.kernel.db.router import PUBLIC_SCHEMA
from forecourt.operators.logbook import Acting
from forecourt.operators.models import Operator
from forecourt.ui.shell import Frame, Link

PAGES = (
    ("operators:home", _("Overview"), "layout-dashboard", True),
    ("operators:group_list", _("Groups"), "building", True),
    ("operators:event_list", _("Stripe events"), "credit-card", False),
    ("operators:job_list", pgettext_lazy("operators", "Health"), "gauge", True),
    ("operators:space_list", _("Spaces"), "database", False),
    ("operators:release_list", _("Releases"), "tag", False),
    ("operators:log", _("Log"), "history", True),
)


class OperatorMiddleware:
    """Sets ``request.operator`` to who acts, or None, and the frame of the console's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.operator = None
        if is_console(request):
            request.operator = _operator_of(request)
            request.frame = _frame(request)
        return self.get_response(request)


def is_console(request: HttpRequest) -> bool:
    return getattr(
        request.tenant, "schema_name", PUBLIC_SCHEMA
    ) == PUBLIC_SCHEMA and request.path.startswith(OPERATORS_HOME)


def _operator_of(request: HttpRequest) -> Acting | None:
    if not request.user.is_authenticated or not has_factor(request):
        return None
    operator = Operator.objects.filter(user_id=request.user.pk, is_active=True).first()
    return Acting(operator, client_address(request)) if operator else None


def _frame(request: HttpRequest) -> Frame:
    signed_in = request.user.is_authenticated
    return Frame(
        title=gettext("Forecourt · Operators"),
        home=OPERATORS_HOME,
        person=request.user.name if signed_in else "",
        links=_links(request.path) if request.operator else (),
    )


def _links(path: str) -> tuple[Link, ...]:
    urls = [reverse(name) for name, *_rest in PAGES]
    fitting = [
        url for url in urls if path == url or (url != OPERATORS_HOME and path.startswith(url))
    ]
    current = max(fitting, key=len, default="")
    return tuple(
        Link(label=label, url=url, icon=icon, is_current=url == current, on_phone_bar=on_bar)
        for url, (_name, label, icon, on_bar) in zip(urls, PAGES, strict=True)
    )
