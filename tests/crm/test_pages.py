"""The pages: who sees them, what they change, and how many statements they cost."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.crm.actions import log_interaction
from apps.crm.models import AssignmentRule, Customer, FollowUp, Lead, Opportunity
from forecourt.kernel.access import system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.models import AuditEntry
from tests.factories.crm import make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.settings import decide

HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def store(group):
    return make_store(division_code="310115", brand_names=["比亚迪"])


@pytest.fixture
def advisor(store):
    return make_staff(store=store, name="李娜")


@pytest.fixture
def manager(store):
    return make_staff("sales_manager", store=store)


@pytest.fixture
def page_of(group, client_of):
    """``page_of(staff)``: a browser signed in as that person."""
    return lambda staff: client_of(group, staff.user)


def crm(name, *args):
    return reverse(f"crm:{name}", args=args, urlconf="forecourt.config.urls_group")


PAGES = (
    "my_day",
    "lead_list",
    "waiting_lead_list",
    "lead_create",
    "opportunity_list",
    "opportunity_board",
    "customer_list",
)


@pytest.mark.parametrize("name", PAGES)
def test_an_advisor_opens_every_page_of_hers(page_of, advisor, name):
    make_opportunity(owner=advisor)
    make_lead(owner=advisor, name="王芳")

    answer = page_of(advisor).get(crm(name))

    assert answer.status_code == 200


@pytest.mark.parametrize("name", ("lead_list", "opportunity_list", "customer_list"))
def test_a_list_of_many_rows_costs_few_statements(
    page_of, advisor, manager, name, django_assert_max_num_queries
):
    for _number in range(12):
        make_opportunity(owner=advisor)
        make_lead(owner=advisor)
    browser = page_of(manager)
    browser.get(crm(name))

    with django_assert_max_num_queries(12):
        answer = browser.get(crm(name))

    assert answer.status_code == 200


def test_without_the_right_there_is_no_page(page_of, store):
    clerk = make_staff("inventory_clerk", store=store)

    assert page_of(clerk).get(crm("lead_list")).status_code == 403


def test_a_colleagues_lead_is_not_found(page_of, store, advisor):
    lead = make_lead(owner=make_staff(store=store))
    browser = page_of(advisor)

    for name in ("lead_detail", "lead_contact", "lead_qualify", "lead_invalid", "lead_reassign"):
        assert browser.get(crm(name, lead.pk)).status_code == 404
    assert browser.get(crm("customer_detail", lead.customer_id)).status_code == 404
    assert browser.get(crm("customer_timeline", lead.customer_id) + "?before=1").status_code == 404


def test_the_lead_form_enters_a_lead(page_of, advisor):
    browser = page_of(advisor)

    answer = browser.post(
        crm("lead_create"),
        {"phone": "138 0013 8000", "name": "张伟", "source": "WALK_IN", "taker": "me"},
    )

    lead = Lead.objects.get()
    assert answer.status_code == 302
    assert (lead.owner_id, lead.customer.primary_phone) == (advisor.pk, "+8613800138000")
    assert browser.get(crm("lead_detail", lead.pk)).status_code == 200


def test_a_wrong_phone_stands_beside_its_field(page_of, advisor):
    answer = page_of(advisor).post(crm("lead_create"), {"phone": "12", "source": "WEB"}, **HTMX)

    assert answer.status_code == 422
    assert not Lead.objects.exists()


def test_a_known_customer_is_shown_while_typing(page_of, advisor, store):
    colleague = make_staff(store=store, name="陈静")
    make_lead(owner=colleague, phone="13800138000", name="张伟")

    answer = page_of(advisor).get(crm("known_customer") + "?phone=138+0013+8000", **HTMX)

    assert "张伟" in answer.content.decode()
    assert "陈静" in answer.content.decode()


def test_a_contact_is_logged_with_the_next_one_as_proposed(page_of, advisor):
    lead = make_lead(owner=advisor)
    browser = page_of(advisor)
    form = browser.get(crm("lead_contact", lead.pk), **HTMX).context["form"]
    proposed = form["proposed_at"].value().strftime("%Y-%m-%dT%H:%M")

    answer = browser.post(
        crm("lead_contact", lead.pk),
        {
            "kind": "CALL",
            "result": "NO_ANSWER",
            "next_at": proposed,
            "proposed_at": proposed,
        },
        **HTMX,
    )

    lead.refresh_from_db()
    assert answer.status_code == 200
    assert (lead.state, lead.first_response_at is not None) == ("ASSIGNED", True)
    assert FollowUp.objects.get(lead=lead, state="OPEN").due_at < now() + timedelta(days=1)


def test_a_lead_is_qualified_from_its_page(page_of, advisor):
    lead = make_lead(owner=advisor)

    page_of(advisor).post(
        crm("lead_qualify", lead.pk), {"level": "H", "payment_way": "LOAN"}, **HTMX
    )

    opportunity = Opportunity.objects.get()
    assert (opportunity.lead_id, opportunity.level) == (lead.pk, "H")
    assert page_of(advisor).get(crm("opportunity_detail", opportunity.pk)).status_code == 200


def test_a_card_is_moved_on_the_board(page_of, advisor):
    opportunity = make_opportunity(owner=advisor)
    browser = page_of(advisor)

    moved = browser.post(
        crm("opportunity_move"), {"card": opportunity.pk, "lane": "ORDERED"}, **HTMX
    )
    refused = browser.post(crm("opportunity_move"), {"card": opportunity.pk, "lane": "NEW"}, **HTMX)
    wrong = [
        browser.post(crm("opportunity_move"), {"card": card, "lane": "WON"}, **HTMX).status_code
        for card in ("²", "9" * 400)
    ]

    opportunity.refresh_from_db()
    assert (moved.status_code, refused.status_code, *wrong) == (200, 409, 422, 422)
    assert opportunity.stage == "ORDERED"


def test_leads_are_given_away_in_bulk(page_of, store, advisor, manager):
    colleague = make_staff(store=store)
    leads = [make_lead(owner=advisor) for _number in range(3)]

    page_of(manager).post(
        crm("lead_list"),
        {
            "bulk": "reassign",
            "ids": [lead.pk for lead in leads],
            "id": [lead.pk for lead in leads],
            "row": [lead.pk for lead in leads],
            "owner_id": colleague.pk,
            "reason": "休假",
        },
        **HTMX,
    )

    assert set(Lead.objects.values_list("owner", flat=True)) == {colleague.pk}


def test_the_late_are_found(page_of, advisor):
    late, fine = make_lead(owner=advisor, name="晚到"), make_lead(owner=advisor, name="准时")
    Lead.objects.filter(pk=late.pk).update(response_due_at=now() - timedelta(hours=1))
    Lead.objects.filter(pk=fine.pk).update(response_due_at=now() + timedelta(hours=1))

    text = page_of(advisor).get(crm("lead_list") + "?overdue=yes").content.decode()

    assert "晚到" in text
    assert "准时" not in text


@pytest.mark.parametrize("search", ("张伟", "zw", "zhangwei", "8000", "13800138", "138 0013 8000"))
def test_customers_are_found_by_name_pinyin_and_phone(page_of, advisor, search):
    make_lead(owner=advisor, name="张伟", phone="13800138000")
    make_lead(owner=advisor, name="王芳", phone="13900137654")

    answer = page_of(advisor).get(crm("customer_list"), {"q": search})

    assert "张伟" in answer.content.decode()
    assert "王芳" not in answer.content.decode()


def test_giving_leads_away_asks_first_to_whom(page_of, store, advisor):
    make_lead(owner=advisor)
    browser = page_of(make_staff("store_manager", store=store))
    address = crm("lead_list")

    button = re.search(
        r"<button[^>]*value=\"reassign\"[^>]*>", browser.get(address).content.decode()
    )

    assert f'hx-get="{address}"' in button[0]
    asked = browser.get(address, {"bulk": "reassign"}, **HTMX | {"HTTP_HX_TARGET": "dialog-body"})
    assert 'name="owner_id"' in asked.content.decode()


def test_a_phone_is_masked_until_it_is_uncovered_and_that_is_logged(page_of, store, advisor):
    lead = make_lead(owner=advisor, phone="13800138000")
    browser = page_of(make_staff("receptionist", store=store))

    listed = browser.get(crm("customer_list")).content.decode()
    opened = browser.get(crm("customer_detail", lead.customer_id)).content.decode()
    uncovered = browser.post(
        crm("customer_phone_reveal", lead.customer_id), **HTMX
    ).content.decode()

    assert "138****8000" in listed
    assert "138****8000" in opened
    assert "138 0013 8000" not in listed + opened
    assert "138 0013 8000" in uncovered
    assert AuditEntry.objects.filter(action="phone uncovered").count() == 1


def test_a_customer_is_changed_and_found_by_the_new_name(page_of, advisor):
    lead = make_lead(owner=advisor, name="张伟")
    browser = page_of(advisor)

    answer = browser.post(
        crm("customer_edit", lead.customer_id),
        {"kind": "PERSON", "name": "章玮", "may_phone": "yes", "may_sms": "no", "may_email": ""},
    )

    customer = Customer.objects.get()
    assert answer.status_code == 302
    # Nobody has asked about the other channels, and the form invents no answer.
    assert (customer.name, customer.consents) == ("章玮", {"phone": True, "sms": False})
    page = browser.get(crm("customer_detail", customer.pk)).content.decode()
    assert all(word in page for word in ("同意", "拒绝", "未询问"))
    assert "章玮" in browser.get(crm("customer_list"), {"q": "章玮"}).content.decode()


def test_the_older_part_of_a_timeline_follows(page_of, advisor):
    lead = make_lead(owner=advisor)
    for number in range(40):
        log_interaction(
            actor=system_actor(),
            lead_id=lead.pk,
            kind="CALL",
            result="REACHED",
            note=f"第{number}次",
        )
    browser = page_of(advisor)
    assert crm("customer_timeline", lead.customer_id) in (
        browser.get(crm("lead_detail", lead.pk)).content.decode()
    )
    page = browser.get(crm("customer_timeline", lead.customer_id), **HTMX)

    older = browser.get(page.context["older_url"], **HTMX)

    assert "第39次" in page.content.decode()
    assert "第0次" not in page.content.decode()
    assert "第0次" in older.content.decode()


@pytest.mark.parametrize("before", ["soon", "nan", "-62135596800", "253402300799", "1e300"])
def test_a_moment_that_nobody_lived_is_refused(page_of, advisor, before):
    lead = make_lead(owner=advisor)

    answer = page_of(advisor).get(
        crm("customer_timeline", lead.customer_id), {"before": before}, **HTMX
    )

    assert answer.status_code == 400


def test_rules_are_added_moved_switched_and_tried(page_of, store, advisor):
    owner = make_staff("group_owner")
    browser = page_of(owner)

    browser.post(
        crm("assignment_rule_create"),
        {
            "name": "懂车帝专线",
            "sources": ["DONGCHEDI"],
            "brands": "比亚迪，特斯拉",
            "store_id": store.pk,
            "staff_ids": [advisor.pk],
            "strategy": "ROUND_ROBIN",
        },
    )
    rule = AssignmentRule.objects.get(name="懂车帝专线")
    browser.post(crm("assignment_rule_move", rule.pk), {"direction": "up"})
    tried = browser.get(
        crm("assignment_try"), {"source": "DONGCHEDI", "brand": "特斯拉"}, **HTMX
    ).content.decode()
    browser.post(crm("assignment_rule_switch", rule.pk), {"on": "no"})
    page = browser.get(crm("assignment_rules"))

    rule.refresh_from_db()
    assert rule.conditions == {"sources": ["DONGCHEDI"], "brands": ["比亚迪", "特斯拉"]}
    assert AssignmentRule.objects.order_by("sequence").first() == rule
    assert "李娜" in tried
    assert "懂车帝专线" in tried
    assert not rule.is_active
    assert page.status_code == 200
    assert browser.get(crm("assignment_rule_edit", rule.pk)).status_code == 200
    assert not Lead.objects.exists()


def test_a_store_manager_changes_only_rules_of_her_store(page_of, store):
    browser = page_of(make_staff("store_manager", store=store))
    group_rule = AssignmentRule.objects.get()

    refused = browser.post(crm("assignment_rule_switch", group_rule.pk), {"on": "no"}, **HTMX)

    group_rule.refresh_from_db()
    assert refused.status_code == 403
    assert group_rule.is_active


def test_the_page_shows_times_and_limits_and_leads_to_them(page_of):
    decide("crm.response_minutes", 17)

    page = page_of(make_staff("group_owner")).get(crm("assignment_rules")).content.decode()

    assert "17 minutes" in page or "17 分钟" in page
    assert "/settings/values/?q=crm." in page


def test_my_day_shows_what_is_overdue(page_of, advisor):
    lead = make_lead(owner=advisor, name="周杰")
    log_interaction(actor=actor_of(advisor), lead_id=lead.pk, kind="CALL", result="REACHED")
    FollowUp.objects.update(due_at=now() - timedelta(hours=3))

    page = page_of(advisor).get(crm("my_day"))

    assert "周杰" in page.content.decode()
    assert page.context["counts"][1][1] == 1


def test_the_people_of_a_rule_are_those_of_its_store(page_of, store, advisor):
    stranger = make_staff(store=make_store(), name="外店人")
    browser = page_of(make_staff("group_owner"))

    form = browser.get(
        crm("assignment_rule_create"), {"store_id": store.pk, "name": "试用"}, **HTMX
    ).content.decode()

    assert advisor.name in form
    assert stranger.name not in form
    assert "试用" in form
