"""Settings: what counts where, who may decide it, what is remembered of it."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction

from apps.crm.models import AssignmentRule, LeadPolicy
from apps.crm.seeds import plant_lead_rules
from apps.vehicles.models import Brand
from forecourt.kernel import group_settings
from forecourt.kernel.access import system_actor
from forecourt.kernel.checks import decisions_are_valid
from forecourt.kernel.errors import Conflict, DomainError, Invalid, NotFound, NotPermitted
from forecourt.kernel.group_settings import (
    Amount,
    Choice,
    Choices,
    Days,
    DecimalNumber,
    NumberPerOption,
    Numbers,
    Setting,
    Source,
    Text,
    TimeOfDay,
    WholeNumber,
    YesNo,
    change_setting,
    reset_setting,
    value_of,
)
from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry, SettingValue
from forecourt.kernel.remembered import STAMP
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide

MINUTES = "crm.response_minutes"
OPTIONS = (("a", "A"), ("b", "B"))


@pytest.fixture
def store(group):
    return make_store(code="SH01")


@pytest.fixture
def brand(group):
    return Brand.objects.create(name_zh="比亚迪", name_en="BYD")


def test_without_a_decision_the_preset_counts(group):
    assert value_of(MINUTES) == 30
    assert value_of(MINUTES, store_id=1, brand="X") == 30


def test_the_store_counts_before_the_brand_and_that_before_the_group(store, brand):
    decide(MINUTES, 20)
    decide(MINUTES, 10, brand_id=brand.pk)
    decide(MINUTES, 5, store_id=store.pk)
    other = make_store()

    assert value_of(MINUTES) == 20
    assert value_of(MINUTES, store_id=other.pk) == 20
    assert value_of(MINUTES, store_id=other.pk, brand="比亚迪") == 10
    assert value_of(MINUTES, store_id=other.pk, brand=" byd ") == 10
    assert value_of(MINUTES, store_id=store.pk, brand="BYD") == 5


def test_what_headquarters_has_fixed_counts_everywhere(store, brand):
    decide(MINUTES, 5, store_id=store.pk)
    decide(MINUTES, 10, brand_id=brand.pk)
    decide(MINUTES, 20, rule="FIXED")

    assert value_of(MINUTES, store_id=store.pk, brand="BYD") == 20
    decide(MINUTES, 20, rule="DEFAULT")
    assert value_of(MINUTES, store_id=store.pk, brand="BYD") == 5


def test_what_is_left_open_is_the_preset_until_a_store_decides(store):
    decide(MINUTES, 20)
    decide(MINUTES, None, rule="OPEN")

    assert value_of(MINUTES, store_id=store.pk) == 30
    decide(MINUTES, 7, store_id=store.pk)
    assert value_of(MINUTES, store_id=store.pk) == 7


def test_a_store_cannot_differ_from_what_is_fixed(store):
    decide(MINUTES, 20, rule="FIXED")

    with pytest.raises(Conflict):
        decide(MINUTES, 5, store_id=store.pk)

    assert SettingValue.objects.count() == 1


def test_taking_a_decision_back_lets_the_one_above_count(store):
    decide(MINUTES, 20)
    decide(MINUTES, 5, store_id=store.pk)

    reset_setting(key=MINUTES, actor=system_actor(), store_id=store.pk)
    assert value_of(MINUTES, store_id=store.pk) == 20
    reset_setting(key=MINUTES, actor=system_actor())
    assert value_of(MINUTES, store_id=store.pk) == 30
    with pytest.raises(Conflict):
        reset_setting(key=MINUTES, actor=system_actor())


@pytest.mark.parametrize("value", [0, 1441, "30", 2.5, True, None, [30], {}])
def test_a_value_out_of_bounds_or_of_another_kind_is_refused_and_changes_nothing(group, value):
    with pytest.raises(Invalid) as refusal:
        decide(MINUTES, value)

    assert refusal.value.field == "value"
    assert not SettingValue.objects.exists()
    assert not AuditEntry.objects.filter(subject_id=MINUTES).exists()


def test_a_setting_of_the_whole_group_has_no_value_for_a_store(store):
    with pytest.raises(Invalid):
        decide("vehicles.aged_from", 100, store_id=store.pk)

    assert not SettingValue.objects.exists()


def test_a_store_or_key_that_does_not_exist_is_not_found(group):
    with pytest.raises(NotFound):
        decide(MINUTES, 5, store_id=4711)
    with pytest.raises(NotFound):
        decide("crm.nothing", 5)
    with pytest.raises(NotFound):
        value_of("crm.nothing")


def test_each_decision_stands_in_the_log_with_before_and_after(store):
    owner = make_staff("group_owner", name="沈明")
    change_setting(key=MINUTES, value=20, actor=actor_of(owner))
    change_setting(key=MINUTES, value=20, actor=actor_of(owner))
    change_setting(key=MINUTES, value=5, store_id=store.pk, actor=actor_of(owner))
    reset_setting(key=MINUTES, store_id=store.pk, actor=actor_of(owner))

    entries = group_settings.history_of(MINUTES, actor_of(owner))

    assert [(entry.action, entry.changes.get("value")) for entry in entries] == [
        ("reset", [5, None]),
        ("changed", [None, 5]),
        ("changed", [None, 20]),
    ]
    assert [entry.store_id for entry in entries] == [store.pk, store.pk, None]
    assert {entry.actor_name for entry in entries} == {"沈明"}


# --- Who may -------------------------------------------------------------------------------------


def test_a_store_manager_decides_for_her_store_alone(store):
    manager = actor_of(make_staff("store_manager", store))
    other = make_store()

    change_setting(key=MINUTES, value=5, store_id=store.pk, actor=manager)
    with pytest.raises(NotFound):
        change_setting(key=MINUTES, value=5, store_id=other.pk, actor=manager)
    with pytest.raises(NotPermitted):
        change_setting(key=MINUTES, value=5, actor=manager)

    assert value_of(MINUTES, store_id=store.pk) == 5
    assert SettingValue.objects.count() == 1


def test_a_store_manager_decides_nothing_for_a_brand(store, brand):
    with pytest.raises(NotPermitted):
        change_setting(
            key=MINUTES,
            value=5,
            brand_id=brand.pk,
            actor=actor_of(make_staff("store_manager", store)),
        )

    assert not SettingValue.objects.exists()


def test_an_advisor_decides_nothing(store):
    advisor = actor_of(make_staff("sales_advisor", store))

    with pytest.raises(NotPermitted):
        change_setting(key=MINUTES, value=5, store_id=store.pk, actor=advisor)
    with pytest.raises(NotPermitted):
        group_settings.viewpoint_of(advisor)

    assert not SettingValue.objects.exists()


def test_a_store_manager_sees_what_is_open_for_her_store_and_nothing_else(store):
    manager = actor_of(make_staff("store_manager", store))
    place = group_settings.viewpoint_of(manager)

    seen = {state.setting.key for state in group_settings.list_settings(manager, place)}
    assert place.store == str(store.pk)
    assert MINUTES in seen
    assert "vehicles.aged_from" not in seen

    decide(MINUTES, 20, rule="FIXED")
    seen = {state.setting.key for state in group_settings.list_settings(manager, place)}
    assert MINUTES not in seen
    with pytest.raises(NotFound):
        group_settings.state_of(MINUTES, manager, place)
    with pytest.raises(NotFound):
        group_settings.viewpoint_of(manager, store_id=make_store().pk)


def test_a_store_manager_reads_no_history_of_other_stores(store):
    manager, other = actor_of(make_staff("store_manager", store)), make_store()
    decide(MINUTES, 5, store_id=store.pk)
    decide(MINUTES, 6, store_id=other.pk)

    assert [entry.store_id for entry in group_settings.history_of(MINUTES, manager)] == [store.pk]
    assert len(group_settings.differences_of(MINUTES, manager)) == 1


def test_where_a_value_comes_from_is_told(store, brand):
    owner = actor_of(make_staff("group_owner"))

    def source(**place) -> Source:
        viewpoint = group_settings.viewpoint_of(owner, **place)
        return group_settings.state_of(MINUTES, owner, viewpoint).source

    assert source() == Source.PRODUCT
    decide(MINUTES, 20)
    assert source() == source(store_id=store.pk) == Source.GROUP
    decide(MINUTES, 10, brand_id=brand.pk)
    decide(MINUTES, 5, store_id=store.pk)
    assert (source(brand_id=brand.pk), source(store_id=store.pk)) == (Source.BRAND, Source.STORE)


def test_every_declared_setting_is_listed_for_the_owner_with_label_and_help(group):
    owner = actor_of(make_staff("group_owner"))
    states = group_settings.list_settings(owner, group_settings.viewpoint_of(owner))

    assert {state.setting.key for state in states} == {
        setting.key for setting in group_settings.all_settings() if setting.is_listed
    }
    assert all(str(state.setting.label) and str(state.setting.help) for state in states)
    assert all(state.may_change for state in states)


def test_settings_are_found_by_their_words(group):
    owner = actor_of(make_staff("group_owner"))
    found = group_settings.list_settings(owner, group_settings.viewpoint_of(owner), "crm.follow_up")

    assert [state.setting.key for state in found] == ["crm.follow_up_days"]


# --- The kinds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        (WholeNumber(1, 9), 3, 3),
        (DecimalNumber(Decimal(0), Decimal(1), 3), "0.05", "0.050"),
        (Amount(), Decimal("1234.5"), "1234.50"),
        (YesNo(), False, False),
        (Text(), "  two   words ", "two words"),
        (Text(pattern="[A-Z]+"), "AB", "AB"),
        (Choice(OPTIONS), "b", "b"),
        (Choices(OPTIONS), ["b", "a", "b"], ["a", "b"]),
        (Numbers(1, 99, 3), [1, 2, 3], [1, 2, 3]),
        (NumberPerOption(OPTIONS, 0, 9), {"a": 1, "b": 0}, {"a": 1, "b": 0}),
        (TimeOfDay(), "09:30", "09:30"),
        (Days(), ["2026-10-02", "2026-10-01", "2026-10-02"], ["2026-10-01", "2026-10-02"]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_kind_keeps_what_it_is_given_and_reads_it_back(kind, raw, kept):
    value = kind.clean(raw)

    assert kind.plain(value) == kept
    assert kind.read(kind.plain(value)) == value
    assert kind.shown(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (DecimalNumber(Decimal(0), Decimal(1), 2), "0.123"),
        (DecimalNumber(Decimal(0), Decimal(1), 2), "NaN"),
        (DecimalNumber(Decimal(0), Decimal(1), 2), 0.5),
        (Amount(), "-1"),
        (YesNo(), "yes"),
        (Text(), " "),
        (Text(longest=3), "four"),
        (Text(), "a\x00b"),
        (Text(pattern="[A-Z]+", hint="Capitals."), "ab"),
        (Choice(OPTIONS), "c"),
        (Choice(OPTIONS), ["a"]),
        (Choices(OPTIONS), ["a", "c"]),
        (Choices(OPTIONS, fewest=1), []),
        (Numbers(1, 99, 3), [1, 2]),
        (Numbers(1, 99, 3), [3, 2, 1]),
        (Numbers(1, 99, 3), [1, 1, 2]),
        (Numbers(1, 99, 3), "1,2,3"),
        (Numbers(1, 99, 3), [1, 2, 100]),
        (NumberPerOption(OPTIONS, 0, 9), {"a": 1}),
        (NumberPerOption(OPTIONS, 0, 9), {"a": 1, "b": 10}),
        (TimeOfDay(), "25:00"),
        (TimeOfDay(), 9),
        (Days(), ["2026-13-01"]),
        (Days(), "2026-10-01"),
        (Days(1), ["2026-10-01", "2026-10-02"]),
    ],
)
def test_a_kind_refuses_what_it_does_not_allow(kind, raw):
    with pytest.raises(DomainError) as refusal:
        kind.clean(raw)

    assert refusal.value.field == "value"
    assert refusal.value.message


def test_a_key_is_declared_once_and_a_preset_keeps_its_own_bounds():
    taken = Setting(MINUTES, label="x", help="x", kind=WholeNumber(1, 9), default=5)
    wrong = Setting("crm.wrong", label="x", help="x", kind=WholeNumber(1, 9), default=10)

    with pytest.raises(ValueError, match="twice"):
        group_settings.declare(taken)
    with pytest.raises(Invalid):
        group_settings.declare(wrong)


# --- The database and the cache ------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {"level": "GROUP", "rule": "", "value": 5},
        {"level": "GROUP", "rule": "DEFAULT", "value": None},
        {"level": "GROUP", "rule": "OPEN", "value": 5},
        {"level": "GROUP", "rule": "FIXED", "value": 5, "subject": "1"},
        {"level": "STORE", "rule": "", "value": 5},
        {"level": "STORE", "rule": "FIXED", "value": 5, "subject": "1"},
        {"level": "TEAM", "rule": "", "value": 5, "subject": "1"},
    ],
)
def test_the_database_refuses_a_decision_that_makes_no_sense(group, row):
    with pytest.raises(IntegrityError), transaction.atomic():
        SettingValue.objects.create(key=MINUTES, **row)


def test_the_database_keeps_one_decision_for_a_place(group):
    decide(MINUTES, 5)

    with pytest.raises(IntegrityError), transaction.atomic():
        SettingValue.objects.create(key=MINUTES, level="GROUP", rule="FIXED", value=7)


def test_reading_costs_no_query_while_nothing_changes(group, django_assert_num_queries):
    value_of(MINUTES)

    with django_assert_num_queries(0):
        for setting in group_settings.all_settings():
            value_of(setting.key, store_id=1, brand="BYD")


def test_a_change_counts_after_its_commit(group, django_capture_on_commit_callbacks):
    assert value_of(MINUTES) == 30
    with django_capture_on_commit_callbacks(execute=True):
        decide(MINUTES, 12)
    connection.run_on_commit.clear()

    assert value_of(MINUTES) == 12


def test_what_a_transaction_takes_back_was_never_seen_by_others(group):
    assert value_of(MINUTES) == 30
    stamp = cache.get(STAMP)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        decide(MINUTES, 12)
        cache.delete(STAMP)
        assert value_of(MINUTES) == 12
        raise ZeroDivisionError

    assert cache.get(STAMP) != stamp
    assert value_of(MINUTES) == 30


def test_one_group_knows_nothing_of_anothers_decisions(group, other_group):

    decide(MINUTES, 12)
    with inside(other_group):
        assert value_of(MINUTES) == 30


# --- What was chosen before it became a setting --------------------------------------------------


def test_what_a_group_had_chosen_before_is_taken_over_once(group):
    LeadPolicy.objects.update(response_minutes=45, open_lead_cap=60)

    plant_lead_rules()
    plant_lead_rules()

    assert value_of(MINUTES) == 45
    assert SettingValue.objects.count() == 1
    assert AssignmentRule.objects.count() == 1


def test_what_was_set_back_since_is_not_taken_over_again(group):
    LeadPolicy.objects.update(response_minutes=45)
    plant_lead_rules()
    reset_setting(key=MINUTES, actor=system_actor())

    plant_lead_rules()

    assert value_of(MINUTES) == 30


def test_verify_names_a_decision_that_its_kind_would_refuse(group):
    decide(MINUTES, 20)
    decide("vehicles.age_limits", [30, 60, 90])
    assert list(decisions_are_valid()) == []

    SettingValue.objects.filter(key=MINUTES).update(value=0)
    SettingValue.objects.filter(key="vehicles.age_limits").update(value=7)

    assert [problem.subject for problem in decisions_are_valid()] == [
        f"{MINUTES} GROUP",
        "vehicles.age_limits GROUP",
    ]
