"""Every importer of the product goes on after a kill -9, leaves no row out, brings none twice."""

import io
import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.crm.models import Customer, Lead
from apps.organisation.models import StaffMember, Store
from apps.sales.models import SalesOrder
from apps.vehicles.models import StockUnit
from apps.vehicles.rules import make_vin
from forecourt.config.celery import app
from forecourt.kernel import jobs, verify
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.imports import actions
from forecourt.kernel.imports.declaration import all_importers
from forecourt.kernel.models import ImportRun, Job
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.kernel.test_import_survives_kill import kill_after, work_in_a_process

ROWS, CHUNK = 120, 10
VIN = {"wmi": "LGX", "vds": "CE6CB", "year": 2025, "plant": "S"}


def customers(_store: Store) -> str:
    rows = (f"张伟{number},1390000{number:04d},1390001{number:04d}" for number in range(ROWS))
    return "\n".join(["姓名,手机,备用电话", *rows])


def leads(_store: Store) -> str:
    rows = (f"1380000{number:04d},李娜{number},懂车帝" for number in range(ROWS))
    return "\n".join(["手机,姓名,来源", *rows])


def cars(store: Store) -> str:
    vins = (make_vin(**VIN, serial=number) for number in range(ROWS))
    return "\n".join(
        ["VIN,门店,品牌,车系,成本", *(f"{vin},{store.code},比亚迪,汉,90000" for vin in vins)]
    )


def staff(store: Store) -> str:
    rows = (f"王芳{number},w{number}@k.example,{store.code},销售顾问,否" for number in range(ROWS))
    return "\n".join(["姓名,邮箱,门店,角色,是否邀请", *rows])


def stores(store: Store) -> str:
    rows = (f"K{number:05},门店{number},公司{number % 7},31.2,121.4" for number in range(ROWS))
    return "\n".join(["代码,门店名称,公司,纬度,经度", *rows])


def sales(store: Store) -> str:
    rows = (
        f"A{number},2025-03-04,{store.code},赵敏{number},1370000{number:04d},比亚迪,汉,100000"
        for number in range(ROWS)
    )
    return "\n".join(["订单号,销售日期,门店,客户姓名,手机,品牌,车系,售价", *rows])


FILES: dict[str, tuple[type, Callable[[Store], str]]] = {
    "crm.customer": (Customer, customers),
    "crm.lead": (Lead, leads),
    "vehicles.stock_unit": (StockUnit, cars),
    "organisation.staff": (StaffMember, staff),
    "organisation.store": (Store, stores),
    "sales.sales_orders": (SalesOrder, sales),
}


@pytest.fixture(scope="module")
def one_group(django_db_setup: None, django_db_blocker) -> Iterator[GroupIdentity]:
    """A group with committed rows for all importers, as ``live_group`` is for one test."""
    from tenants.erasure import erase
    from tenants.groups import register_group

    with django_db_blocker.unblock():
        group = register_group(slug=f"kill-{os.getpid()}", name="Kill")
        app.conf.task_always_eager = False
        with inside(group.identity):
            yield group.identity
        app.conf.task_always_eager = True
        erase(group)
        for connection in connections.all():
            connection.close()


@pytest.fixture(scope="module")
def store(one_group: GroupIdentity) -> Store:
    return make_store()


@pytest.fixture(scope="module")
def owner(one_group: GroupIdentity) -> Actor:
    return actor_of(make_staff("group_owner"))


def test_every_importer_is_tried() -> None:
    declared = all_importers(system_actor())
    own = [each for each in declared if type(each).__module__.startswith("apps.")]

    assert {each.kind for each in own} == set(FILES)


def start(kind: str, text: str, owner: Actor, group: GroupIdentity) -> tuple[ImportRun, Job]:
    run = actions.upload_file(
        kind=kind, name="rows.csv", content=io.BytesIO(text.encode()), actor=owner
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=owner)
    check = actions.start_check(run_id=run.pk, actor=owner)
    jobs.run_job(schema_name=group.schema_name, job_id=check.pk)
    return run, actions.start_run(run_id=run.pk, actor=owner)


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_killed_import_goes_on_without_a_double(kind, one_group, store, owner, monkeypatch):
    model, text_of = FILES[kind]
    declared = next(each for each in all_importers(owner) if each.kind == kind)
    monkeypatch.setattr(type(declared), "chunk_rows", CHUNK)
    before = model.objects.count()
    text = text_of(store)
    run, job = start(kind, text, owner, one_group)

    for position in (25, 65):
        kill_after(work_in_a_process(one_group, job), run, position)
        stopped_at = ImportRun.objects.get(pk=run.pk)
        assert stopped_at.created_count == model.objects.count() - before < ROWS
        Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    jobs.run_job(schema_name=one_group.schema_name, job_id=job.pk)

    run.refresh_from_db()
    assert (run.state, run.created_count, run.rejected_count) == (ImportRun.State.DONE, ROWS, 0)
    assert model.objects.count() == before + ROWS
    again, job = start(kind, text, owner, one_group)
    jobs.run_job(schema_name=one_group.schema_name, job_id=job.pk)
    again.refresh_from_db()
    assert (again.created_count, again.unchanged_count) == (0, ROWS)
    assert [problem for _name, found in verify.run_checks() for problem in found] == []
