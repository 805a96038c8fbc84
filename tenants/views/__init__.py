"""The public site: what it does, signing up, finding one's group."""

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from forecourt.kernel.errors import DomainError, NotFound
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page, wants_partial
from tenants import entries, finding, limits, signups
from tenants.forms import ConfirmForm, FindGroupForm, SignUpForm
from tenants.groups import AddressTaken, host_of, require_free_address
from tenants.models import DealerGroup, SignUp
from tenants.views import about

COOKIE = "signup"
COOKIE_SALT = "tenants.signup"
DEMO_SLUG = "huadong"
# The form that opens a group is answered by a redirect to the group's own address.
GROUP_SITES = signups.public_url("").replace("://", "://*.", 1)


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    demo = None
    if settings.DEMO_SIGN_INS:
        demo = DealerGroup.objects.filter(slug=DEMO_SLUG).first()
    return render(
        request,
        "tenants/home.html",
        {
            "demo_url": _group_url(demo.slug) if demo else "",
            "with_mail": settings.LOCAL_MAIL_PAGE,
            "languages": about.LANGUAGES,
        },
    )


# --- Signing up ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters()
def sign_up(request: HttpRequest) -> HttpResponse:
    own_id = _remembered_id(request)
    form = SignUpForm(
        request.POST or None,
        own_sign_up_id=own_id,
        initial=_what_was_entered(request) if request.method == "GET" else None,
    )
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        wish = signups.Wish(language=get_language() or settings.LANGUAGE_CODE, **form.cleaned_data)
        try:
            limits.count("sign-up", _address_of(request), times=20, seconds=3600)
            sign_up = signups.request_group(wish, replaces=own_id)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return _remember(go_to(request, "tenants:sign_up_sent"), sign_up)
    return render_page(
        request, "tenants/sign_up.html", "tenants/_sign_up_form.html", {"form": form}
    )


def _what_was_entered(request: HttpRequest) -> dict[str, object]:
    """For who goes back to change something; the password is not known any more."""
    sign_up = _remembered(request)
    if sign_up is None or sign_up.state != SignUp.State.WAITING:
        return {}
    names = ("group_name", "slug", "country", "store_count", "person_name", "email")
    return {name: getattr(sign_up, name) for name in names}


@require_GET
@never_cache
def sign_up_address(request: HttpRequest) -> HttpResponse:
    """Says, as one types, whether an address is free; with ``pick`` answers the filled field."""
    limits.count("address", _address_of(request), times=600, seconds=3600)
    slug = request.GET.get("slug", "").strip().lower()[:60]
    if "pick" in request.GET:
        form = SignUpForm(initial={"slug": slug})
        return render(request, "tenants/_address_field.html", {"form": form, "host": host_of(slug)})
    refusal = ""
    if slug:
        try:
            require_free_address(slug, own_sign_up_id=_remembered_id(request))
        except DomainError as error:
            refusal = error.message
    wanted = (
        []
        if slug and not refusal
        else signups.suggestions(wanted=slug, group_name=request.GET.get("group_name", "")[:100])
    )
    return render(
        request,
        "tenants/_address.html",
        {"refusal": refusal, "host": host_of(slug) if slug else "", "suggestions": wanted},
    )


@require_POST
@never_cache
@sensitive_post_parameters()
def sign_up_password(request: HttpRequest) -> HttpResponse:
    """Says what is weak about a password while it is typed."""
    form = SignUpForm(request.POST, own_sign_up_id=_remembered_id(request))
    form.is_valid()
    field = form["password"]
    return render(
        request,
        "tenants/_password.html",
        {"field": field, "is_good": bool(request.POST.get("password")) and not field.errors},
    )


