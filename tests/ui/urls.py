"""Addresses for the tests of the kit: the frame's own, and pages that only try it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.functional import lazystr

from forecourt.kernel import errors
from forecourt.kernel.access import Actor
from forecourt.kernel.models import Job
from forecourt.ui import lists
from forecourt.ui.access import signed_in

REFUSALS = {
    "invalid": errors.Invalid("It breaks a rule."),
    "conflict": errors.Conflict("Somebody was first."),
    "not-permitted": errors.NotPermitted("Not yours to do."),
    "not-found": errors.NotFound("No such thing."),
    "http404": Http404(),
    "denied": PermissionDenied(),
}
bulk_calls: list[tuple[int, str]] = []


@signed_in
def refuse(request: HttpRequest, kind: str) -> HttpResponse:
    raise REFUSALS[kind]


def close_job(row_id: int, actor: Actor) -> None:
    if row_id % 2:
        raise errors.Conflict("An odd one.")
    bulk_calls.append((row_id, actor.name))


class JobList(lists.ListPage):
    name = "test.jobs"
    permission = "organisation.view_store"
    title = lazystr("Jobs")
    columns = (
        lists.Column("kind", "Kind", sort="kind"),
        lists.NumberColumn("done_count", "Done", sort="done_count"),
        lists.NumberColumn("age", "Age", sort="-created_at", value=lambda row: 1),
        lists.MoneyColumn("total_count", "Secret", sort="total_count", mask="platform.see_gallery"),
        lists.StatusColumn("state", "State", tones={"DONE": "success"}),
        lists.DateTimeColumn("created_at", "Started", default=False),
    )
    filters = (
        lists.SearchFilter("Kind", fields=["kind"]),
        lists.ChoiceFilter("state", "State", Job.State),
        lists.DateRangeFilter("created", "Started", field="created_at", moment=True),
        lists.NumberRangeFilter("done", "Done", field="done_count"),
        lists.NumberRangeFilter(
            "secret", "Secret", field="total_count", mask="platform.see_gallery"
        ),
    )
    default_sort = "kind"
    page_size = 5
    bulk_actions = (
        lists.BulkAction("close", "Close", close_job),
        lists.BulkAction("hidden", "Hidden", close_job, permission="platform.see_gallery"),
    )

    def get_queryset(self, actor: Actor):
        return Job.objects.filter(actor_id=actor.staff_id)


urlpatterns = [
    path("", include("forecourt.ui.urls")),
    path("files/", include("forecourt.ui.files.urls")),
    path("i18n/", include("forecourt.ui.urls_i18n")),
    path("accounts/", include("forecourt.accounts.urls")),
    path("refuse/<str:kind>/", refuse),
    path("things/", JobList.as_view(), name="things"),
]
handler403 = "forecourt.ui.views.forbidden"
handler404 = "forecourt.ui.views.not_found"
handler500 = "forecourt.ui.views.server_error"
