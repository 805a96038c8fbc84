"""Eighteen months of two invented dealer groups, the same on every machine on a given day."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import connection, transaction

from apps.approvals.demo import load_requests
from apps.care.demo import load_complaints
from apps.crm.demo import (
    Want,
    add_options,
    enter_some_twice,
    load_wants,
    plan_wants,
    tell_of_recent_leads,
)
from apps.crm.demo_feeds import load_feeds, load_pool
from apps.crm.demo_showroom import load_showroom
from apps.documents.demo import Deal, load_papers
from apps.documents.demo_papers import load_signed_papers
from apps.headquarters.demo_fields import load_fields
from apps.marketing.demo import load_marketing
from apps.notifications import demo as notifications
from apps.organisation import demo as organisation
from apps.organisation.models import StaffMember, Store
from apps.sales.demo import Sale, load_sales
from apps.vehicles import demo as vehicles
from forecourt.kernel import feed, summaries
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.configuration.actions import save_version
from forecourt.kernel.models import Webhook
from forecourt.kernel.webhooks.signing import new_secret

SEED = 20260101


@dataclass(frozen=True)
class Volume:
    """How much happens at an average store: a month, and what stands in its yard today.

    ``leads_a_month`` counts the enquiries that do not end in a sale; papers are kept of so many
    deals and people of the whole group.
    """

    months: int = 18
    sales_a_month: float = 7.0
    leads_a_month: float = 19.0
    stock: float = 42.0
    deals_with_papers: int = 24
    people_with_papers: int = 8

    def times(self, scale: float) -> "Volume":
        return replace(
            self,
            sales_a_month=self.sales_a_month * scale,
            leads_a_month=self.leads_a_month * scale,
            stock=self.stock * scale,
        )


USUAL = Volume()


def load(group: organisation.DemoGroup, today: date, volume: Volume = USUAL) -> dict[str, int]:
    """Fill the group that is entered, in one transaction; answers what was made."""
    dice = random.Random(f"{SEED}-{group.slug}")
    with transaction.atomic():
        organisation.load(group, dice, today)
        stores = {store.code: store for store in Store.objects.select_related("legal_entity")}
        weighted = [(stores[store.code], store.weight) for store in group.stores]
        cars, wants = _plan(group, weighted, dice, today, volume)
        add_options()
        load_wants(wants, dice, today)
        _give_buyers(cars, wants)
        vehicles.load_cars(cars, dice, first_serial=1000 + 300_000 * (group.slug == "jinling"))
        sales = _sales(cars)
        load_sales(sales)
        some = list(stores.values())
        vehicles.start_transfers(some, dice, count=9 if len(some) > 2 else 3)
        vehicles.reserve_some(some, dice, [want.customer_name for want in wants[-20:]])
        vehicles.start_demo_cars(some)
        load_showroom(random.Random(f"{SEED}-{group.slug}-showroom"), today)
        load_complaints(today)
        load_fields(dice, today)
        load_marketing(random.Random(f"{SEED}-{group.slug}-marketing"))
        save_version(actor=system_actor(), note="上线时的配置")
        tell_of_recent_leads(today)
        enter_some_twice(dice)
        load_feeds(some, 1000 + 500 * (group.slug == "jinling"))
        load_pool()
        notifications.settle(dice)
        load_requests(some, f"{SEED}-{group.slug}")
        load_papers(
            _deals(cars)[-volume.deals_with_papers :],
            _yard(cars),
            _some_people(some)[: volume.people_with_papers],
            f"{SEED}-{group.slug}",
        )
        load_signed_papers()
        summaries.rebuild()
    _prepare_webhook(group)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {
        "stores": len(stores),
        "customers": len(wants),
        "vehicles": len(cars),
        "sales": len(sales),
    }


def _plan(
    group: organisation.DemoGroup,
    stores: list[tuple[Store, float]],
    dice: random.Random,
    today: date,
    volume: Volume,
) -> tuple[list[vehicles.Car], list[Want]]:
    offered = vehicles.load_catalogue({store.brand for store in group.stores}, today.year)
    cars = vehicles.plan_cars(
        stores,
        offered,
        dice,
        today,
        months=volume.months,
        sales_a_month=volume.sales_a_month,
        stock=round(volume.stock),
    )
    wants = plan_wants(
        stores,
        {brand: [line.name_zh for line, _model in models] for brand, models in offered.items()},
        vehicles.SEASON,
        dice,
        today,
        months=volume.months,
        leads_a_month=volume.leads_a_month,
    )
    for want in wants:
        want.brand = vehicles.BRANDS[want.brand]
    for car in cars:
        if car.sold:
            asked = car.sold - timedelta(days=dice.randint(2, 35))
            brand = vehicles.BRANDS[car.store.brand_names[0]]
            wants.append(Want(car.store, asked, brand, car.line.name_zh, bought=car.sold))
    return cars, wants


def _give_buyers(cars: list[vehicles.Car], wants: list[Want]) -> None:
    buyers = iter([want for want in wants if want.bought])
    for car in (car for car in cars if car.sold):
        buyer = next(buyers)
        car.customer_id, car.customer_name = buyer.customer_id, buyer.customer_name
        car.advisor_id = buyer.advisor_id


def _sales(cars: list[vehicles.Car]) -> list[Sale]:
    return [
        Sale(car.store, car.sold, car.unit_id, car.customer_id, car.advisor_id, car.price)
        for car in cars
        if car.sold and car.price is not None
    ]


def _deals(cars: list[vehicles.Car]) -> list[Deal]:
    """The sales with their buyers, the latest last."""
    sold = sorted((car for car in cars if car.sold and car.price), key=lambda car: car.sold)
    return [
        Deal(
            car.customer_id,
            car.customer_name,
            car.unit_id,
            car.store,
            car.sold,
            f"{vehicles.BRANDS[car.line.brand]} {car.line.name_zh}",
            car.price,
        )
        for car in sold
    ]


def _yard(cars: list[vehicles.Car]) -> list[tuple[int, Store]]:
    """Cars that stand in the yard and were photographed: the last of each store."""
    standing = {car.store.pk: (car.unit_id, car.store) for car in cars if not car.sold}
    return list(standing.values())


def _some_people(stores: list[Store]) -> list[StaffMember]:
    people = StaffMember.objects.filter(home_store__in=stores[:2], state="ACTIVE")
    return list(people.select_related("home_store__legal_entity", "position").order_by("pk"))


def _prepare_webhook(group: organisation.DemoGroup) -> None:
    """One that somebody has prepared for the group's website and not switched on yet.

    The action would look for the host, which is invented.
    """
    feed.refresh()
    owner, start = _owner(), feed.end()
    Webhook.objects.create(
        name="官网",
        url=f"https://www.{group.slug}.example/forecourt-events",
        types=["stock_unit.received", "stock_unit.reserved", "stock_unit.sold"],
        secret=new_secret(),
        user_id=owner.user_id,
        staff_id=owner.pk,
        staff_name=owner.name,
        is_active=False,
        off_reason=Webhook.Off.BY_HAND,
        cursor_seal=start.seal,
        cursor_entry=start.entry,
        created_at=now(),
    )


def _owner() -> StaffMember:
    return StaffMember.objects.filter(roles__code="group_owner").order_by("pk")[0]