@require_http_methods(["GET", "POST"])
@never_cache
def sign_up_sent(request: HttpRequest) -> HttpResponse:
    """Asks to look into the mail; POST sends it again."""
    sign_up = _remembered(request)
    if sign_up is None:
        return redirect("tenants:sign_up")
    if request.method == "POST":
        limits.count("mail", sign_up.email, times=10, seconds=3600)
        signups.mail_again(sign_up_id=sign_up.pk)
        return go_to(request, "tenants:sign_up_sent", message=_("We have sent it again."))
    context = {"sign_up": sign_up, "with_mail": settings.LOCAL_MAIL_PAGE}
    return render(request, "tenants/sign_up_sent.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters()
@csp_update({"form-action": [GROUP_SITES]})
def sign_up_confirm(request: HttpRequest) -> HttpResponse:
    """Where the mailed link leads. Only a press on its button makes the group: mail programs and
    scanners open links by themselves. A browser other than the one that signed up must know the
    password too, so nobody is led to confirm what somebody else has asked for in her name.
    """
    sign_up = signups.get_sign_up(request.GET.get("key", ""))
    known = _remembered(request)
    is_known = known is not None and known.pk == sign_up.pk
    if sign_up.state != SignUp.State.WAITING:
        if is_known:
            return redirect("tenants:sign_up_progress")
        return redirect(_group_url(sign_up.slug))
    form = ConfirmForm(
        request.POST if request.method == "POST" else None,
        asks_password=not is_known,
        asks_slug="slug" in request.POST,
        initial={"slug": sign_up.slug},
    )
    if form.is_valid():
        try:
            if not is_known:
                limits.count("confirm", str(sign_up.pk), times=10, seconds=3600)
                signups.require_password(sign_up, form.cleaned_data["password"])
            sign_up = signups.confirm(
                sign_up_id=sign_up.pk, slug=form.cleaned_data.get("slug", "").strip().lower()
            )
        except AddressTaken as refusal:
            values = {"slug": sign_up.slug, **request.POST.dict()}
            form = ConfirmForm(values, asks_password=not is_known, asks_slug=True)
            form.is_valid()
            form.add_error("slug", refusal.message)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return _remember(_onward(request, sign_up), sign_up)
    return render(
        request,
        "tenants/sign_up_confirm.html",
        {"sign_up": sign_up, "form": form, "host": host_of(sign_up.slug)},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_GET
@never_cache
def sign_up_progress(request: HttpRequest) -> HttpResponse:
    """Waits for the space when the pool was empty; then leads into the group."""
    sign_up = _remembered(request)
    if sign_up is None:
        return redirect("tenants:sign_in")
    if sign_up.state == SignUp.State.READY:
        return _onward(request, sign_up)
    page = "tenants/_progress.html" if wants_partial(request) else "tenants/sign_up_progress.html"
    return render(request, page, {"sign_up": sign_up, "host": host_of(sign_up.slug)})


def _onward(request: HttpRequest, sign_up: SignUp) -> HttpResponse:
    """Into the group once it is open, by a link that signs in; this browser is then forgotten."""
    if sign_up.state != SignUp.State.READY:
        return go_to(request, "tenants:sign_up_progress")
    group = signups.group_of(sign_up)
    if group is None:
        raise NotFound(_("This sign-up has ended."))
    signups.refill()
    response = go_to(request, entries.issue(group, sign_up.email))
    response.delete_cookie(COOKIE)
    return response


# --- Finding one's group ------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Mails the addresses of the groups that an e-mail belongs to, and says nothing else."""
    form = FindGroupForm(request.POST or None)
    if answer := check_field(request, form):
        return answer
    is_sent = False
    if form.is_valid():
        try:
            limits.count("find", _address_of(request), times=20, seconds=3600)
            finding.ask(email=form.cleaned_data["email"], language=get_language() or "")
            is_sent = True
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    context = {"form": form, "is_sent": is_sent, "with_mail": settings.LOCAL_MAIL_PAGE}
    return render_page(request, "tenants/sign_in.html", "tenants/_sign_in.html", context)


# --- Shared ------------------------------------------------------------------------------------


def _remember(response: HttpResponse, sign_up: SignUp) -> HttpResponse:
    """Let this browser, and no other, go on with the sign-up."""
    if sign_up.state == SignUp.State.READY:
        return response
    response.set_signed_cookie(
        COOKIE,
        str(sign_up.pk),
        salt=COOKIE_SALT,
        max_age=int(signups.HOLD.total_seconds()),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    add_never_cache_headers(response)
    return response


def _remembered(request: HttpRequest) -> SignUp | None:
    return SignUp.objects.filter(pk=_remembered_id(request)).first()


def _remembered_id(request: HttpRequest) -> int | None:
    pk = request.get_signed_cookie(COOKIE, default="", salt=COOKIE_SALT)
    return int(pk) if pk else None


def _group_url(slug: str) -> str:
    return signups.public_url("/").replace(settings.BASE_DOMAIN, host_of(slug), 1)


def _address_of(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")
