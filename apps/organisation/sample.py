"""Sample stores and people, so that sample leads and cars have somewhere to be."""

from apps.organisation import queries
from apps.organisation.actions import add_company, add_region, add_store
from apps.organisation.models import Position, Role, StaffMember
from forecourt.kernel import audit
from forecourt.kernel.clock import today
from forecourt.kernel.sample import Making, sample
from forecourt.kernel.text import pinyin_sort_key

STORES = (
    ("S01", "示例一店", "Sample store 1", ["比亚迪"]),
    ("S02", "示例二店", "Sample store 2", ["比亚迪", "大众"]),
)
PEOPLE = (
    ("sales_manager", "陈晨"),
    ("sales_advisor", "李想"),
    ("sales_advisor", "王琳"),
    ("inventory_clerk", "赵磊"),
)


@sample(order=10)
def stores_and_people(making: Making) -> None:
    """Two stores of a company of their own, each with four people who cannot sign in."""
    company = add_company(
        name_zh="示例汽车销售服务有限公司",
        name_en="Sample Motors Ltd.",
        actor=making.actor,
    )
    region = add_region(name_zh="示例大区", name_en="Sample region", actor=making.actor)
    taken = {store.code for store in queries.list_stores(making.actor)}
    for code, name_zh, name_en, brands in STORES:
        store = add_store(
            code=code if code not in taken else f"X{code}",
            name_zh=name_zh,
            name_en=name_en,
            legal_entity_id=company.pk,
            region_id=region.pk,
            brand_names=brands,
            actor=making.actor,
        )
        for number, (role, name) in enumerate(PEOPLE, start=1):
            _add_person(store.pk, store.code.lower(), role, name, number, making)


def _add_person(
    store_id: int, code: str, role: str, name: str, number: int, making: Making
) -> None:
    """At work without an account: an invitation would send mail to nobody."""
    person = StaffMember.objects.create(
        name=name,
        name_pinyin=pinyin_sort_key(name),
        email=f"person{number}.{code}@sample.example",
        home_store_id=store_id,
        position=Position.objects.filter(code=role).first(),
        state=StaffMember.State.ACTIVE,
        joined_date=today(),
    )
    person.roles.add(Role.objects.get(code=role))
    audit.record(making.actor, "created", person, store_id=store_id)
