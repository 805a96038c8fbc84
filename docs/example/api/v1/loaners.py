from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.custom import CustomValues
from api.endpoints import Endpoint, command, page, record
from api.fields import Body, IdField, NoBody, OptionField, Representation
from api.filters import Filter
from api.v1.customers import customer
from apps.loaners import actions
from apps.loaners.queries import get_loan, list_loans
from apps.loaners.rules import PURPOSES, LoanState

VIEW, LEND = "loaners.view_loan", "loaners.lend_car"


class LoanRow(Representation):
    """A courtesy car and the customer who has it. What you may not see in full is masked."""

    expansions = {"customer": customer()}

    id = IdField()
    number = serializers.CharField()
    state = serializers.ChoiceField(LoanState.choices)
    car_id = IdField()
    customer_id = IdField()
    store_id = IdField()
    purpose = OptionField(PURPOSES)
    licence_number = serializers.CharField()
    lent_date = serializers.DateField()
    due_date = serializers.DateField()
    returned_date = serializers.DateField(allow_null=True)
    custom = CustomValues("loan")


class LoanBody(Body):
    car_id = IdField()
    phone = serializers.CharField(max_length=40)
    purpose = OptionField(PURPOSES)
    due_date = serializers.DateField()
    licence_number = serializers.CharField(max_length=30, required=False, allow_blank=True)
    custom = CustomValues("loan", default=dict)


class Loans(Endpoint):
    tag = "loans"
    get = page(
        list_loans,
        LoanRow,
        name="list_loans",
        summary=_("Loans of courtesy cars"),
        permission=VIEW,
        filters={
            "state": Filter(serializers.ChoiceField(LoanState.choices), "state__in", many=True),
            "store_id": Filter(IdField(), "store_id"),
        },
        orderings={"id": "id", "due_date": "due_date"},
        default_ordering="-id",
        custom_host="loan",
    )
    post = command(
        actions.lend_car,
        LoanBody,
        LoanRow,
        name="lend_car",
        summary=_("Lend a courtesy car"),
        permission=LEND,
        status=201,
    )


class Loan(Endpoint):
    tag = "loans"
    get = record(
        get_loan, LoanRow, name="get_loan", summary=_("A loan of a courtesy car"), permission=VIEW
    )


class ReturnLoan(Endpoint):
    tag = "loans"
    post = command(
        actions.return_car,
        NoBody,
        LoanRow,
        name="return_car",
        summary=_("Take a courtesy car back"),
        permission=LEND,
    )
