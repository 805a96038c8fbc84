"""Three courtesy cars at each working store."""

from apps.loaners.actions import CarRecord, record_cars
from apps.organisation.queries import list_stores
from forecourt.kernel.sample import Making, sample

CARS = ("海豚 420KM 时尚版", "朗逸 1.5L 自动满逸版", "秦PLUS DM-i 55KM 领先型")


@sample(order=60)
def courtesy_cars(making: Making) -> None:
    stores = [store for store in list_stores(making.actor) if store.is_working]
    record_cars(
        records=[
            CarRecord(f"沪AD{store.pk % 1000:03d}{number}0", name, store.pk)
            for store in stores
            for number, name in enumerate(CARS, start=1)
        ],
        actor=making.actor,
    )
