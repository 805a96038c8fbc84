"""Forms: one look, errors beside their fields, refusals of actions where they belong.

A form parses input and offers choices; it saves nothing and holds no rule. A view reads::

    @signed_in
    def lead_create(request):
        form = LeadForm(request.POST or None, actor=request.actor)
        if answer := check_field(request, form):
            return answer
        if form.is_valid():
            lead = form.attempt(create_lead, actor=request.actor, **form.cleaned_data)
            if lead is not None:
                return go_to(request, "crm:lead_detail", lead.pk, message=_("Lead saved."))
        return render_page(request, "crm/lead_form.html", "crm/_lead_form.html", {"form": form})
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

import vininfo
from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.kernel.option_lists import values as options
from forecourt.kernel.text import normalise_phone

Result = TypeVar("Result")
VALIDATE = "_validate"
VIN = re.compile(r"^[A-HJ-NPR-Z0-9]{17}$")


class Renderer(TemplatesSetting):
    form_template_name = "ui/forms/form.html"
    field_template_name = "ui/forms/_field.html"


class Form(forms.Form):
    """Base of every form. `actor` is there for choices that depend on who asks.

    `layout` arranges the fields: a list of (title, [names]) shown as groups; without it all fields
    stand in one group in their order. `wide` names fields that take the whole width.
    """

    default_renderer = Renderer()
    required_css_class = "is-required"
    layout: Iterable[tuple[Any, list[str]]] = ()
    wide: tuple[str, ...] = ()

    def __init__(self, *args: Any, actor: Actor | None = None, **kwargs: Any) -> None:
        self.actor = actor
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            dress(field)
            if name in self.wide:
                field.is_wide = True

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The visible fields by group, for the template; fields named nowhere come last."""
        if not self.layout:
            return [{"title": "", "fields": self.visible_fields()}]
        placed = {name for _title, names in self.layout for name in names}
        rest = [field for field in self.visible_fields() if field.name not in placed]
        groups = [
            {"title": title, "fields": [self[name] for name in names if name in self.fields]}
            for title, names in self.layout
        ]
        return [group for group in [*groups, {"title": "", "fields": rest}] if group["fields"]]

    def attempt(self, action: Callable[..., Result], /, **values: Any) -> Result | None:
        """Run an action; on a refusal that the person can mend, show it in the form, return None.

        A refusal that names a field stands beside it, another one (422 or 409) above the fields.
        What she may not do or see (403, 404) is raised on: the middleware answers.
        """
        try:
            return action(**values)
        except DomainError as refusal:
            if refusal.status not in (409, 422):
                raise
            name = self.input_of(refusal.field)
            self.add_error(name if name in self.fields else None, refusal.message)
            return None

    def input_of(self, field: str | None) -> str | None:
        """The name of the input for what a refusal calls ``field``."""
        return field


def check_field(request: HttpRequest, form: forms.BaseForm) -> HttpResponse | None:
    """Answer the question of a form that a field was left: its messages; None for a submit."""
    name = request.POST.get(VALIDATE)
    if name is None or name not in form.fields:
        return None
    form.is_valid()
    bound = form[name]
    return render(
        request,
        "ui/forms/_messages.html",
        {"field": bound, "warnings": getattr(form, "warnings", {}).get(name, [])},
    )


def dress(field: forms.Field) -> None:
    """Give the widget the look that belongs to its kind."""
    widget = field.widget
    css = widget.attrs.get("class", "")
    if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
        look = "form-check-input"
    elif isinstance(widget, forms.Select):
        look = "form-select"
    elif isinstance(widget, forms.FileInput | SearchSelect) or widget.is_hidden:
        return
    else:
        look = "form-control"
    widget.attrs["class"] = f"{look} {css}".strip()
    if isinstance(widget, forms.Textarea):
        # Django's own ten rows are more than most notes need.
        if str(widget.attrs.get("rows")) == "10":
            widget.attrs["rows"] = 4
        field.is_wide = True


