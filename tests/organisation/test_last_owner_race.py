import threading

from django.db import connections

from apps.organisation import actions
from apps.organisation.errors import LastOwner
from apps.organisation.models import Role, StaffMember
from forecourt.kernel.groups import GroupIdentity, inside
from tests.factories.organisation import actor_of, make_staff


def test_of_two_owners_who_go_at_once_one_stays(live_group: GroupIdentity) -> None:
    """Each leaves, or gives the role back, at the same moment as the other."""
    headquarters = Role.objects.get(code="headquarters")
    for _round in range(5):
        StaffMember.objects.filter(roles__code="group_owner").update(state="SUSPENDED")
        owners = [make_staff("group_owner"), make_staff("group_owner")]
        outcomes = _at_once(live_group, owners, headquarters.pk)

        left = StaffMember.objects.filter(
            pk__in=[owner.pk for owner in owners], roles__code="group_owner", state="ACTIVE"
        ).count()
        assert left == 1
        assert sorted(outcomes) == ["gone", "refused"]


def _at_once(group: GroupIdentity, owners: list[StaffMember], role_id: int) -> list[str]:
    barrier = threading.Barrier(len(owners))
    outcomes: list[str] = []

    def go(owner: StaffMember, number: int) -> None:
        try:
            with inside(group):
                actor = actor_of(owner)
                barrier.wait()
                if number:
                    actions.leave_staff(staff_id=owner.pk, actor=actor)
                else:
                    actions.change_roles(staff_id=owner.pk, role_ids=[role_id], actor=actor)
                outcomes.append("gone")
        except LastOwner:
            outcomes.append("refused")
        finally:
            for connection in connections.all():
                connection.close()

    threads = [
        threading.Thread(target=go, args=(owner, number)) for number, owner in enumerate(owners)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
