"""Cars that should be back."""

from apps.loaners.notifications import LOAN_OVERDUE
from apps.loaners.queries import overdue_loans
from apps.notifications.actions import Notice, notify_all
from apps.organisation.queries import people_in_charge
from forecourt.kernel.access import system_actor


def remind_of_overdue_loans() -> int:
    """Tell whoever lent a car that is late, or those in charge; once for each loan."""
    loans = overdue_loans().select_related("car", "customer")
    return notify_all(
        LOAN_OVERDUE,
        notices=[
            Notice(
                recipients=[loan.lender_id]
                if loan.lender_id
                else people_in_charge("loaners.lend_car", loan.store_id),
                key=str(loan.pk),
                subject=loan,
                values={
                    "customer": loan.customer.name,
                    "car": str(loan.car),
                    "due": loan.due_date,
                },
                store_id=loan.store_id,
            )
            for loan in loans
        ],
        actor=system_actor(),
    )
