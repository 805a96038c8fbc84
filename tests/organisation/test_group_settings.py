import pytest

from apps.organisation import actions
from apps.organisation.models import GroupSettings
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.outbox import deliver_due
from tenants.models import DealerGroup
from tests.factories.organisation import actor_of, make_staff


def test_the_platform_follows_name_and_language(group: GroupIdentity) -> None:
    actions.change_group_settings(
        name_zh="甲汽车集团",
        language="en",
        actor=actor_of(make_staff("group_owner")),
    )
    deliver_due(schema_name=group.schema_name)

    known = DealerGroup.objects.get(slug=group.slug)
    assert (known.name, known.language) == ("甲汽车集团", "en")
    assert AuditEntry.objects.get(action="changed").changes["language"] == [None, "en"]


def test_a_group_has_a_name(group: GroupIdentity) -> None:
    with pytest.raises(Invalid):
        actions.change_group_settings(name_zh=" ", actor=actor_of(make_staff("group_owner")))

    assert not AuditEntry.objects.filter(action="changed").exists()


def test_only_who_manages_the_group_changes_it(group: GroupIdentity) -> None:
    with pytest.raises(NotPermitted):
        actions.change_group_settings(name_zh="我的", actor=actor_of(make_staff("headquarters")))

    assert GroupSettings.objects.get().name_zh != "我的"