class DateInput(forms.DateInput):
    """The browser's own date picker, which every phone and keyboard already knows."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class MoneyInput(forms.TextInput):
    """An amount, grouped by thousands while it is not edited."""

    template_name = "ui/forms/widgets/money.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, sign: str = "¥") -> None:
        super().__init__(
            {"inputmode": "decimal", "autocomplete": "off", "data-controller": "money"}
            | (attrs or {})
        )
        self.sign = sign

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {"sign": self.sign}


class PercentInput(forms.TextInput):
    """A number of per cent, as people write it: 5 for 5 %."""

    template_name = "ui/forms/widgets/percent.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off"} | (attrs or {}))


class FileDrop(forms.FileInput):
    """A place to drop a file on, or to press; `limit` in bytes is told before sending."""

    template_name = "ui/forms/widgets/file.html"

    def __init__(self, attrs: dict[str, Any] | None = None, *, limit: int = 20 * 2**20) -> None:
        super().__init__(attrs)
        self.limit = limit

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, value, attrs) | {
            "limit": self.limit,
            "limit_megabytes": self.limit // 2**20,
        }


class SearchSelect(forms.Widget):
    """A select whose options the server finds while one types.

    `url` answers `ui/forms/_options.html` with `options`: a list of (value, label, note); use
    `combobox_options`. `label_of` gives the text of a value that is already chosen.
    """

    template_name = "ui/forms/widgets/search_select.html"

    def __init__(
        self,
        *,
        url: Any,
        label_of: Callable[[Any], str],
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.url = url
        self.label_of = label_of

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        label = self.label_of(value) if value not in (None, "") else ""
        return super().get_context(name, value, attrs) | {"url": str(self.url), "label": label}

    def id_for_label(self, id_: str | None, index: Any = None) -> str | None:
        return id_


def combobox_options(request: HttpRequest, options: Iterable[tuple[Any, str, str]]) -> HttpResponse:
    """Answer a SearchSelect: (value, label, note) of what was found for `request.GET["q"]`."""
    return render(request, "ui/forms/_options.html", {"options": list(options)})


class OptionField(forms.ChoiceField):
    """A value of one of the group's option lists: those in use, and the one that the record has.

    ``form.fields["source"].keep(lead.source)`` goes on offering a retired one.
    """

    def __init__(self, list_code: str, **kwargs: Any) -> None:
        self.list_code = list_code
        super().__init__(choices=self._offered, **kwargs)

    def keep(self, code: str) -> None:
        self.choices = options.choices(self.list_code, keep=code)

    def _offered(self) -> list[tuple[str, str]]:
        chosen = options.choices(self.list_code)
        return chosen if self.required else [("", "—"), *chosen]


class SuggestionInput(forms.TextInput):
    """A text with proposals from one of the group's option lists; anything else may be typed."""

    template_name = "ui/forms/widgets/suggestion.html"

    def __init__(self, list_code: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.list_code = list_code

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        list_id = f"{context['widget']['attrs'].get('id') or name}-proposals"
        context["widget"]["attrs"]["list"] = list_id
        return context | {"list_id": list_id, "proposals": options.names(self.list_code)}


class DateField(forms.DateField):
    widget = DateInput


class DateTimeField(forms.DateTimeField):
    widget = DateTimeInput


class MoneyField(forms.DecimalField):
    """An amount with two decimals; separators of thousands and spaces are accepted."""

    widget = MoneyInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 2, "min_value": 0} | kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str):
            value = re.sub(r"[,，\s¥￥]", "", value)
        return super().to_python(value)


class VinField(forms.CharField):
    """A vehicle identification number: 17 characters without I, O and Q, in capitals.

    A wrong check digit is only warned of (`warnings` of the form): European numbers have none.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 20, "strip": True, "label": _("VIN")} | kwargs)
        self.widget.attrs |= {
            "class": "fc-vin",
            "autocapitalize": "characters",
            "autocomplete": "off",
            "spellcheck": "false",
            "maxlength": 17,
            "data-controller": "vin",
        }

    def clean(self, value: Any) -> str:
        vin = re.sub(r"[\s-]", "", super().clean(value) or "").upper()
        if vin and not VIN.match(vin):
            raise ValidationError(
                _("A VIN has 17 letters and digits, and none of I, O, Q."), code="invalid"
            )
        return vin


def vin_warnings(vin: str) -> list[Any]:
    """What looks wrong with a well-formed VIN without being wrong for certain."""
    if VIN.match(vin) and not vininfo.Vin(vin).verify_checksum():
        return [_("The check digit does not fit. Compare it with the vehicle's plate.")]
    return []


class PhoneField(forms.CharField):
    """A phone number in any spelling; cleaned to the form that is kept and searched."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 30, "label": _("Phone")} | kwargs)
        self.widget.input_type = "tel"
        self.widget.attrs |= {"autocomplete": "tel", "inputmode": "tel"}

    def clean(self, value: Any) -> str:
        raw = super().clean(value)
        if not raw:
            return ""
        try:
            return normalise_phone(raw)
        except DomainError as refusal:
            raise ValidationError(refusal.message, code="invalid") from refusal


class SearchSelectField(forms.Field):
    """The id of a row chosen by searching. `get` turns an id into the row or raises NotFound."""

    def __init__(
        self,
        *,
        url: Any,
        get: Callable[[int], Any],
        label_of: Callable[[Any], str] = str,
        **kwargs: Any,
    ) -> None:
        self.get = get
        self.label_of = label_of
        super().__init__(widget=SearchSelect(url=url, label_of=self._label), **kwargs)

    def clean(self, value: Any) -> int | None:
        value = super().clean(value)
        if value in (None, ""):
            return None
        try:
            self.get(int(value))
        except (ValueError, DomainError) as cause:
            raise ValidationError(_("Choose one of the list."), code="invalid") from cause
        return int(value)

    def _label(self, value: Any) -> str:
        try:
            return self.label_of(self.get(int(value)))
        except (ValueError, DomainError):
            return ""


class FileField(forms.FileField):
    """An uploaded file of at most `limit` bytes and of one of the `kinds` (endings)."""

    def __init__(
        self, *, limit: int = 20 * 2**20, kinds: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        accept = {"accept": ",".join(f".{kind}" for kind in kinds)} if kinds else {}
        super().__init__(widget=FileDrop(accept, limit=limit), **kwargs)
        self.limit, self.kinds = limit, kinds

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not file:
            return file
        if file.size > self.limit:
            raise ValidationError(
                _("The file is larger than %(size)s MB.") % {"size": self.limit // 2**20},
                code="too_large",
            )
        if self.kinds and file.name.rsplit(".", 1)[-1].lower() not in self.kinds:
            raise ValidationError(
                _("Choose a file of the kind %(kinds)s.") % {"kinds": ", ".join(self.kinds)},
                code="kind",
            )
        return file
