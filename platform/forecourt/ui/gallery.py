"""The kit on one page: every component in every state, for builders and for the eye."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from forecourt.kernel.access import Actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.models import Job
from forecourt.kernel.money import Money
from forecourt.ui import forms, lists, tones
from forecourt.ui.access import requires
from forecourt.ui.boards import Board, Card, Lane
from forecourt.ui.charts import Chart, Series
from forecourt.ui.details import Change, TimelineEntry
from forecourt.ui.file_purposes import GALLERY
from forecourt.ui.files.hints import upload_hints
from forecourt.ui.responses import done_in_dialog, go_to, render_page

PERMISSION = "platform.see_gallery"
BRANDS = {1: "比亚迪 BYD", 2: "长安 Changan", 3: "奔驰 Mercedes-Benz", 4: "特斯拉 Tesla"}


class SampleForm(forms.Form):
    name = django_forms.CharField(
        label=_("Name"), max_length=60, help_text=_("As on the identity card.")
    )
    phone = forms.PhoneField()
    vin = forms.VinField(required=False)
    brand = forms.SearchSelectField(
        url=reverse_lazy("ui:gallery_options"),
        get=lambda key: BRANDS[key] if key in BRANDS else _no_such_brand(),
        label=_("Brand"),
    )
    price = forms.MoneyField(label=_("Price"))
    delivery_date = forms.DateField(label=_("Delivery"), required=False)
    level = django_forms.ChoiceField(
        label=_("Level"), choices=[("H", "H"), ("A", "A"), ("B", "B"), ("C", "C")]
    )
    channel = django_forms.ChoiceField(
        label=_("Channel"),
        widget=django_forms.RadioSelect,
        choices=[("WALK_IN", _("Walk-in")), ("PHONE", _("Phone")), ("WEB", _("Website"))],
    )
    consent = django_forms.BooleanField(label=_("May be called"), required=False)
    note = django_forms.CharField(label=_("Note"), widget=django_forms.Textarea, required=False)
    file = forms.FileField(label=_("File"), required=False, kinds=("pdf", "jpg"))

    layout = (
        (_("Customer"), ["name", "phone", "level", "channel", "consent"]),
        (_("Vehicle"), ["vin", "brand", "price", "delivery_date"]),
        (_("More"), ["note", "file"]),
    )

    @property
    def warnings(self) -> dict[str, list[Any]]:
        return {"vin": forms.vin_warnings(self.cleaned_data.get("vin", ""))}


def _no_such_brand() -> str:
    raise NotFound(_("No such brand."))


class SampleBulkForm(forms.Form):
    reason = django_forms.CharField(label=_("Reason"), max_length=100)


def _refuse_every_other(row_id: int, actor: Actor, reason: str = "") -> None:
    if row_id % 2:
        raise Conflict(_("An odd number, which this sample refuses."))


class SampleList(lists.ListPage):
    """The person's own jobs, as a list with every kind of column and filter."""

    name = "platform.gallery_jobs"
    permission = PERMISSION
    title = _("Sample list")
    subtitle = _("Your own background jobs, shown by the list framework.")
    columns = [
        lists.Column("pk", _("Job no."), sort="id", value=lambda row: f"#{row.pk}", always=True),
        lists.Column("kind", _("Kind"), sort="kind", mono=True),
        lists.StatusColumn(
            "state", _("State"), tones={"RUNNING": "info", "DONE": "success", "FAILED": "danger"}
        ),
        lists.NumberColumn("done_count", _("Done"), sort="done_count"),
        lists.MoneyColumn(
            "total_count",
            _("Amount"),
            sort="total_count",
            value=lambda row: Decimal(row.total_count),
        ),
        lists.DateTimeColumn("created_at", _("Started"), sort="created_at", relative=True),
        lists.DateColumn("finished_at", _("Ended"), sort="finished_at"),
        lists.Column("actor_name", _("Started by"), default=False),
    ]
    filters = [
        lists.SearchFilter(_("Kind"), fields=["kind"]),
        lists.ChoiceFilter("state", _("State"), Job.State),
        lists.DateRangeFilter("created", _("Started"), field="created_at", moment=True),
        lists.NumberRangeFilter("done", _("Done"), field="done_count"),
    ]
    default_sort = "-pk"
    bulk_actions = [
        lists.BulkAction(
            "check", _("Check"), _refuse_every_other, confirm=_("Check the chosen rows?")
        ),
        lists.BulkAction(
            "close",
            _("Close"),
            _refuse_every_other,
            icon="archive",
            form=SampleBulkForm,
            is_danger=True,
        ),
    ]
    empty = lists.Empty(
        _("No jobs yet"),
        _("Whatever you start in the background stands here."),
        icon="clock",
        url_name="ui:gallery",
        label=_("To the gallery"),
    )

    def get_queryset(self, actor: Actor) -> QuerySet[Job]:
        return Job.objects.filter(actor_id=actor.staff_id)

    def row_url(self, row: Job) -> str:
        return reverse("ui:job_detail", args=[row.pk])

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Gallery"), reverse("ui:gallery"))]


