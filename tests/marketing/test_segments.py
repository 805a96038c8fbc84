"""Segments: what may be asked, who is found, who may see and change them, and rules for tags."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from apps.crm.actions import (
    change_opportunity,
    log_interaction,
    register_visit,
    save_tag,
    tag_customer,
)
from apps.crm.customer_facts import WHO
from apps.crm.facts import all_facts
from apps.crm.models import Customer, CustomerTag
from apps.marketing import queries
from apps.marketing.actions import (
    add_tag_rule,
    remove_segment,
    remove_tag_rule,
    run_tag_rules,
    save_segment,
)
from apps.marketing.errors import ConditionInvalid, InUse
from apps.marketing.models import Segment
from apps.marketing.rules.anniversaries import marks_on, marks_within
from apps.marketing.rules.conditions import OPERATORS, parse
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now, today
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.errors import NotFound, NotPermitted
from tests.factories.crm import make_customer, make_opportunity
from tests.factories.marketing import conditions, make_segment
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

BOSS = system_actor()


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store)


@pytest.fixture
def marketer(group):
    return make_staff("marketer")


def found(*asked, match: str = "ALL", actor=BOSS) -> set[int]:
    wanted = queries.conditions_from(conditions(*asked, match=match), actor)
    return set(queries.customers_matching(wanted, actor).values_list("pk", flat=True))


def test_every_fact_can_be_asked_with_every_operator_of_its_kind(advisor):
    """Each is one statement that the database takes, and asks for customers."""
    make_customer(owner=advisor)
    values = {
        "TEXT": ["x"],
        "NUMBER": ["1", "2"],
        "DATE": ["2026-01-01", "2026-02-01"],
        "BIRTHDAY": ["3"],
        "CHOICE": ["1"],
        "YES_NO": [],
    }
    for fact in all_facts().values():
        for op in OPERATORS[fact.kind]:
            days = op.name in ("WITHIN_LAST", "LONGER_AGO", "WITHIN_NEXT", "MONTH")
            assert found((fact.code, op.value, ["3"] if days else values[fact.kind])) is not None
    assert all(str(fact.label) and str(fact.of) for fact in all_facts().values())
    assert any(str(fact.of) == str(WHO) for fact in all_facts().values())


def test_customers_are_found_by_fields_deals_tags_visits_and_cars(advisor, store):
    deal = make_opportunity(owner=advisor, level="H", brand="比亚迪", series="汉")
    hot, cold = (
        deal.customer,
        make_customer(owner=advisor, source="REFERRAL", division_code="310115"),
    )
    tag = save_tag(name="VIP", actor=BOSS)
    tag_customer(customer_id=cold.pk, add=[tag.pk], actor=BOSS)
    Customer.objects.filter(pk=cold.pk).update(
        birth_date=date(1990, 1, 5),
        consents={"sms": True},
        email="a@b.example",
        name="赵敏",
        occupation="教师",
        family="已婚",
        contact_time="晚上",
        wechat="zm",
    )
    Customer.objects.filter(pk=hot.pk).update(division_code="320105")
    change_opportunity(
        opportunity_id=deal.pk,
        actor=BOSS,
        buys_by=today() + timedelta(days=5),
        competitor="Tesla",
        colour="白",
        decision_maker="妻子",
        level="H",
    )
    unit = make_unit(store)
    type(unit).objects.filter(pk=unit.pk).update(
        buyer_customer_id=cold.pk, sold_date=today() - timedelta(days=6 * 365 + 3)
    )
    log_interaction(actor=actor_of(advisor), opportunity_id=deal.pk, kind="CALL", result="REACHED")
    register_visit(actor=BOSS, store_id=store.pk, reason="LOOK", customer_id=cold.pk)
    series = unit.series_id

    only_hot = (
        ("crm.level", "ANY_OF", ["H"]),
        ("crm.wish_series", "IS", ["汉"]),
        ("crm.open_opportunity", "YES", []),
        ("crm.last_contact", "WITHIN_LAST", ["1"]),
        ("crm.tag", "NONE_OF", [tag.pk]),
        ("crm.tag", "EMPTY", []),
        ("crm.birthday", "EMPTY", []),
        ("crm.last_visit", "EMPTY", []),
        ("crm.consent_sms", "NO", []),
        ("marketing.car_bought", "EMPTY", []),
        ("crm.city", "ANY_OF", ["3201"]),
        ("crm.buys_by", "WITHIN_NEXT", ["10"]),
        ("crm.competitor", "CONTAINS", ["特斯拉"]),
        ("crm.colour", "IS", ["白"]),
        ("crm.decision_maker", "SET", []),
    )
    only_cold = (
        ("crm.source", "ANY_OF", ["REFERRAL"]),
        ("crm.province", "ANY_OF", ["31"]),
        ("crm.tag", "ANY_OF", [tag.pk]),
        ("crm.birthday", "MONTH", ["1"]),
        ("crm.age", "AT_LEAST", ["30"]),
        ("crm.consent_sms", "YES", []),
        ("crm.has_email", "YES", []),
        ("crm.last_visit", "WITHIN_LAST", ["0"]),
        ("crm.last_contact", "EMPTY", []),
        ("marketing.car_age", "AT_LEAST", ["6"]),
        ("crm.name", "IS", ["赵敏"]),
        ("crm.occupation", "CONTAINS", ["教"]),
        ("crm.family", "SET", []),
        ("crm.contact_time", "IS", ["晚上"]),
        ("crm.has_wechat", "YES", []),
        ("crm.lead_source", "ANY_OF", ["REFERRAL"]),
        ("marketing.car_bought", "LONGER_AGO", ["2000"]),
        ("marketing.car_series", "ANY_OF", [series]),
    )
    for asked in only_hot:
        assert found(asked) == {hot.pk}, asked
    for asked in only_cold:
        assert found(asked) == {cold.pk}, asked
    assert found(only_hot[0], only_cold[0]) == set()
    assert found(only_hot[0], only_cold[0], match="ANY") == {hot.pk, cold.pk}
    assert found(("crm.kind", "SET", [])) == {hot.pk, cold.pk}


def test_a_birthday_on_29_february_comes_round_in_short_years_too():
    assert marks_on(date(2027, 2, 28)) == [228, 229]
    assert marks_on(date(2028, 2, 28)) == [228]
    assert marks_on(date(2028, 2, 29)) == [229]
    assert marks_within(date(2026, 12, 31), 1) == [101, 1231]


def test_conditions_that_make_no_sense_are_refused_where_they_stand(group, marketer):
    actor = actor_of(marketer)
    wrong = (
        ("crm.nothing", "SET", []),
        ("crm.age", "CONTAINS", ["3"]),
        ("crm.age", "AT_LEAST", []),
        ("crm.age", "AT_LEAST", ["much"]),
        ("crm.age", "BETWEEN", ["3"]),
        ("crm.created", "ON_OR_AFTER", ["31.1.2026"]),
        ("crm.created", "WITHIN_LAST", ["-1"]),
        ("crm.store", "ANY_OF", ["x"]),
    )
    for asked in wrong:
        with pytest.raises(ConditionInvalid) as refusal:
            save_segment(
                name="x",
                conditions=conditions(("crm.kind", "SET", []), asked),
                actor=actor,
            )
        assert refusal.value.place == (0, 1), asked
    for nonsense in ([], {"blocks": 3}, {"blocks": [3]}, {"match": "SOME"}):
        with pytest.raises(ConditionInvalid):
            parse(nonsense, all_facts())
    assert not Segment.objects.exists()


def test_a_private_segment_is_its_owners_alone_and_each_counts_whom_she_may_see(
    advisor, marketer, store
):
    make_customer(owner=advisor)
    make_customer(owner=make_staff(store=make_store()))
    manager = make_staff("store_manager", store=store)
    mine = make_segment(name="mine", is_shared=False, actor=actor_of(marketer))
    shared = make_segment(name="all", actor=actor_of(marketer))

    assert set(queries.list_segments(actor_of(manager))) == {shared}
    with pytest.raises(NotFound):
        save_segment(segment_id=mine.pk, name="x", conditions={}, actor=actor_of(manager))
    with pytest.raises(NotPermitted):
        save_segment(
            segment_id=shared.pk,
            name="x",
            conditions={},
            is_shared=False,
            actor=actor_of(manager),
        )
    with pytest.raises(NotPermitted):
        make_segment(actor=actor_of(advisor))
    assert queries.customers_of(shared, actor_of(marketer)).count() == 2
    assert queries.customers_of(shared, actor_of(manager)).count() == 1
    assert {row.name for row in Segment.objects.all()} == {"mine", "all"}


def test_a_rule_follows_its_segment_each_night_and_takes_back_only_its_own_tags(advisor, marketer):
    deal = make_opportunity(owner=advisor)
    by_hand = make_customer(owner=advisor)
    tag = save_tag(name="意向", actor=BOSS)
    tag_customer(customer_id=by_hand.pk, add=[tag.pk], actor=BOSS)
    segment = make_segment(("crm.open_opportunity", "YES", []))

    rule = add_tag_rule(segment_id=segment.pk, tag_id=tag.pk, actor=actor_of(marketer))
    assert (rule.last_put, rule.last_taken) == (1, 0)
    deal.stage, deal.lost_reason, deal.lost_at = "LOST", "PRICE", now()
    deal.save()
    run_tag_rules()

    rule.refresh_from_db()
    assert (rule.last_put, rule.last_taken) == (0, 1)
    assert set(CustomerTag.objects.values_list("customer_id", flat=True)) == {by_hand.pk}
    with pytest.raises(InUse):
        remove_segment(segment_id=segment.pk, actor=actor_of(marketer))
    with pytest.raises(NotPermitted):
        remove_tag_rule(
            tag_rule_id=rule.pk,
            actor=actor_of(make_staff("store_manager", store=make_store())),
        )
    remove_tag_rule(tag_rule_id=rule.pk, actor=actor_of(marketer))
    remove_segment(segment_id=segment.pk, actor=actor_of(marketer))
    assert not Segment.objects.exists()


def _page(name: str, *args: object) -> str:
    return reverse(f"marketing:{name}", args=args, urlconf="forecourt.config.urls_group")


def test_the_editor_shows_who_is_meant_and_keeps_what_was_typed(
    group, client_of, advisor, marketer, django_assert_max_num_queries
):
    make_customer(owner=advisor, name="王小明")
    client = client_of(group, marketer.user)
    fields = {
        "name": "Walk-ins",
        "is_shared": "on",
        "match": "ALL",
        "b0-match": "ALL",
        "b0-c0-fact": "crm.lifecycle",
        "b0-c0-op": "ANY_OF",
        "b0-c0-value": ["POTENTIAL"],
    }

    shown = client.post(_page("segment_editor"), {**fields, "do": "add:0"}).content.decode()
    assert "王小明" not in shown
    assert 'name="b0-c1-fact"' in shown
    assert "王小明" in client.post(_page("segment_editor"), fields).content.decode()
    refused = client.post(
        _page("segment_create"), {**fields, "b0-c1-fact": "crm.age", "b0-c1-op": "AT_LEAST"}
    )
    assert refused.status_code == 422
    assert 'value="POTENTIAL" selected' in refused.content.decode()
    saved = client.post(_page("segment_create"), fields)

    segment = Segment.objects.get()
    assert saved.url == _page("segment_edit", segment.pk)
    assert segment.conditions["blocks"][0]["conditions"][0]["values"] == ["POTENTIAL"]
    client.get(_page("segment_edit", segment.pk))
    with django_assert_max_num_queries(12):
        client.get(_page("segment_edit", segment.pk))
    with django_assert_max_num_queries(12):
        client.get(_page("segment_list"))


def test_a_field_of_the_groups_own_is_asked_like_any_other(advisor):
    owner = actor_of(make_staff("group_owner"))
    add_field(host="customer", code="hobby", kind="TEXT", label_zh="爱好", actor=owner)
    add_field(host="customer", code="cars", kind="INTEGER", label_zh="车辆数", actor=owner)
    fan, other = make_customer(owner=advisor), make_customer(owner=advisor)
    Customer.objects.filter(pk=fan.pk).update(custom={"hobby": "Skiing", "cars": 2})

    assert found(("custom.hobby", "CONTAINS", ["ski"]), actor=owner) == {fan.pk}
    assert found(("custom.cars", "AT_LEAST", ["2"]), actor=owner) == {fan.pk}
    assert found(("custom.cars", "EMPTY", []), actor=owner) == {other.pk}
