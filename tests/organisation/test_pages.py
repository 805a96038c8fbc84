"""The pages of stores, people, roles, structure, settings and log, and the store switcher."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.organisation import hooks
from apps.organisation.models import LegalEntity, Region, Role, StaffMember, Store
from forecourt.kernel import audit
from forecourt.kernel.groups import GroupIdentity
from tests.factories.organisation import actor_of, make_region, make_staff, make_store

ClientOf = Callable[..., Client]
HTMX = {"HX-Request": "true"}
LIST = {**HTMX, "HX-Target": "list-organisation-audit"}


@pytest.fixture
def store(group: GroupIdentity) -> Store:
    return make_store(code="SH01", name_zh="上海一店", name_en="Shanghai One")


@pytest.fixture
def owner(group: GroupIdentity, client_of: ClientOf) -> Client:
    return client_of(group, make_staff("group_owner").user)


@pytest.fixture
def advisor(group: GroupIdentity, store: Store) -> StaffMember:
    return make_staff("sales_advisor", store, name="林晓")


def test_every_page_opens_for_the_owner(owner: Client, advisor: StaffMember, store: Store) -> None:
    role = Role.objects.get(code="store_manager")
    pages = [
        "/organisation/stores/",
        "/organisation/stores/new/",
        f"/organisation/stores/{store.pk}/",
        f"/organisation/stores/{store.pk}/?tab=people",
        f"/organisation/stores/{store.pk}/?tab=history",
        f"/organisation/stores/{store.pk}/edit/",
        f"/organisation/stores/{store.pk}/left/",
        "/organisation/structure/",
        "/organisation/staff/",
        "/organisation/staff/invite/",
        f"/organisation/staff/{advisor.pk}/",
        f"/organisation/staff/{advisor.pk}/?tab=access",
        f"/organisation/staff/{advisor.pk}/?tab=history",
        f"/organisation/staff/{advisor.pk}/edit/",
        f"/organisation/staff/{advisor.pk}/roles/",
        f"/organisation/staff/{advisor.pk}/leave/",
        "/organisation/staff/options/?q=lin",
        "/organisation/divisions/?q=浦东",
        "/organisation/roles/",
        f"/organisation/roles/{role.pk}/",
        f"/organisation/roles/{role.pk}/?tab=people",
        f"/organisation/roles/{role.pk}/copy/",
        "/organisation/companies/new/",
        f"/organisation/companies/{store.legal_entity_id}/edit/",
        "/organisation/regions/new/",
        "/organisation/settings/",
        "/organisation/audit/",
    ]

    statuses = {page: owner.get(page).status_code for page in pages}

    assert {page: status for page, status in statuses.items() if status != 200} == {}


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/organisation/stores/", 200),
        ("/organisation/staff/", 200),
        ("/organisation/stores/new/", 403),
        ("/organisation/staff/invite/", 403),
        ("/organisation/settings/", 403),
        ("/organisation/audit/", 403),
        ("/organisation/companies/new/", 403),
    ],
)
def test_an_advisor_sees_what_is_hers(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember, page: str, status: int
) -> None:
    assert client_of(group, advisor.user).get(page).status_code == status


def test_a_person_of_another_store_answers_404(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    stranger = make_staff("sales_advisor", make_store())
    client = client_of(group, make_staff("store_manager", advisor.home_store).user)

    assert client.get(f"/organisation/staff/{stranger.pk}/").status_code == 404
    assert client.get(f"/organisation/staff/{advisor.pk}/").status_code == 200


def test_a_store_is_added_by_the_form(owner: Client) -> None:
    company = LegalEntity.objects.create(name_zh="甲公司")
    values = {
        "code": "nj01",
        "name_zh": "南京一店",
        "legal_entity_id": company.pk,
        "brand_names": "比亚迪，蔚来",
        "division_code": "320106",
        "opens_at": "09:00",
        "closes_at": "18:30",
        "time_zone": "Asia/Shanghai",
    }

    answer = owner.post("/organisation/stores/new/", values)

    store = Store.objects.get(code="NJ01")
    assert answer.headers["Location"] == f"/organisation/stores/{store.pk}/"
    assert store.brand_names == ["比亚迪", "蔚来"]
    assert store.division_code == "320106"


def test_a_taken_code_stands_beside_its_field(owner: Client, store: Store) -> None:
    values = {
        "code": "SH01",
        "name_zh": "又一店",
        "legal_entity_id": store.legal_entity_id,
        "opens_at": "09:00",
        "closes_at": "18:00",
        "time_zone": "Asia/Shanghai",
    }

    answer = owner.post("/organisation/stores/new/", values, headers=HTMX)

    assert answer.status_code == 422
    assert answer.context["form"].errors["code"]
    assert Store.objects.count() == 1


def test_what_keeps_a_store_open_is_listed_with_links(
    owner: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [hooks.Remainder("在库车辆", 3, "/vehicles/stock/?store=1")]
    monkeypatch.setattr(hooks, "_blockers", [lambda _store_id: left])

    answer = owner.post(f"/organisation/stores/{store.pk}/state/", {"state": "CLOSED"})

    assert answer.status_code == 409
    assert 'href="/vehicles/stock/?store=1"' in answer.content.decode()
    store.refresh_from_db()
    assert store.state == "OPEN"


def test_a_company_is_added_in_a_dialog(owner: Client) -> None:
    answer = owner.post(
        "/organisation/companies/new/", {"name_zh": "甲公司", "currency": "CNY"}, headers=HTMX
    )
    wrong = owner.post(
        "/organisation/companies/new/", {"name_zh": "", "currency": "CNY"}, headers=HTMX
    )

    assert answer.headers["HX-Refresh"] == "true"
    assert wrong.status_code == 422
    assert LegalEntity.objects.filter(name_zh="甲公司").count() == 1


def test_a_region_is_changed_in_a_dialog(owner: Client) -> None:
    region = make_region(name_zh="华东")

    owner.post(
        f"/organisation/regions/{region.pk}/edit/",
        {"name_zh": "华东大区", "sequence": "1"},
        headers=HTMX,
    )

    assert Region.objects.get().name_zh == "华东大区"


def test_somebody_is_invited_by_the_form(owner: Client, store: Store) -> None:
    role = Role.objects.get(code="receptionist")
    values = {
        "name": "陈新",
        "email": "chen@test.example",
        "home_store_id": store.pk,
        "roles": [role.pk],
    }

    owner.post("/organisation/staff/invite/", values)

    staff = StaffMember.objects.get(email="chen@test.example")
    assert staff.state == "INVITED"
    assert list(staff.roles.all()) == [role]


def test_a_store_manager_is_offered_only_what_she_may_give(
    group: GroupIdentity, client_of: ClientOf, store: Store
) -> None:
    manager = client_of(group, make_staff("store_manager", store).user)

    form = manager.get("/organisation/staff/invite/").context["form"]

    offered = {label for _value, label in form.fields["roles"].choices}
    owner_role = Role.objects.get(code="group_owner").name
    assert owner_role not in offered
    assert Role.objects.get(code="sales_advisor").name in offered
    assert [value for value, _label in form.fields["home_store_id"].choices] == [store.pk]


def test_roles_are_changed_in_a_dialog(owner: Client, advisor: StaffMember) -> None:
    role = Role.objects.get(code="receptionist")

    answer = owner.post(
        f"/organisation/staff/{advisor.pk}/roles/", {"roles": [role.pk]}, headers=HTMX
    )

    assert answer.headers["HX-Refresh"] == "true"
    assert list(advisor.roles.all()) == [role]


def test_a_person_s_rights_are_explained(owner: Client, advisor: StaffMember) -> None:
    page = owner.get(f"/organisation/staff/{advisor.pk}/?tab=access")

    rights = {
        right.permission: right
        for _module, rights in page.context["access"].modules
        for right in rights
    }
    assert rights["organisation.view_staff"].because == "销售顾问（SH01）"
    assert rights["organisation.view_staff"].reach == "SH01 上海一店"
    assert rights["crm.view_lead"].reach == "仅本人名下"
    assert "销售顾问（SH01）" in page.content.decode()


def test_the_matrix_changes_a_role(owner: Client) -> None:
    role = Role.objects.get(code="receptionist")
    page = owner.get(f"/organisation/roles/{role.pk}/")
    values = {field.name: field.value() or "" for field in page.context["form"]}

    owner.post(f"/organisation/roles/{role.pk}/", {**values, "organisation.see_audit": "STORE"})

    assert role.permissions.get(permission="organisation.see_audit").scope == "STORE"


def test_the_log_shows_what_happened_in_reach(
    group: GroupIdentity, client_of: ClientOf, owner: Client, store: Store
) -> None:
    boss = actor_of(make_staff("group_owner"))
    audit.record(boss, "created", store, store_id=store.pk)
    other = make_store(name_zh="南京二店", name_en="")
    audit.record(boss, "created", other, store_id=other.pk)

    found = owner.get("/organisation/audit/?q=上海一店", headers=LIST)

    assert "上海一店" in found.content.decode()
    assert other.name_zh not in found.content.decode()


def test_a_list_stays_within_its_queries(
    owner: Client,
    store: Store,
    django_assert_max_num_queries,
) -> None:
    for _number in range(5):
        make_staff("sales_advisor", store)
    owner.get("/organisation/staff/")

    with django_assert_max_num_queries(12):
        owner.get("/organisation/staff/")


def test_the_switcher_narrows_lists_and_is_remembered(owner: Client, store: Store) -> None:
    other = make_store(code="NJ01")
    make_staff("sales_advisor", other, name="王宁")
    make_staff("sales_advisor", store, name="林晓")

    chosen = owner.get("/organisation/staff/?stores=NJ01").content.decode()
    remembered = owner.get("/organisation/staff/").content.decode()
    everything = owner.get("/organisation/staff/?stores=").content.decode()

    assert "王宁" in chosen
    assert "林晓" not in chosen
    assert "林晓" not in remembered
    assert "林晓" in everything


def test_a_region_in_the_switcher_means_its_stores(owner: Client, store: Store) -> None:
    region = make_region(name_zh="华东")
    make_staff("sales_advisor", make_store(region=region), name="王宁")
    make_staff("sales_advisor", store, name="林晓")

    page = owner.get(f"/organisation/staff/?stores=region:{region.pk}").content.decode()

    assert "王宁" in page
    assert "林晓" not in page


def test_whoever_works_in_one_store_has_no_switcher(
    group: GroupIdentity, client_of: ClientOf, advisor: StaffMember
) -> None:
    make_store()

    page = client_of(group, advisor.user).get("/accounts/profile/").content.decode()

    assert "store-switch" not in page


def test_stores_and_people_are_found(owner: Client, advisor: StaffMember) -> None:
    found = owner.get("/search/?q=上海", headers=HTMX).content.decode()
    stores = found.replace("<mark>", "").replace("</mark>", "")
    people = owner.get("/search/?q=林晓", headers=HTMX).content.decode()

    assert "上海一店" in stores or "Shanghai One" in stores
    assert f"/organisation/staff/{advisor.pk}/" in people