def _board(lane_of: dict[int, str] | None = None) -> Board:
    where = {1: "NEW", 2: "NEW", 3: "CONTACTED", 4: "QUALIFIED"} | (lane_of or {})
    keys = ("NEW", "CONTACTED", "QUALIFIED")
    names = {1: "王芳", 2: "陈伟", 3: "刘洋", 4: "Zhou Min"}
    cards = [
        Card(
            key,
            names[key],
            url="#board",
            text="比亚迪 汉 EV" if key % 2 else "长安 UNI-V",
            badges=[(_("Due today"), "warning")] if key == 2 else [],
            moves=[lane for lane in keys if lane != where[key]],
        )
        for key in names
    ]
    return Board(
        "sample-board",
        _("Sample board"),
        reverse("ui:gallery_board"),
        [
            Lane(key, label, [card for card in cards if where[card.id] == key])
            for key, label in zip(keys, (_("New"), _("Contacted"), _("Qualified")), strict=True)
        ],
    )


def _charts() -> list[Chart]:
    months = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    sold, target = [42, 31, 55, 61, 58, 73], [45, 45, 50, 55, 60, 65]
    stock = [Decimal(amount) * 10000 for amount in (820, 640, 410, 1200)]
    return [
        Chart(
            "sample-sales",
            _("Units sold"),
            months,
            [Series(_("Sold"), sold), Series(_("Target"), target, "line")],
            category_label=_("Month"),
            unit=_("units"),
        ),
        Chart(
            "sample-stock",
            _("Stock by brand"),
            list(BRANDS.values()),
            [Series(_("Value"), stock)],
            money=True,
            horizontal=True,
            category_label=_("Brand"),
        ),
        Chart("sample-empty", _("Nothing"), ["A"], [Series(_("None"), [None])]),
    ]


def _timeline() -> list[TimelineEntry]:
    at = now()
    return [
        TimelineEntry(
            at - timedelta(minutes=7),
            _("Follow-up logged"),
            "张敏",
            _("Asked for a test drive on Saturday."),
            "phone",
            "info",
        ),
        TimelineEntry(
            at - timedelta(hours=5),
            _("Reserved"),
            "李强",
            icon="lock",
            tone="warning",
            changes=[Change(_("State"), _("In stock"), _("Reserved"))],
        ),
        TimelineEntry(at - timedelta(days=3), _("Created"), "陈晨", icon="plus", tone="success"),
    ]


@require_GET
@requires(PERMISSION)
def gallery(request: HttpRequest) -> HttpResponse:
    """All components on one page."""
    sample_job = Job(pk=1, state=Job.State.RUNNING, done_count=312, total_count=1000)
    context = {
        "tones": tones.TONES,
        "amounts": [Decimal(219800), Decimal("-1250.5"), Money(Decimal(39900), "USD"), None],
        "moments": [
            now() - timedelta(minutes=3),
            now() - timedelta(days=2),
            now() + timedelta(hours=4),
            now() - timedelta(days=90),
        ],
        "today": today(),
        "board": _board(),
        "charts": _charts(),
        "timeline": _timeline(),
        "steps": [_("Upload"), _("Columns"), _("Check"), _("Import")],
        "job": sample_job,
        "upload": upload_hints(GALLERY),
        "upload_values": json.dumps({"purpose": GALLERY}),
    }
    return render(request, "ui/gallery/gallery.html", context)


@require_POST
@requires(PERMISSION)
def gallery_board(request: HttpRequest) -> HttpResponse:
    """Move a card of the sample board; one card refuses, to show what a refusal looks like."""
    card, lane = request.POST.get("card", ""), request.POST.get("lane", "")
    if card == "4":
        raise Conflict(_("This card stays where it is, to show a refusal."))
    moved = {int(card): lane} if card in {"1", "2", "3"} else {}
    return render(request, "ui/gallery/_board.html", {"board": _board(moved)})


@requires(PERMISSION)
def gallery_dialog(request: HttpRequest) -> HttpResponse:
    form = SampleBulkForm(request.POST or None, actor=request.actor)
    if form.is_valid():
        return done_in_dialog(request, message=_("Saved."), event="gallery-saved")
    context = {"form": form, "place": "drawer" if request.GET.get("in") == "drawer" else "dialog"}
    return render(request, "ui/gallery/_dialog.html", context, status=422 if form.errors else 200)


@require_POST
@requires(PERMISSION)
def gallery_toast(request: HttpRequest) -> HttpResponse:
    level = request.POST.get("level")
    tell = {"success": messages.success, "error": messages.error, "warning": messages.warning}
    tell.get(level or "", messages.info)(request, _("A message for you."))
    return HttpResponse()


@require_POST
@requires(PERMISSION)
def gallery_refusal(request: HttpRequest) -> HttpResponse:
    raise Conflict(_("Somebody else has just reserved this vehicle."))


@requires(PERMISSION)
def gallery_form(request: HttpRequest) -> HttpResponse:
    form = SampleForm(request.POST or None, request.FILES or None, actor=request.actor)
    if answer := forms.check_field(request, form):
        return answer
    if form.is_valid() and form.attempt(_save, **form.cleaned_data):
        return go_to(request, "ui:gallery_form", message=_("Saved."))
    return render_page(request, "ui/gallery/form.html", "ui/gallery/_form.html", {"form": form})


def _save(*, name: str, **_values: Any) -> bool:
    if name == "Nobody":
        raise Conflict(_("Somebody of that name is here already."), field="name")
    return True


@require_GET
@requires(PERMISSION)
def gallery_options(request: HttpRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").lower()
    found = [(key, name, f"B{key}") for key, name in BRANDS.items() if wanted in name.lower()]
    return forms.combobox_options(request, found)
