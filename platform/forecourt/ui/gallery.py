"""The kit on one page: every component in every state, for builders and for the eye."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms as django_forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Conflict, NotFound
from forecourt.kernel.models import Job
from forecourt.ui import forms, lists
from forecourt.ui.access import requires
from forecourt.ui.responses import go_to, render_page

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
        lists.Column("pk", _("Number"), sort="id", value=lambda row: f"#{row.pk}", always=True),
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
        lists.Column("actor_name", _("Person"), default=False),
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
        return f"/jobs/{row.pk}/"

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        return [(_("Gallery"), "/gallery/")]


@require_GET
@requires(PERMISSION)
def gallery(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/gallery/gallery.html", {})


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
