"""Tags and filters for values; structure (cards, dialogs, forms) is made of cotton components.

Both are used for what each does best: a component takes any attribute (`hx-post`, `data-…`) and
slots, which template tags cannot; a tag is a plain function call, cheap enough for each of the
thousand cells of a list, which a component is not.
"""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from forecourt.kernel.money import Money
from forecourt.ui import values
from forecourt.ui.boards import Board, Lane, card_html
from forecourt.ui.charts import Chart
from forecourt.ui.shell import Link

register = template.Library()

MODULES = (
    "filter",
    "form",
    "list",
    "palette",
    "combobox",
    "upload",
    "uploads",
    "money",
    "chart",
    "board",
    "pulse",
    "reorder",
    "vin",
    "choices",
    "flow-steps",
    "template",
    "pad",
    "shortcuts",
)
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def json_for_script(value: Any) -> SafeString:
    """JSON that may stand inside a script element of type application/json."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return mark_safe(text.translate(_JSON_ESCAPES))  # noqa: S308 - escaped the line above


@cache
def _module_addresses() -> dict[str, str]:
    return {name: static(f"ui/js/{name}.js") for name in MODULES} | {
        "echarts": static("vendor/echarts.js"),
        "sortable": static("vendor/sortable.js"),
    }


@register.inclusion_tag("ui/_nav_badge.html", takes_context=True)
def badge_of(context: template.Context, link: Link) -> dict[str, Any]:
    """How much waits behind an entry of the navigation. Asks the cache alone."""
    if link.badge is None:
        raise ValueError(f"{link.url} has no badge.")
    actor = context["request"].actor
    return {"url": reverse(link.badge.url_name), "count": link.badge.peek(actor)}


@register.simple_tag(takes_context=True)
def page_settings(context: template.Context) -> SafeString:
    """What app.js must know of the page: addresses of its modules, texts, the service worker."""
    shell = context.get("shell")
    worker = "/service-worker.js" if shell and shell.group and not settings.DEBUG else ""
    return json_for_script(
        {"modules": _module_addresses(), "texts": _script_texts(), "worker": worker}
    )


def _script_texts() -> dict[str, str]:
    return {
        "close": _("Close"),
        "continue": _("Continue"),
        "leave": _("Leave without saving what you typed?"),
        "offline": _("The server cannot be reached. Nothing was saved; try again in a moment."),
        "failed": _("That did not work because of an error on our side. Nothing was saved."),
        "too_large": _("The file is too large."),
        "too_often": _("Too many tries. Wait a minute and try again."),
        "restored": _("What you had typed before signing in is back in the form."),
        "chosen": _("%s chosen"),
        "copied": _("Copied"),
    }


@cache
def _sprite() -> str:
    return static("vendor/icons.svg")


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite (ui/icons.txt). Without a label it is decoration for readers."""
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            classes,
            label,
            _sprite(),
            name,
        )
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, _sprite(), name
    )


@register.simple_tag
def lane_cards(board: Board, lane: Lane) -> SafeString:
    """The cards of a lane, escaped where they are put together."""
    handle = icon("dots-vertical")
    return SafeString("".join(card_html(card, board, handle) for card in lane.cards))


@register.filter
def money(amount: Money | Decimal | int | None, currency: str = "") -> SafeString:
    """`{{ unit.price|money }}`: the group's currency has its sign, another its code."""
    return values.money(amount, currency)


@register.filter
def marked(text: str, wanted: str) -> SafeString:
    """`{{ hit.title|marked:wanted }}`: what was typed stands out."""
    return values.marked(text, wanted)


@register.filter
def number(value: Decimal | int | None, places: int = 0) -> str:
    return values.number(value, places)


@register.filter
def percent(value: Decimal | float | None, places: int = 1) -> str:
    """A ratio (0.123) as a percentage (12.3%)."""
    return values.percent(value, places)


@register.filter
def day(value: dt.date | dt.datetime | None) -> SafeString:
    """A local date, readable by machines too."""
    return values.day(value)


@register.filter
def moment(value: dt.datetime | None) -> SafeString:
    """A date and time in the group's zone."""
    return values.moment(value)


@register.filter
def ago(value: dt.datetime | dt.date | None) -> SafeString:
    """`3 hours ago`, `in 2 days`; the exact time is its title."""
    return values.ago(value)


@register.simple_tag
def badge(label: Any, tone: str = "neutral", dot: bool = False) -> SafeString:
    return values.badge(label, tone, dot=dot)


@register.simple_tag
def status(row: Any, field: str = "status") -> SafeString:
    """The status of a row as a badge; tones are declared once with `forecourt.ui.tones`."""
    return values.status(row, field)


@register.filter
def masked(value: Any, may_see: bool) -> Any:
    """The value, or dots for who may not see it."""
    return value if may_see else values.mask()


@register.filter
def language_name_local(code: str) -> str:
    return {"zh-hans": "简体中文", "en": "English"}.get(code, code)


@register.inclusion_tag("ui/forms/_field.html")
def field(bound: BoundField, wide: bool = False) -> dict[str, Any]:
    """One field of a form: label, input, help, errors."""
    return {"field": bound, "wide": wide}


@register.simple_tag(takes_context=True)
def address_with(context: template.Context, **changes: Any) -> str:
    """The present address with other parameters; an empty value takes one out."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@register.filter
def year_month(value: dt.date) -> str:
    return date_format(value, "YEAR_MONTH_FORMAT")


@register.simple_tag
def today() -> dt.date:
    return timezone.localdate()


@register.filter
def get_item(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.simple_tag
def trend_mark(trend: str, good: str = "up") -> SafeString:
    """A change with its arrow; green when it goes the good way, red when not."""
    text = str(trend)
    rises = not text.startswith(("-", "−"))
    if not any(character in "123456789" for character in text):
        return format_html('<span class="fc-trend">{}</span>', text)
    tone = "is-good" if rises == (good == "up") else "is-bad"
    arrow = icon("trending-up" if rises else "trending-down", css="fc-icon-sm")
    word = _("up") if rises else _("down")
    return format_html(
        '<span class="fc-trend {}">{}<span class="visually-hidden">{}</span>{}</span>',
        tone,
        arrow,
        word,
        text,
    )


JOB_TONES = {"RUNNING": "info", "DONE": "success", "FAILED": "danger"}


@register.simple_tag
def job_badge(job: Any) -> SafeString:
    return values.badge(job.get_state_display(), JOB_TONES.get(job.state, "neutral"), dot=True)


@register.inclusion_tag("ui/_chart.html")
def chart(chart: Chart) -> dict[str, Any]:
    """A chart with its table and download; see forecourt.ui.charts."""
    return {"chart": chart, "data": json_for_script(chart.data())}
