"""The group's settings and its audit log."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.organisation import actions, logbook, queries
from apps.organisation.forms import GroupSettingsForm
from apps.organisation.views.form_page import form_page
from forecourt.kernel.access import Actor
from forecourt.kernel.models import AuditEntry
from forecourt.ui.access import requires
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateRangeFilter,
    DateTimeColumn,
    Empty,
    ListPage,
    RelatedFilter,
    SearchFilter,
)
from forecourt.ui.responses import go_to

MANAGE = "organisation.manage_group"


@requires(MANAGE)
def group_settings(request: HttpRequest) -> HttpResponse:
    settings = queries.group_settings()
    initial = {
        "name_zh": settings.name_zh or request.tenant.name,
        "name_en": settings.name_en,
        "language": request.tenant.language,
    }
    form = GroupSettingsForm(request.POST or None, initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        if values["language"] == request.tenant.language:
            values["language"] = ""
        saved = form.attempt(actions.change_group_settings, actor=request.actor, **values)
        if saved is not None:
            message = _("Saved. Name and language change everywhere within a minute.")
            return go_to(request, "organisation:group_settings", message=message)
    return form_page(request, form, _("Group settings"))


class ChangesColumn(Column):
    """What an entry changed, one line a field, as far as the reader sees it."""

    def cell(self, row: Any, actor: Actor) -> SafeString | str:
        return self.show(logbook.changes_of(row, actor), row)

    def export(self, row: Any, actor: Actor) -> str:
        return self.plain(logbook.changes_of(row, actor), row)

    def show(self, value: list[tuple[str, str, str]], row: Any) -> SafeString | str:
        lines = (
            (label, f"{before} → {after}" if before else after) for label, before, after in value
        )
        return format_html_join(
            "",
            '<div class="fc-change"><span class="fc-muted">{}</span> <span>{}</span></div>',
            lines,
        )

    def plain(self, value: list[tuple[str, str, str]], row: Any) -> str:
        return "; ".join(f"{label}: {before} → {after}" for label, before, after in value)

    def is_blank(self, row: Any) -> bool:
        return not row.changes


class AuditLog(ListPage):
    """Everything that happened, as far as the reader's scope goes."""

    name = "organisation.audit"
    permission = "organisation.see_audit"
    title = gettext_lazy("Audit log")
    columns = [
        DateTimeColumn("happened_at", gettext_lazy("When"), sort="happened_at", always=True),
        Column("actor_name", gettext_lazy("Who")),
        Column("action", gettext_lazy("Action"), value=logbook.action_label),
        Column("subject_label", gettext_lazy("Record"), value=logbook.subject_label),
        ChangesColumn("changes", gettext_lazy("Changes")),
        Column("address", gettext_lazy("Address"), default=False, mono=True),
        Column("device", gettext_lazy("Device"), default=False),
        Column("channel", gettext_lazy("Channel"), default=False),
    ]
    filters = [
        SearchFilter(gettext_lazy("Person, record or address"), find=queries.find_audit),
        ChoiceFilter("kind", gettext_lazy("Kind of record"), logbook.kinds, field="subject_kind"),
        ChoiceFilter("action", gettext_lazy("Action"), logbook.actions),
        RelatedFilter(
            "store",
            gettext_lazy("Store"),
            lambda actor: [
                (store.pk, store.name)
                for store in queries.stores_in_scope(actor, "organisation.see_audit")
            ],
            field="store_id",
        ),
        DateRangeFilter("at", gettext_lazy("When"), field="happened_at", moment=True),
    ]
    default_sort = "-happened_at"
    empty = Empty(gettext_lazy("Nothing has happened yet"), icon="history")

    def get_queryset(self, actor: Actor) -> QuerySet[AuditEntry]:
        return queries.list_audit(actor)

    def row_label(self, row: AuditEntry) -> str:
        return str(row)

    def row_url(self, row: AuditEntry) -> str | None:
        return logbook.subject_url(row)

    def breadcrumbs(self) -> list[tuple[Any, str]]:
        if self.actor.can(MANAGE):
            return [(_("Group settings"), reverse("organisation:group_settings"))]
        return []
