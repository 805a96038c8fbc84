from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.loaners import actions
from apps.loaners.forms import LoanForm
from apps.loaners.models import Loan
from apps.loaners.queries import find_loans, get_loan, list_loans
from apps.loaners.rules import LoanState
from apps.organisation.queries import stores_in_scope
from forecourt.kernel.access import Actor, shown
from forecourt.ui.access import requires
from forecourt.ui.details import HISTORY, Tab, detail_page
from forecourt.ui.forms import check_field
from forecourt.ui.lists import (
    ChoiceFilter,
    Column,
    DateColumn,
    Empty,
    ListPage,
    SearchFilter,
    StatusColumn,
    StoreFilter,
)
from forecourt.ui.responses import go_to, render_page

TABS = (Tab("facts", _("Facts"), "loaners/_loan_facts.html"), HISTORY)


def _stores(actor: Actor) -> list[tuple[int, str]]:
    return [(store.pk, store.name) for store in stores_in_scope(actor, "loaners.view_loan")]


class LoanList(ListPage):
    name = "loaners.loans"
    permission = "loaners.view_loan"
    custom_host = "loan"
    title = _("Courtesy cars")
    template = "loaners/loan_list.html"
    columns = (
        Column("number", _("Number"), always=True, mono=True),
        Column("car", _("Courtesy car")),
        Column("customer", _("Customer")),
        Column("store", _("Store")),
        StatusColumn("state", _("State")),
        DateColumn("lent_date", _("Lent on"), sort="id"),
        DateColumn("due_date", _("Due back"), sort="due_date"),
    )
    filters = (
        SearchFilter(_("Number, plate, customer"), find=find_loans, for_actor=True),
        ChoiceFilter("state", _("State"), LoanState),
        StoreFilter(_stores),
    )
    default_sort = "-lent_date"
    empty = Empty(_("No car is lent"), _("Import the cars, then lend the first one."), icon="car")

    def get_queryset(self, actor: Actor) -> QuerySet:
        return list_loans(actor).in_focus(actor)

    def row_url(self, row: Loan) -> str:
        return reverse("loaners:loan_detail", args=[row.pk])

    def context(self) -> dict[str, object]:
        return {"may_lend": self.actor.can("loaners.lend_car")}


@requires("loaners.view_loan")
def loan_detail(request: HttpRequest, loan_id: int) -> HttpResponse:
    actor = request.actor
    loan = get_loan(loan_id=loan_id, actor=actor)
    may_lend = actor.can("loaners.lend_car", store_id=loan.store_id, owner_id=loan.lender_id)
    context = {
        "loan": loan,
        "licence": shown(actor, loan, "licence_number"),
        "may_return": may_lend and loan.state == LoanState.LENT,
    }
    return detail_page(request, loan, "loaners/loan_detail.html", TABS, context)


@requires("loaners.lend_car")
def loan_create(request: HttpRequest) -> HttpResponse:
    form = LoanForm(request.POST or None, request.FILES or None, actor=request.actor)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        loan = form.attempt(actions.lend_car, actor=request.actor, **form.cleaned_data)
        if loan is not None:
            message = _t("Loan %(number)s is noted.") % {"number": loan.number}
            return go_to(request, "loaners:loan_detail", loan.pk, message=message)
    return render_page(request, "loaners/loan_form.html", "loaners/_loan_form.html", {"form": form})


@require_POST
@requires("loaners.lend_car")
def loan_return(request: HttpRequest, loan_id: int) -> HttpResponse:
    loan = actions.return_car(loan_id=loan_id, actor=request.actor)
    return go_to(request, "loaners:loan_detail", loan.pk, message=_t("The car is back."))
