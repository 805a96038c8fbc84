"""Values from tables and back."""

import io

from django.urls import reverse

from apps.crm.models import Customer
from forecourt.kernel import jobs
from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.groups import current_schema
from forecourt.kernel.imports import actions, importer
from forecourt.kernel.models import ImportIssue, Job
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff

LIST = {
    "choices": [
        {"value": "first", "label_zh": "首购", "label_en": "First car"},
        {"value": "more", "label_zh": "增购", "label_en": "A further car"},
    ]
}


def brought(text: str, actor, **options):
    """The table mapped as it was guessed, checked and run."""
    run = actions.upload_file(
        kind="crm.customer", name="t.csv", content=io.BytesIO(text.encode()), actor=actor
    )
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    actions.start_check(run_id=run.pk, actor=actor)
    jobs.run_job(schema_name=current_schema(), job_id=Job.objects.latest("pk").pk)
    actions.start_run(run_id=run.pk, actor=actor, **options)
    jobs.run_job(schema_name=current_schema(), job_id=Job.objects.latest("pk").pk)
    run.refresh_from_db()
    return run


def test_a_table_brings_values_and_its_columns_are_guessed(owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限", options={"max": "70"})
    make_field("CHOICE", code="car", label_zh="家庭用车", options=LIST)
    make_field("CHOICES", code="cars", label_zh="车型偏好", options=LIST)
    make_field("MONEY", code="budget", label_zh="购车预算")
    make_field("DATE", code="day", label_zh="纪念日")
    text = (
        "姓名,手机,驾驶年限,家庭用车,车型偏好,购车预算,纪念日\n"
        '张伟,13811112222,12,首购,首购、增购,"180,000",2026/1/5\n'
        "李娜,13811113333,99,增购,,,\n"
        "王芳,13811114444,,别的,,,\n"
    )

    run = brought(text, owner)

    assert (run.created_count, run.rejected_count) == (1, 2)
    customer = Customer.objects.get(name="张伟")
    assert customer.custom == {
        "years": 12,
        "car": "first",
        "cars": ["first", "more"],
        "budget": "180000.00",
        "day": "2026-01-05",
    }
    wrong = dict(ImportIssue.objects.filter(run=run).values_list("row_number", "column"))
    assert sorted(wrong.values()) == ["家庭用车", "驾驶年限"]


def test_what_is_exported_can_be_imported_again(group, client_of, owner_person, owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限", label_en="Years of driving")
    make_field("CHOICE", code="car", label_zh="家庭用车", label_en="Car", options=LIST)
    customer = make_customer(name="张伟", phone="+8613811112222")
    save_values(customer, {"years": 12, "car": "more"}, actor=owner)
    page = client_of(group, owner_person.user)
    url = reverse("crm:customer_list")
    columns = "column=name_shown&column=primary_phone&column=custom_years&column=custom_car"
    answer = page.get(f"{url}?{columns}&export=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    customer.refresh_from_db()
    Customer.objects.filter(pk=customer.pk).update(custom={})

    brought(text, owner)

    customer.refresh_from_db()
    assert customer.custom == {"years": 12, "car": "more"}


def test_an_import_overwrites_nothing_that_is_known(owner, make_field):
    make_field("INTEGER", code="years", label_zh="驾驶年限")
    make_field("TEXT", code="hobby", label_zh="爱好")
    customer = make_customer(name="张伟", phone="+8613811112222")
    save_values(customer, {"years": 3}, actor=owner)

    brought("姓名,手机,驾驶年限,爱好\n张伟,13811112222,12,滑雪\n", owner)

    customer.refresh_from_db()
    assert customer.custom == {"years": 3, "hobby": "滑雪"}


def test_fields_that_a_role_may_not_write_are_not_offered_to_its_imports(owner, make_field):
    make_field("TEXT", code="rating", visible_to_roles=["group_owner"])
    desk = actor_of(make_staff("lead_desk"))

    def names(actor):
        return [field.name for field in importer("crm.customer", actor).fields]

    assert "custom.rating" in names(owner)
    assert "custom.rating" not in names(desk)
