from forecourt.kernel.groups import GroupIdentity


def test_a_group_starts_with_the_built_in_roles(group: GroupIdentity) -> None:
    from apps.organisation.models import Role

    assert Role.objects.filter(code="group_owner", is_built_in=True).count() == 1
