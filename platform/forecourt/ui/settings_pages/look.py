"""The group's logo and colour, and the addresses under which every page fetches them."""

from typing import Any

from django import forms as django_forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from forecourt.kernel import colours, images
from forecourt.kernel.group_settings import reset_setting, value_of
from forecourt.kernel.standing import works_when_suspended
from forecourt.ui import branding, forms
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to, render_page

PRODUCTS_COLOUR = "#0b6270"
YEAR = 365 * 24 * 3600
RESETS = {"logo": branding.LOGO, "colour": branding.COLOUR}


class LookForm(forms.Form):
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        limit=branding.LARGEST_LOGO,
        kinds=("png", "jpg", "jpeg", "webp"),
        help_text=_("PNG, JPEG or WebP; shown at the top of every page and where people sign in."),
    )
    colour = django_forms.CharField(
        label=_("Colour"),
        max_length=7,
        widget=django_forms.TextInput(attrs={"type": "color"}),
        help_text=_("Of buttons, links and marks. It must be dark enough for white text."),
    )

    def clean_colour(self) -> str:
        return str(self.cleaned_data["colour"]).lower()


@requires(branding.PERMISSION)
def look(request: HttpRequest) -> HttpResponse:
    """Put up a logo, choose a colour."""
    present = value_of(branding.COLOUR) or PRODUCTS_COLOUR
    form = LookForm(request.POST or None, request.FILES or None, initial={"colour": present})
    if form.is_valid() and _is_saved(form, request, present):
        return go_to(request, "settings:look", message=_t("Saved."))
    context: dict[str, Any] = {
        "form": form,
        "has_colour": bool(value_of(branding.COLOUR)),
    }
    return render_page(request, "settings/look.html", "settings/_look_form.html", context)


def _is_saved(form: LookForm, request: HttpRequest, present: str) -> bool:
    """The colour first: a logo is put up only where the colour is accepted too."""
    colour, logo = form.cleaned_data["colour"], form.cleaned_data["logo"]
    if colour != present:
        form.attempt(_change_colour, colour=colour, actor=request.actor)
    if logo and not form.errors:
        form.attempt(branding.change_logo, content=logo.read(), actor=request.actor)
    return not form.errors


def _change_colour(**values: Any) -> bool:
    branding.change_colour(**values)
    return True


@require_POST
@requires(branding.PERMISSION)
def look_reset(request: HttpRequest, part: str) -> HttpResponse:
    """Take the logo down, or go back to the product's colour."""
    if part not in RESETS:
        raise Http404
    reset_setting(key=RESETS[part], actor=request.actor)
    return go_to(request, "settings:look", message=_t("Set back."))


@works_when_suspended
@require_safe
@cache_control(max_age=YEAR, public=True, immutable=True)
def brand_css(request: HttpRequest, colour: str) -> HttpResponse:
    """A colour as a stylesheet. The address holds all that it says, so it is kept for good."""
    wanted = f"#{colour}"
    if not colours.is_colour(wanted) or colours.contrast(wanted, colours.WHITE) < colours.ENOUGH:
        raise Http404
    return HttpResponse(branding.stylesheet(wanted), content_type="text/css; charset=utf-8")


@works_when_suspended
@require_safe
@cache_control(max_age=YEAR, public=True, immutable=True)
def brand_logo(request: HttpRequest, name: str) -> HttpResponse:
    """The group's present logo; another picture has another address."""
    stored = branding.open_logo(name)
    if stored is None:
        raise Http404
    kind = images.TYPES[name.rsplit(".", 1)[-1]]
    response = FileResponse(stored, content_type=kind)
    response["Content-Disposition"] = "inline"
    return response
