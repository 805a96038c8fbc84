"""Tags: put on by people, by rules and by files; taken off by whoever may, kept through a merge."""

import pytest

from apps.crm import queries
from apps.crm.actions import (
    choose_tags,
    follow_rule,
    merge_customers,
    save_tag,
    switch_tag,
    tag_customer,
    undo_merge,
)
from apps.crm.actions.records import CustomerRecord, take_in_customers
from apps.crm.errors import TagExists
from apps.crm.models import Customer, CustomerTag, Tag
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from forecourt.kernel.verify import run_checks
from tests.factories.crm import make_customer, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store

BOSS = system_actor()


@pytest.fixture
def advisor(group):
    return make_staff(store=make_store())


def names(customer: Customer) -> list[str]:
    return [link.tag.name for link in queries.tags_of(customer)]


def test_an_advisor_tags_her_own_customers_and_nobody_elses(advisor):
    own, theirs = make_customer(owner=advisor), make_customer(owner=make_staff(store=make_store()))
    family = save_tag(name=" 家庭  用车 ", tone="info", actor=BOSS)

    tag_customer(customer_id=own.pk, add=[family.pk], actor=actor_of(advisor))

    assert names(own) == ["家庭 用车"]
    entry = AuditEntry.objects.get(action="tagged")
    assert entry.changes == {"tags": [[], ["家庭 用车"]]}
    with pytest.raises(NotFound):
        tag_customer(customer_id=theirs.pk, add=[family.pk], actor=actor_of(advisor))
    with pytest.raises(NotPermitted):
        save_tag(name="x", actor=actor_of(advisor))
    assert (names(theirs), Tag.objects.count()) == ([], 1)


def test_a_tag_has_one_name_and_one_out_of_use_is_given_to_nobody(advisor):
    tag = save_tag(name="VIP", actor=BOSS)
    customer = make_customer(owner=advisor)
    tag_customer(customer_id=customer.pk, add=[tag.pk], actor=BOSS)

    for wrong, refusal in (("vip", TagExists), ("a,b", Invalid), (" ", Invalid)):
        with pytest.raises(refusal):
            save_tag(name=wrong, actor=BOSS)
    switch_tag(tag_id=tag.pk, is_active=False, actor=BOSS)

    with pytest.raises(Invalid):
        tag_customer(customer_id=make_customer(owner=advisor).pk, add=[tag.pk], actor=BOSS)
    choose_tags(customer_id=customer.pk, tag_ids=[], actor=BOSS)
    assert names(customer) == ["VIP"]


def test_a_rule_puts_its_tag_on_and_takes_back_only_its_own(advisor):
    tag = save_tag(name="高意向", actor=BOSS)
    first, second, third = (make_customer(owner=advisor) for _ in range(3))
    tag_customer(customer_id=third.pk, add=[tag.pk], actor=BOSS)
    some = Customer.objects.filter(pk__in=[first.pk, second.pk])

    assert follow_rule(tag_id=tag.pk, rule_id=7, customers=some, actor=BOSS) == (2, 0)
    assert follow_rule(tag_id=tag.pk, rule_id=7, customers=some, actor=BOSS) == (0, 0)
    fewer = some.filter(pk=first.pk)
    assert follow_rule(tag_id=tag.pk, rule_id=7, customers=fewer, actor=BOSS) == (0, 1)
    nobody = Customer.objects.none()
    assert follow_rule(tag_id=tag.pk, rule_id=7, customers=nobody, actor=BOSS) == (0, 1)

    assert set(CustomerTag.objects.values_list("customer_id", flat=True)) == {third.pk}
    assert AuditEntry.objects.filter(action="tagged", subject_id=str(second.pk)).count() == 2


def test_a_merge_keeps_the_tags_of_both_and_undoing_it_gives_them_back(advisor):
    both, one = save_tag(name="both", actor=BOSS), save_tag(name="one", actor=BOSS)
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    tag_customer(customer_id=kept.pk, add=[both.pk], actor=BOSS)
    tag_customer(customer_id=merged.pk, add=[both.pk, one.pk], actor=BOSS)

    merge = merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=BOSS)
    assert names(kept) == ["both", "one"]
    assert [found for _name, found in run_checks() if found] == []
    undo_merge(merge_id=merge.pk, actor=BOSS)

    assert (names(kept), names(merged)) == (["both"], ["both", "one"])


def test_a_file_brings_tags_along(advisor):
    tag = save_tag(name="老客户", actor=BOSS)
    known = make_customer(owner=advisor)
    records = [
        CustomerRecord("李雷", phones=(known.primary_phone,), tag_ids=(tag.pk,)),
        CustomerRecord("韩梅", phones=(next_phone(),), tag_ids=(tag.pk,)),
    ]

    taken = take_in_customers(records=records, actor=BOSS)
    again = take_in_customers(records=records, actor=BOSS)

    assert [row.is_changed for row in taken] == [True, True]
    assert [row.is_changed for row in again] == [False, False]
    assert CustomerTag.objects.filter(tag=tag).count() == 2


def test_the_list_of_customers_shows_and_finds_tags_and_the_bulk_action_puts_one_on(
    group, client_of, advisor, django_assert_max_num_queries
):
    # Not by the action: what a transaction has changed is not remembered before it ends.
    tag = Tag.objects.create(name="SUV", created_at=now())
    customers = [make_customer(owner=advisor) for _ in range(3)]
    client = client_of(group, advisor.user)

    done = client.post(
        "/crm/customers/",
        {"bulk": "tag", "row": [row.pk for row in customers[:2]], "tag_id": tag.pk},
    )
    client.get("/crm/customers/")
    with django_assert_max_num_queries(12):
        page = client.get(f"/crm/customers/?tag={tag.pk}")

    assert done.status_code in (200, 302)
    assert CustomerTag.objects.count() == 2
    assert page.content.decode().count("SUV") >= 2
