"""The palette: what stands first, what is marked, what was opened last."""

from forecourt.kernel import search
from forecourt.kernel.access import Actor, Grant, register_permissions
from forecourt.kernel.search import Hit, SearchSource
from forecourt.ui.recent import recent_for, remember
from forecourt.ui.values import marked
from tests.factories.crm import make_customer, make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_transfer, make_unit

register_permissions("searching", {"see_thing": "See things"})
PERSON = Actor(
    user_id=1, staff_id=1, name="x", grants={"searching.see_thing": Grant(everything=True)}
)


def found(monkeypatch, hits: list[Hit], query: str, limit: int = 6) -> list[str]:
    source = SearchSource(
        name="things",
        label="Things",
        icon="users",
        permission="searching.see_thing",
        find=lambda query, actor, limit: hits[:limit],
    )
    monkeypatch.setattr(search, "_sources", {"things": source})
    [(_source, shown)] = search.find(query, PERSON, limit)
    return [hit.title for hit in shown]


def test_what_is_called_just_so_stands_first_then_what_begins_so(monkeypatch):
    hits = [Hit("大张伟业", "", "/1"), Hit("张伟强", "", "/2"), Hit("张伟", "", "/3")]

    assert found(monkeypatch, hits, "张伟") == ["张伟", "张伟强", "大张伟业"]


def test_ones_own_stands_before_others_that_fit_as_well(monkeypatch):
    hits = [
        Hit("张伟", "", "/1"),
        Hit("张伟", "mine", "/2", is_own=True),
        Hit("李张伟", "", "/3", (), True),
    ]

    assert found(monkeypatch, hits, "张伟") == ["张伟", "张伟", "李张伟"]
    [(_source, shown)] = search.find("张伟", PERSON)
    assert shown[0].detail == "mine"


def test_a_number_that_it_goes_by_counts_like_its_name(monkeypatch):
    hits = [Hit("汉", "", "/1", ("LGX1", "沪A99999")), Hit("海豚", "", "/2", ("LGX2", "沪A·12345"))]

    assert found(monkeypatch, hits, "12345", limit=1) == ["海豚"]
    assert found(monkeypatch, hits, "沪a12345") == ["海豚", "汉"]


def test_more_candidates_are_looked_at_than_are_shown(monkeypatch):
    hits = [*[Hit(f"王芳{number}", "", "/x") for number in range(8)], Hit("王芳", "", "/y")]

    assert found(monkeypatch, hits, "王芳", limit=3)[0] == "王芳"


def test_what_was_typed_is_marked_and_nothing_else_becomes_markup():
    assert marked("张伟 <b>", "伟") == "张<mark>伟</mark> &lt;b&gt;"
    assert marked("LGX123", "gx1") == "L<mark>GX1</mark>23"
    assert marked("a.b", ".") == "a<mark>.</mark>b"
    assert marked("<i>", "") == "&lt;i&gt;"


def test_every_kind_of_record_is_found_as_people_search(group, client_of):
    store = make_store(code="SH01", name_zh="上海一店")
    advisor = make_staff("sales_advisor", store, name="欧阳修", name_pinyin="ou1 yang2 xiu1")
    lead = make_lead(owner=advisor, name="张伟", phone="+8613971348265")
    make_opportunity(owner=advisor, name="诸葛亮")
    unit = make_unit(store, vehicle={"plate_number": "沪A88661"})
    browser = client_of(group, make_staff("store_manager", store).user)

    def page(query: str) -> str:
        return browser.get("/search/", {"q": query}).content.decode()

    customer_url = f"/crm/customers/{lead.customer_id}/"
    for query in ("张伟", "zw", "zhangw", "zhangwei", "8265", "13971348265"):
        assert customer_url in page(query), query
    for query in (unit.vehicle.vin[-4:], "88661", "沪A8866", unit.stock_number):
        assert f"/vehicles/stock/{unit.pk}/" in page(query), query
    for query in ("oyx", "ouyang", "欧阳", "ouyangxiu"):
        assert f"/organisation/staff/{advisor.pk}/" in page(query), query
    assert f"/crm/leads/{lead.pk}/" in page(lead.number)
    assert "/crm/opportunities/" in page("诸葛")


def test_what_was_opened_last_is_offered_before_anything_is_typed(group, client_of):
    store = make_store()
    manager = make_staff("store_manager", store)
    first, second = (
        make_customer(owner=make_staff(store=store), name=name) for name in ("赵一", "钱二")
    )
    browser = client_of(group, manager.user)
    for customer in (first, second, first):
        browser.get(f"/crm/customers/{customer.pk}/")

    page = browser.get("/search/").content.decode()

    assert page.index("赵一") < page.index("钱二")
    assert page.count("赵一") == 1
    assert (
        "赵一"
        not in client_of(group, make_staff("store_manager", store).user)
        .get("/search/")
        .content.decode()
    )


def test_what_one_may_no_longer_see_is_not_offered(group):
    manager = make_staff("store_manager", make_store())
    customer = make_customer(owner=make_staff(store=manager.home_store), name="赵一")
    remember(actor_of(manager), customer, "/x/")
    assert [item.title for item in recent_for(actor_of(manager))] == ["赵一"]

    manager.home_store = make_store()
    manager.save()

    assert recent_for(actor_of(manager)) == []


def test_only_so_many_are_kept_and_the_latest_stand_first(group):
    actor = actor_of(make_staff("group_owner"))
    units = [make_unit() for _number in range(14)]
    for unit in units:
        remember(actor, unit, f"/{unit.pk}/")

    offered = recent_for(actor)

    assert [item.url for item in offered] == [f"/{unit.pk}/" for unit in reversed(units[-8:])]


def test_what_is_found_is_read_with_the_search_itself(group, django_assert_max_num_queries):
    store = make_store(name_zh="一二三四店", code="S1234")
    adviser = make_staff(store=store, name="一二三四")
    for number in range(3):
        make_opportunity(owner=adviser, name="一二三四", phone=f"+8613812341{number:03d}")
        make_lead(owner=adviser, name="一二三四", phone=f"+8613812342{number:03d}")
        make_transfer(make_unit(store), to_store=make_store())
    boss = actor_of(make_staff("group_owner"))
    search.find("0000", boss)

    for query, kinds in (("一二三四", 5), ("1234", 4), (f"{store.code}-", 2)):
        # One for each kind of record; documents ask first how common the words are.
        with django_assert_max_num_queries(11):
            hits = search.find(query, boss)
            addresses = [str(hit.url) for _source, found in hits for hit in found]
        assert len(hits) >= kinds, query
        assert len(set(addresses)) == len(addresses)


def test_the_palette_costs_few_queries(group, client_of, django_assert_max_num_queries):
    store = make_store()
    make_lead(owner=make_staff(store=store), name="张伟")
    browser = client_of(group, make_staff("store_manager", store).user)
    browser.get("/search/?q=张伟")

    # Nine kinds of record among them, of which documents ask twice.
    with django_assert_max_num_queries(13):
        browser.get("/search/?q=张伟")
