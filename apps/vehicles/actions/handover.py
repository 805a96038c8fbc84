"""What somebody who leaves hands over of the stock: the vehicles that she holds for customers."""

from apps.organisation import queries as organisation
from apps.vehicles.models import StockUnit
from apps.vehicles.queries import reservations_of
from forecourt.kernel import audit
from forecourt.kernel.access import Actor


def hand_over_reservations(from_staff_id: int, to_staff_id: int, actor: Actor) -> int:
    """Her reservations go on, for the same customers and until the same day, under a new name.

    Called inside the transaction of leaving, which has decided that the actor may do it.
    """
    units = list(reservations_of(from_staff_id).select_for_update(of=("self",)).order_by("pk"))
    people = organisation.staff_by_id([from_staff_id, to_staff_id])
    change = {"reserved_by": [people[from_staff_id].name, people[to_staff_id].name]}
    StockUnit.objects.filter(pk__in=[unit.pk for unit in units]).update(reserved_by_id=to_staff_id)
    audit.append([audit.entry(actor, "reservation_handed_over", unit, change) for unit in units])
    return len(units)
