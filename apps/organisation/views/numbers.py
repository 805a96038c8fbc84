"""A person's bank account, national ID and driving licence: shown in part, changed, uncovered."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.organisation import actions, queries
from apps.organisation.forms import BankAccountForm, DrivingLicenceForm, NationalIdForm
from apps.organisation.models import StaffMember
from forecourt.kernel.access import Actor, masked, may_see
from forecourt.ui.access import requires
from forecourt.ui.forms import Form
from forecourt.ui.responses import done_in_dialog

LABELS = {
    "national_id": gettext_lazy("National ID"),
    "driving_licence": gettext_lazy("Driving licence number"),
    "bank_account": gettext_lazy("Bank account"),
}


def numbers_shown(actor: Actor, staff: StaffMember) -> list[dict[str, Any]]:
    """The numbers that the actor may see and change, in part, with their addresses."""
    return [
        {
            "key": name.replace("_", "-"),
            "label": label,
            "value": masked(staff, name),
            "change": reverse(f"organisation:staff_{name}", args=[staff.pk]),
            "reveal": reverse(f"organisation:staff_{name}_reveal", args=[staff.pk]),
        }
        for name, label in LABELS.items()
        if may_see(actor, staff, name)
    ]


def _changing(
    name: str, form_class: type[Form], action: Callable[..., StaffMember], title: Any
) -> Callable[..., HttpResponse]:
    """A dialog that changes one number."""

    @requires(StaffMember.masked_fields[name].permission)
    def view(request: HttpRequest, staff_id: int) -> HttpResponse:
        staff = queries.get_staff_member(staff_id=staff_id, actor=request.actor)
        form = form_class(
            request.POST or None, actor=request.actor, initial={name: masked(staff, name)}
        )
        if form.is_valid():
            saved = form.attempt(
                action, staff_id=staff.pk, actor=request.actor, **form.cleaned_data
            )
            if saved is not None:
                return done_in_dialog(request, message=_t("Saved."))
        context = {"form": form, "title": title % {"name": staff.name}, "action": request.path}
        status = 422 if form.errors else 200
        return render(request, "organisation/_form_dialog.html", context, status=status)

    view.__name__ = f"staff_{name}"
    return view


def _uncovering(name: str, action: Callable[..., str]) -> Callable[..., HttpResponse]:
    """One number in full, once; the audit log keeps who asked."""

    @require_POST
    @requires(StaffMember.masked_fields[name].permission)
    def view(request: HttpRequest, staff_id: int) -> HttpResponse:
        number = action(staff_id=staff_id, actor=request.actor)
        return render(request, "organisation/_number.html", {"number": number})

    view.__name__ = f"staff_{name}_reveal"
    return view


staff_bank_account = _changing(
    "bank_account",
    BankAccountForm,
    actions.change_bank_account,
    gettext_lazy("Bank account of %(name)s"),
)
staff_national_id = _changing(
    "national_id",
    NationalIdForm,
    actions.change_national_id,
    gettext_lazy("National ID of %(name)s"),
)
staff_driving_licence = _changing(
    "driving_licence",
    DrivingLicenceForm,
    actions.change_driving_licence,
    gettext_lazy("Driving licence of %(name)s"),
)
staff_bank_account_reveal = _uncovering("bank_account", actions.reveal_bank_account)
staff_national_id_reveal = _uncovering("national_id", actions.reveal_national_id)
staff_driving_licence_reveal = _uncovering("driving_licence", actions.reveal_driving_licence)
