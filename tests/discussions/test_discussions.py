"""A deal is discussed where it is: who sees the record takes part, nobody else."""

import pytest
from django.urls import reverse

from apps.crm.actions import merge_customers, reassign_leads
from apps.crm.models import Lead
from apps.discussions import queries
from apps.discussions.actions import write_post
from apps.discussions.file_purposes import DISCUSSION
from apps.discussions.models import Post, PostFile
from apps.notifications.queries import list_notifications
from forecourt.kernel import files, verify
from forecourt.kernel.access import system_actor
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from tests.factories.care import make_complaint
from tests.factories.crm import make_customer, make_lead, make_opportunity
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.factories.vehicles import make_unit

SYSTEM = system_actor()


@pytest.fixture
def store(group):
    return make_store()


@pytest.fixture
def advisor(store):
    return make_staff(store=store, name="李娜")


@pytest.fixture
def manager(store):
    return make_staff("sales_manager", store=store, name="赵经理")


@pytest.fixture
def colleague(store):
    return make_staff(store=store, name="王强")


@pytest.fixture(autouse=True)
def everything_stays_true(group):
    yield
    assert [problem for _name, found in verify.run_checks() for problem in found] == []


def say(record, actor, text="客户要黑色现车", subject="crm.lead", **more):
    return write_post(subject=subject, record_id=record.pk, actor=actor, text=text, **more)


def thread(record, person, subject="crm.lead"):
    found = queries.thread(subject=subject, record_id=record.pk, actor=actor_of(person))
    return [post.text for post in found]


def told(person):
    return [one.event for one in list_notifications(actor_of(person)) if "discuss" in one.event]


def test_who_sees_the_record_takes_part_and_nobody_else(advisor, manager, colleague):
    lead = make_lead(owner=advisor)

    say(lead, actor_of(advisor))
    say(lead, actor_of(manager), "可以从苏州调")

    assert thread(lead, advisor) == ["可以从苏州调", "客户要黑色现车"]
    with pytest.raises(NotFound):
        thread(lead, colleague)
    with pytest.raises(NotFound):
        say(lead, actor_of(colleague))
    with pytest.raises(NotPermitted):
        thread(lead, make_staff("auditor", store=advisor.home_store))
    assert Post.objects.count() == 2


def test_a_mentioned_colleague_is_told_and_one_without_the_right_cannot_be_mentioned(
    advisor, manager, colleague
):
    lead = make_lead(owner=advisor)
    post = say(lead, actor_of(advisor), mention_ids=[manager.pk])
    assert told(manager) == ["discussions.mentioned"]

    with pytest.raises(Invalid, match="王强"):
        say(lead, actor_of(advisor), mention_ids=[manager.pk, colleague.pk])

    assert list(Post.objects.values_list("pk", flat=True)) == [post.pk]
    assert told(colleague) == []
    say(lead, actor_of(manager), "好")
    assert told(advisor) == ["discussions.answered"]


def test_what_one_was_mentioned_in_is_seen_only_while_one_is_entitled(
    group, client_of, advisor, manager, colleague
):
    lead = make_lead(owner=advisor)
    post = say(lead, actor_of(manager), mention_ids=[advisor.pk])
    browser = client_of(group, advisor.user)
    assert browser.get(page("post", post.pk)).status_code == 302

    reassign_leads(lead_ids=[lead.pk], owner_id=colleague.pk, reason="休假", actor=SYSTEM)

    assert browser.get(page("post", post.pk)).status_code == 404
    assert browser.get(page("panel", "crm.lead", lead.pk)).status_code == 404
    assert client_of(group, colleague.user).get(page("post", post.pk)).status_code == 302
    say(lead, actor_of(manager), "换人了")
    assert told(advisor) == ["discussions.mentioned"]


def test_files_are_ones_own_added_once_and_handed_out_while_the_record_is_seen(
    group, client_of, advisor, manager, colleague
):
    lead = make_lead(owner=advisor)
    actor = actor_of(advisor)
    file = files.keep_bytes(
        purpose=DISCUSSION,
        name="报价.txt",
        content=b"offer",
        content_type="text/plain",
        actor=actor,
    )
    with pytest.raises(Invalid):
        say(lead, actor_of(manager), file_ids=[file.pk])
    say(lead, actor, text="", file_ids=[file.pk])
    with pytest.raises(Conflict):
        say(lead, actor, file_ids=[file.pk])

    held = PostFile.objects.get()

    assert client_of(group, manager.user).get(page("post_file", held.pk)).status_code == 302
    assert client_of(group, colleague.user).get(page("post_file", held.pk)).status_code == 404


def test_every_kind_of_record_has_a_discussion(advisor, manager):
    records = {
        "crm.customer": make_customer(owner=advisor),
        "crm.opportunity": make_opportunity(owner=advisor),
        "vehicles.stock_unit": make_unit(advisor.home_store),
        "care.complaint": make_complaint(owner=advisor),
    }
    for subject, record in records.items():
        say(record, actor_of(manager), subject=subject)
        assert thread(record, manager, subject) == ["客户要黑色现车"]
    with pytest.raises(NotFound):
        say(records["crm.customer"], SYSTEM, subject="crm.moon")
    with pytest.raises(Invalid):
        say(records["crm.customer"], SYSTEM, text="  ", subject="crm.customer")


def test_what_was_said_about_a_merged_customer_belongs_to_the_kept_one(advisor, manager):
    kept, merged = make_customer(owner=advisor), make_customer(owner=advisor)
    say(merged, actor_of(advisor), "老客户", subject="crm.customer")

    merge_customers(kept_id=kept.pk, merged_id=merged.pk, actor=SYSTEM)

    assert thread(kept, advisor, "crm.customer") == ["老客户"]
    assert queries.get_post(post_id=Post.objects.get().pk, actor=actor_of(advisor))


def test_the_panel_below_a_record(
    group, client_of, advisor, manager, django_assert_max_num_queries
):
    lead = make_lead(owner=advisor)
    browser = client_of(group, advisor.user)
    assert (
        page("panel", "crm.lead", lead.pk)
        in browser.get(
            reverse("crm:lead_detail", args=[lead.pk], urlconf=URLS) + "?tab=discussion"
        ).content.decode()
    )
    refused = browser.post(page("panel", "crm.lead", lead.pk), {"text": ""})
    assert refused.status_code == 422

    answer = browser.post(
        page("panel", "crm.lead", lead.pk), {"text": "明天到店", "mention_ids": [manager.pk]}
    )

    assert "明天到店" in answer.content.decode()
    assert Post.objects.get().mentioned_ids == [manager.pk]
    for number in range(5):
        say(lead, actor_of(manager), f"第{number}条")
    with django_assert_max_num_queries(12):
        assert browser.get(page("panel", "crm.lead", lead.pk)).status_code == 200
    assert Lead.objects.count() == 1


URLS = "forecourt.config.urls_group"


def page(name, *args):
    return reverse(f"discussions:{name}", args=args, urlconf=URLS)
