from datetime import time

import pytest

from apps.organisation import actions, hooks
from apps.organisation.errors import CodeTaken, StoreNotEmpty, TransitionNotAllowed
from apps.organisation.events import StoreAdded, StoreStateChanged
from apps.organisation.models import LegalEntity, Store
from forecourt.kernel import events
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid, NotFound, NotPermitted
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_region, make_staff, make_store


@pytest.fixture
def hq(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("headquarters"))


@pytest.fixture
def company(group: GroupIdentity) -> LegalEntity:
    return LegalEntity.objects.create(name_zh="申城汽车销售有限公司")


def add(hq: Actor, company: LegalEntity, **fields: object) -> Store:
    values = {"code": "SH01", "name_zh": "上海一店", "legal_entity_id": company.pk}
    return actions.add_store(**{**values, "actor": hq, **fields})


def test_headquarters_adds_a_store(hq: Actor, company: LegalEntity) -> None:
    store = add(hq, company, code=" sh01 ", brand_names=["比亚迪", " ", "比亚迪", "蔚来"])

    assert store.code == "SH01"
    assert store.brand_names == ["比亚迪", "蔚来"]
    assert AuditEntry.objects.get(action="created").store_id == store.pk


def test_adding_a_store_is_told(hq: Actor, company: LegalEntity, monkeypatch) -> None:
    heard: list[StoreAdded] = []
    monkeypatch.setitem(events._listeners, StoreAdded, [heard.append])

    store = add(hq, company)

    assert heard == [StoreAdded(store_id=store.pk)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "A"),
        ("code", "ABCDEFGHI"),
        ("code", "上海01"),
        ("code", "SH-01"),
        ("name_zh", " "),
        ("legal_entity_id", 999_999),
        ("region_id", 999_999),
        ("division_code", "999999"),
        ("time_zone", "Asia/Nowhere"),
        ("closes_at", time(8)),
        ("state", "CLOSED"),
    ],
)
def test_a_store_with_a_wrong_value_is_refused_beside_the_field(
    hq: Actor, company: LegalEntity, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as refusal:
        add(hq, company, **{field: value})

    assert refusal.value.field == field
    assert not Store.objects.exists()


def test_a_code_is_given_once_even_after_its_store_closed(hq: Actor, company: LegalEntity) -> None:
    store = add(hq, company)
    actions.change_store_state(store_id=store.pk, state="CLOSED", actor=hq)

    with pytest.raises(CodeTaken):
        add(hq, company)

    assert Store.objects.count() == 1


@pytest.mark.parametrize("role", ["store_manager", "sales_advisor"])
def test_only_headquarters_adds_stores(company: LegalEntity, role: str) -> None:
    store = make_store()

    with pytest.raises(NotPermitted):
        add(actor_of(make_staff(role, store)), company)

    assert Store.objects.count() == 1


def edited(store: Store, **fields: object) -> dict[str, object]:
    return {
        "store_id": store.pk,
        "code": store.code,
        "name_zh": store.name_zh,
        "legal_entity_id": store.legal_entity_id,
        **fields,
    }


def test_a_change_is_logged_with_before_and_after(hq: Actor, company: LegalEntity) -> None:
    store = add(hq, company)
    region = make_region(name_zh="华东")

    actions.edit_store(**edited(store, name_zh="上海旗舰店", region_id=region.pk), actor=hq)

    store.refresh_from_db()
    assert store.name_zh == "上海旗舰店"
    assert AuditEntry.objects.get(action="changed").changes == {
        "name_zh": ["上海一店", "上海旗舰店"],
        "region": [None, "华东"],
    }


def test_a_change_without_a_difference_is_not_logged(hq: Actor, company: LegalEntity) -> None:
    store = add(hq, company)

    actions.edit_store(**edited(store), actor=hq)

    assert not AuditEntry.objects.filter(action="changed").exists()


def test_a_store_manager_cannot_change_stores(group: GroupIdentity) -> None:
    store = make_store()

    with pytest.raises(NotPermitted):
        actions.edit_store(
            **edited(store, name_zh="我的店"), actor=actor_of(make_staff("store_manager", store))
        )

    store.refresh_from_db()
    assert store.name_zh != "我的店"


def test_a_store_that_is_not_there_is_not_found(hq: Actor, company: LegalEntity) -> None:
    with pytest.raises(NotFound):
        actions.edit_store(
            store_id=999_999, code="SH01", name_zh="无", legal_entity_id=company.pk, actor=hq
        )


def test_a_store_with_something_left_does_not_close(
    hq: Actor,
    company: LegalEntity,
    monkeypatch,
) -> None:
    store = add(hq, company)
    left = [hooks.Remainder("在库车辆", 3, "/vehicles/?store=1"), hooks.Remainder("订单", 1, "/o/")]
    monkeypatch.setattr(hooks, "_blockers", [lambda _store_id: left])

    with pytest.raises(StoreNotEmpty) as refusal:
        actions.change_store_state(store_id=store.pk, state="CLOSED", actor=hq)

    assert refusal.value.left == left
    assert "在库车辆 3" in refusal.value.message
    store.refresh_from_db()
    assert store.state == "OPEN"


def test_an_empty_store_closes_and_everybody_hears(
    hq: Actor,
    company: LegalEntity,
    monkeypatch,
) -> None:
    heard: list[StoreStateChanged] = []
    monkeypatch.setitem(events._listeners, StoreStateChanged, [heard.append])
    monkeypatch.setattr(hooks, "_blockers", [])
    store = add(hq, company)

    actions.change_store_state(store_id=store.pk, state="CLOSED", actor=hq)

    store.refresh_from_db()
    assert store.state == "CLOSED"
    assert heard == [StoreStateChanged(store.pk, "OPEN", "CLOSED")]
    assert AuditEntry.objects.get(action="state_changed").changes == {"state": ["OPEN", "CLOSED"]}


def test_a_closed_store_does_not_open_at_once(hq: Actor, company: LegalEntity) -> None:
    store = add(hq, company)
    actions.change_store_state(store_id=store.pk, state="CLOSED", actor=hq)

    with pytest.raises(TransitionNotAllowed):
        actions.change_store_state(store_id=store.pk, state="OPEN", actor=hq)

    store.refresh_from_db()
    assert store.state == "CLOSED"
