"""A row that each search source finds, and a file that each importer takes in.

A source or importer that is missing here fails the suite: whoever adds one says here how it is
tried on somebody who may not see, or write, what belongs to another store.
"""

from collections.abc import Callable

from apps.documents.subjects import Place as DocumentPlace
from tests.factories.care import make_complaint
from tests.factories.crm import make_customer, make_lead, make_opportunity
from tests.factories.documents import make_document
from tests.factories.vehicles import make_transfer, make_unit, next_vin
from tests.hostile.rows import Place


def _customer(place: Place) -> str:
    make_lead(owner=place.staff, name="欧阳锋")
    return "欧阳"


def _lead(place: Place) -> str:
    return make_lead(owner=place.staff).number


def _opportunity(place: Place) -> str:
    make_opportunity(owner=place.staff, name=f"诸葛{place.store.code}")
    return place.store.code


def _complaint(place: Place) -> str:
    return make_complaint(owner=place.staff).number


def _unit(place: Place) -> str:
    return make_unit(place.store).stock_number


def _transfer(place: Place) -> str:
    return make_transfer(make_unit(place.store), to_store=_elsewhere()).number


def _elsewhere():
    from tests.factories.organisation import make_store

    return make_store()


def _document(place: Place) -> str:
    customer = make_customer(owner=place.staff)
    title = f"合同{place.store.code}"
    make_document(DocumentPlace("crm.customer", customer.pk), title=title)
    return title


def _store(place: Place) -> str:
    return place.store.code


def _person(place: Place) -> str:
    return place.staff.email


SEARCHED: dict[str, Callable[[Place], str]] = {
    "crm.customers": _customer,
    "care.complaints": _complaint,
    "crm.leads": _lead,
    "crm.opportunities": _opportunity,
    "vehicles.stock_unit": _unit,
    "vehicles.transfer": _transfer,
    "documents.document": _document,
    "stores": _store,
    "staff": _person,
}
COMMON_TO_ALL: dict[str, str] = {
    "stores": "everybody sees where the group has stores",
}


def _leads(place: Place) -> str:
    return f"手机,姓名,门店\n13900000001,张三,{place.store.code}\n"


def _units(place: Place) -> str:
    return f"VIN,门店,品牌,车系,成本\n{next_vin()},{place.store.code},比亚迪,汉,100000\n"


def _staff(place: Place) -> str:
    return f"姓名,邮箱,门店,角色\n张三,zhang3@staff.example,{place.store.code},销售顾问\n"


def _sales(place: Place) -> str:
    return (
        "订单号,销售日期,门店,客户姓名,手机,品牌,车系,售价\n"
        f"A1,2025-03-04,{place.store.code},张三,13900000001,比亚迪,汉,100000\n"
    )


def _stores(_place: Place) -> str:
    return "代码,门店名称,公司\nZZ01,新店,新公司\n"


IMPORTED: dict[str, Callable[[Place], str]] = {
    "crm.customer": _leads,
    "crm.lead": _leads,
    "vehicles.stock_unit": _units,
    "organisation.staff": _staff,
    "organisation.store": _stores,
    "sales.sales_orders": _sales,
}
