"""Leads and customers from files, under every rule of single ones."""

import io
import re

import pytest

from apps.crm.models import Customer, CustomerPhone, Interaction, Lead
from apps.notifications.models import Notification
from forecourt.kernel import jobs, verify
from forecourt.kernel.access import Actor
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions as imports
from forecourt.kernel.models import ImportIssue, ImportRun, Job
from tests.factories.crm import make_customer, make_lead, next_phone
from tests.factories.organisation import actor_of, make_staff, make_store

pytestmark = pytest.mark.usefixtures("group")


def work(job: Job) -> None:
    jobs.run_job(schema_name=current_schema(), job_id=job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error


def imported(kind: str, actor: Actor, text: str, **options) -> ImportRun:
    run = imports.upload_file(
        kind=kind, name="rows.csv", content=io.BytesIO(text.encode()), actor=actor
    )
    imports.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    work(imports.start_check(run_id=run.pk, actor=actor))
    work(imports.start_run(run_id=run.pk, actor=actor, **options))
    run.refresh_from_db()
    return run


def nothing_is_wrong() -> bool:
    return [problem for _name, found in verify.run_checks() for problem in found] == []


LEADS = "手机号,客户姓名,线索来源,意向品牌,意向车系,城市,线索编号\n"


def test_leads_from_a_chinese_file_are_handed_out():
    store = make_store(division_code="310115", brand_names=["比亚迪"])
    advisor = make_staff(store=store)
    manager = actor_of(make_staff("headquarters"))
    known = make_lead(owner=advisor, phone="13900000001")

    run = imported(
        "crm.lead",
        manager,
        LEADS
        + "13800138000,张伟,懂车帝,比亚迪,汉,上海市浦东新区,d-1\n"
        + "139 0000 0001,王芳,汽车之家,比亚迪,唐,上海,d-2\n"
        + "12,李强,易车,,,,d-3\n",
    )

    assert (run.created_count, run.updated_count, run.rejected_count) == (1, 1, 1)
    lead = Lead.objects.get(external_id="d-1")
    assert (lead.source, lead.division_code, lead.owner_id) == ("DONGCHEDI", "310115", advisor.pk)
    assert Lead.objects.get(pk=known.pk).repeat_count == 1
    assert Interaction.objects.get().external_id == "d-2"
    assert nothing_is_wrong()


def test_the_same_file_again_changes_nothing():
    make_staff(store=make_store())
    manager = actor_of(make_staff("headquarters"))
    text = LEADS + "13800138000,张伟,懂车帝,,,,d-1\n13800138001,王芳,懂车帝,,,,d-2\n"
    imported("crm.lead", manager, text)

    run = imported("crm.lead", manager, text)

    assert (run.created_count, run.updated_count, run.unchanged_count) == (0, 0, 2)
    assert Lead.objects.count() == 2
    assert not Interaction.objects.exists()


def test_a_manager_imports_for_her_own_store():
    store = make_store()
    make_staff(store=make_store())
    manager = actor_of(make_staff("sales_manager", store=store))

    imported("crm.lead", manager, LEADS + "13800138000,张伟,懂车帝,,,,d-1\n")

    assert Lead.objects.get().store_id == store.pk


def test_managers_hear_of_the_clashes_of_a_file_once_and_are_led_to_them(client_of, group):
    here, there = make_store(), make_store()
    owner = make_staff(store=here, name="李娜")
    make_staff(store=there, name="王强")
    ours, theirs = (make_staff("store_manager", store=store) for store in (here, there))
    leads = [make_lead(owner=owner) for _number in range(7)]
    phones = [lead.customer.primary_phone for lead in leads]
    make_lead(owner=owner)
    boss = make_staff("headquarters")
    rows = "".join(f"{phone},王强\n" for phone in phones)

    for _again in range(2):
        imported("crm.lead", actor_of(boss), "手机号,销售顾问\n" + rows)

    told = Notification.objects.filter(event__startswith="crm.own")
    assert {(row.recipient_id, row.event, row.values["count"]) for row in told} == {
        (ours.pk, "crm.owners_clash_in_file", "7"),
        (theirs.pk, "crm.owned_elsewhere_in_file", "7"),
    }
    assert told.count() == 2
    row = told.get(recipient_id=ours.pk)
    browser = client_of(group, ours.user)
    page = browser.get(f"/notifications/{row.pk}/", follow=True)
    assert page.redirect_chain[-1][0] == "/crm/leads/?clash=yes"
    shown = {int(pk) for pk in re.findall(r'href="/crm/leads/(\d+)/', page.text)}
    assert shown == {lead.pk for lead in leads}


def test_a_file_of_one_row_tells_of_its_clash_once_too():
    here, there = make_store(), make_store()
    owner = make_staff(store=here, name="李娜")
    make_staff(store=there, name="王强")
    for store in (here, there):
        make_staff("store_manager", store=store)
    phone = make_lead(owner=owner).customer.primary_phone
    before = set(Notification.objects.values_list("pk", flat=True))

    imported(
        "crm.lead",
        actor_of(make_staff("headquarters")),
        f"手机号,销售顾问\n{phone},王强\n",
    )

    told = Notification.objects.exclude(pk__in=before).filter(event__startswith="crm.")
    assert sorted(told.values_list("event", flat=True)) == [
        "crm.owned_elsewhere_in_file",
        "crm.owners_clash_in_file",
    ]


def test_a_file_of_customers_says_in_which_rows_the_owner_stays():
    owner = make_staff(store=make_store(), name="李娜")
    make_staff(store=owner.home_store, name="王强")
    known = make_lead(owner=owner, phone="13900000001", name="王芳").customer

    run = imported(
        "crm.customer",
        actor_of(make_staff("headquarters")),
        CUSTOMERS + "王芳,13900000001,,女,,,王强\n",
    )

    known.refresh_from_db()
    assert (known.owner_id, known.gender) == (owner.pk, "FEMALE")
    finding = ImportIssue.objects.get(run=run)
    assert (finding.code, finding.severity) == ("owner_kept", "WARNING")
    assert "李娜" in finding.message


CUSTOMERS = "客户名称,手机,备用电话,性别,城市,微信号,销售顾问\n"


def test_customers_are_made_and_known_ones_only_filled_in():
    store = make_store()
    advisor = make_staff(store=store, name="李娜")
    manager = actor_of(make_staff("headquarters"))
    known = make_lead(owner=advisor, phone="13900000001", name="王芳").customer

    run = imported(
        "crm.customer",
        manager,
        CUSTOMERS
        + "张伟,13800138000,021-58881234,男,上海浦东新区,zw88,李娜\n"
        + "另一个名字,13900000001,,女,,wf99,\n",
    )

    assert (run.created_count, run.updated_count, run.rejected_count) == (1, 1, 0)
    new = Customer.objects.get(name="张伟")
    assert (new.owner_id, new.home_store_id, new.gender) == (advisor.pk, store.pk, "MALE")
    assert CustomerPhone.objects.filter(customer=new).count() == 2
    known.refresh_from_db()
    assert (known.name, known.wechat, known.gender) == ("王芳", "wf99", "FEMALE")
    assert nothing_is_wrong()


def test_a_file_brings_work_family_time_to_call_and_consents_and_overwrites_no_answer():
    make_store()
    known = make_customer(phone="13900000001", name="王芳")
    Customer.objects.filter(pk=known.pk).update(consents={"sms": False}, family="已婚")
    head = "客户名称,手机,职业,家庭情况,方便联系时间,同意短信,同意电话\n"

    imported(
        "crm.customer",
        actor_of(make_staff("headquarters")),
        head + "张伟,13800138000,教师,已婚两孩,晚上,是,\n王芳,13900000001,医生,未婚,,是,否\n",
    )

    new, known = Customer.objects.get(name="张伟"), Customer.objects.get(name="王芳")
    assert (new.occupation, new.family, new.contact_time) == ("教师", "已婚两孩", "晚上")
    assert new.consents == {"sms": True}
    assert (known.occupation, known.family) == ("医生", "已婚")
    assert known.consents == {"sms": False, "phone": False}


def test_one_customer_in_two_rows_is_one_customer():
    manager = actor_of(make_staff("headquarters"))
    make_store()
    first, second = next_phone(), next_phone()

    run = imported(
        "crm.customer",
        manager,
        CUSTOMERS + f"张伟,{first},{second},,,,\n张伟,{second},,,,zw88,\n",
    )

    customer = Customer.objects.get()
    assert run.created_count == 1
    assert customer.wechat == "zw88"
    assert customer.phones.count() == 2
    assert nothing_is_wrong()


def test_a_customer_of_another_store_stays_as_she_is():
    here, there = make_store(), make_store()
    theirs = make_customer(owner=make_staff("sales_advisor", there), phone="+8613800000009")
    manager = actor_of(make_staff("store_manager", here))

    run = imported("crm.customer", manager, "姓名,手机,邮箱\n王五,13800000009,new@mail.example\n")

    theirs.refresh_from_db()
    assert (run.updated_count, run.rejected_count) == (0, 1)
    assert theirs.email == ""
