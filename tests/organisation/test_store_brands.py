"""The brands that a store is authorised for are those of the catalogue, by any of their names."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from apps.organisation import actions, brands, queries
from apps.organisation.models import Store
from apps.vehicles.actions import save_brand
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import Invalid
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_staff, make_store


@pytest.fixture
def owner(group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


@pytest.fixture
def byd(owner: Actor):
    return save_brand(actor=owner, name_zh="比亚迪", name_en="BYD")


def edit(store: Store, owner: Actor, **fields: object) -> Store:
    return actions.edit_store(
        store_id=store.pk,
        code=store.code,
        name_zh=store.name_zh,
        legal_entity_id=store.legal_entity_id,
        actor=owner,
        **fields,
    )


def test_a_brand_is_kept_once_by_its_standard_name(owner, byd) -> None:
    store = edit(make_store(), owner, brand_names=["byd", "蔚来", "比亚迪"])

    assert store.brand_names == ["比亚迪", "蔚来"]


def test_a_store_is_found_by_each_name_of_its_brand(owner, byd) -> None:
    make_store(brand_names=["比亚迪"])

    for asked in ("BYD", "byd", "比亚迪"):
        assert queries.nearest_stores(role="sales_advisor", brand=asked)[0].sells_brand
    assert not queries.nearest_stores(role="sales_advisor", brand="大众")[0].sells_brand
    assert brands.is_same("BYD", "比亚迪")
    assert brands.only_brand(["BYD", "比亚迪"]) == "比亚迪"


def test_a_store_follows_when_its_brand_is_called_otherwise(owner, byd) -> None:
    store = edit(make_store(), owner, brand_names=["比亚迪"])

    save_brand(actor=owner, brand_id=byd.pk, name_zh="比亚迪汽车", name_en="BYD")

    store.refresh_from_db()
    assert store.brand_names == ["比亚迪汽车"]
    with override("en"):
        assert brands.choices() == [("比亚迪汽车", "BYD")]


def test_the_form_offers_the_catalogue_and_refuses_another_name(
    group, owner, byd, client_of
) -> None:
    save_brand(actor=owner, name_zh="大众", name_en="Volkswagen")
    store = make_store(brand_names=["BYD", "旧牌"])
    client = client_of(group, make_staff("group_owner").user)
    page = f"/organisation/stores/{store.pk}/edit/"
    values = {
        "code": store.code,
        "name_zh": store.name_zh,
        "legal_entity_id": store.legal_entity_id,
        "opens_at": "09:00",
        "closes_at": "18:00",
        "time_zone": "Asia/Shanghai",
        "latitude": "31.2304",
        "longitude": "121.4737",
    }

    shown = client.get(page).content.decode()
    refused = client.post(page, values | {"brand_names": ["特斯拉"]})
    saved = client.post(page, values | {"brand_names": ["大众", "比亚迪"]})

    assert all(f'value="{name}"' in shown for name in ("比亚迪", "大众", "旧牌"))
    assert refused.status_code == 422
    assert saved.status_code == 302
    store.refresh_from_db()
    assert set(store.brand_names) == {"比亚迪", "大众"}
    assert (store.latitude, store.longitude) == (Decimal("31.230400"), Decimal("121.473700"))
    assert "31.230400, 121.473700" in client.get(saved.headers["Location"]).content.decode()


@pytest.mark.parametrize(
    ("latitude", "longitude", "field"),
    [
        ("31.2", None, "longitude"),
        (None, "121.4", "latitude"),
        ("91", "0", "latitude"),
        ("0", "180.1", "longitude"),
        ("NaN", "1", "latitude"),
    ],
)
def test_coordinates_come_as_a_pair_of_degrees(owner, latitude, longitude, field) -> None:
    store = make_store()

    with pytest.raises(Invalid) as refusal:
        edit(
            store,
            owner,
            latitude=None if latitude is None else Decimal(latitude),
            longitude=None if longitude is None else Decimal(longitude),
        )

    assert refusal.value.field == field
    store.refresh_from_db()
    assert store.latitude is store.longitude is None


@pytest.mark.parametrize("place", [{"latitude": 1}, {"longitude": 1}, {"latitude": 91}])
def test_the_database_holds_coordinates_to_their_bounds(group, place) -> None:
    store = make_store()

    with pytest.raises(IntegrityError), transaction.atomic():
        Store.objects.filter(pk=store.pk).update(**place)
