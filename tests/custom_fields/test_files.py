"""Files as values of custom fields: brought straight to the store, and old ones carried over."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from apps.crm.models import Customer
from forecourt.kernel.clock import now
from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.custom_fields.actions import change_values, retire_field
from forecourt.kernel.custom_fields.adopting import carry_over
from forecourt.kernel.custom_fields.files import FILE_PURPOSE, link_of
from forecourt.kernel.custom_fields.values import ValuesRefused
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.files.holders import unheld
from forecourt.kernel.models import AuditEntry, StoredFile
from forecourt.kernel.storage import group_storage
from tests.factories.crm import make_customer
from tests.factories.files import bring
from tests.factories.organisation import actor_of, make_staff
from tests.files.samples import PDF


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def page(group, client_of, owner_person):
    return client_of(group, owner_person.user)


@pytest.fixture
def contract(make_field):
    return make_field("FILE", code="contract", label_zh="合同", options={"max_megabytes": 1})


def send(page, customer, *values):
    return page.post(
        reverse("custom_fields:values", args=["customer", customer.pk]),
        {"custom_contract": ["", *values]} if values != (None,) else {},
        headers={"HX-Request": "true"},
    )


def patch(page, customer, value):
    return page.patch(
        f"/api/v1/customers/{customer.pk}",
        json.dumps({"custom": {"contract": value}}),
        content_type="application/json",
        headers={"If-Match": "*"},
    )


def test_a_file_is_taken_kept_replaced_and_taken_away(page, owner, contract):
    customer = make_customer()
    first, second = (
        bring(FILE_PURPOSE, actor=owner, name=name, content=PDF) for name in ("合同.pdf", "b.pdf")
    )

    def held():
        customer.refresh_from_db()
        return customer.custom.get("contract", {}).get("file")

    assert send(page, customer, first.pk).status_code == 200
    assert held() == first.pk
    shown = page.get(f"/api/v1/customers/{customer.pk}").json()["custom"]["contract"]
    assert shown == {"name": "合同.pdf", "size": len(PDF), "type": "application/pdf"}
    assert AuditEntry.objects.latest("pk").changes["custom.contract"] == [
        None,
        {"name": "合同.pdf"},
    ]
    url = reverse("custom_fields:file", args=["customer", customer.pk, "contract"])
    answer = page.get(url, follow=True)
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    # The form keeps it, also where it is sent without the field; the last upload replaces it.
    assert 'value="kept"' in send(page, customer, "kept", "x").content.decode()
    for values in (("kept",), (None,)):
        assert send(page, customer, *values).status_code == 200
        assert held() == first.pk
    assert send(page, customer, "kept", second.pk).status_code == 200
    assert held() == second.pk
    assert patch(page, customer, str(first.pk)).status_code == 200
    assert held() == first.pk
    place = f"/api/v1/custom-files/customer/{customer.pk}/contract/open"
    assert page.post(place, {}, content_type="application/json").json()["url"]
    assert send(page, customer, "").status_code == 200
    assert held() is None


def test_a_required_file_is_demanded(page, owner, make_field):
    make_field("FILE", code="contract", is_required=True)
    make_field("TEXT", code="hobby")
    customer = make_customer()
    file = bring(FILE_PURPOSE, actor=owner, name="a.pdf", content=PDF)

    assert send(page, customer, "").status_code == 422
    assert send(page, customer, file.pk).status_code == 200


def test_what_is_not_ones_own_upload_is_refused(page, owner, contract):
    customer = make_customer()
    other = actor_of(make_staff("group_owner"))
    large = bring(FILE_PURPOSE, actor=owner, name="a.txt", content=b"x" * (2**20 + 1))
    foreign = bring(FILE_PURPOSE, actor=other, name="a.pdf", content=PDF)
    bad = bring(FILE_PURPOSE, actor=owner, name="a.pdf", content=b"<html>")
    forged = {"file": foreign.pk, "name": "a.pdf", "size": 1, "type": "text/csv"}

    for value in (large.pk, foreign.pk, bad.pk, 10**9, forged, {"key": "imports/theirs.csv"}, True):
        answer = patch(page, customer, value)
        assert (answer.status_code, answer.json()["field"]) == (422, "custom.contract"), value
    with pytest.raises(ValuesRefused):
        save_values(customer, {"contract": foreign.pk}, actor=owner)
    for name, content in (("run.exe", b"MZ"), ("page.html", b"<p>"), ("a.svg", b"<svg/>")):
        with pytest.raises(Invalid):
            bring(FILE_PURPOSE, actor=owner, name=name, content=content)
    customer.refresh_from_db()
    assert customer.custom == {}


def test_only_who_fills_a_field_of_files_brings_some(owner, make_field):
    make_field("FILE", code="contract", editable_by_roles=["group_owner"])

    assert bring(FILE_PURPOSE, actor=owner).state == "READY"
    with pytest.raises(NotPermitted):
        bring(FILE_PURPOSE, actor=actor_of(make_staff("sales_advisor")))


def test_a_file_is_not_handed_to_those_who_see_the_record_but_not_the_field(
    page, owner, group, client_of, owner_person, make_field
):
    make_field("FILE", code="contract", visible_to_roles=["group_owner"])
    advisor = make_staff("sales_advisor", owner_person.home_store)
    customer = make_customer(owner=advisor)
    send(page, customer, bring(FILE_PURPOSE, actor=owner, name="a.pdf", content=PDF).pk)
    url = reverse("custom_fields:file", args=["customer", customer.pk, "contract"])

    assert page.get(url).status_code == 302
    assert client_of(group, advisor.user).get(url).status_code == 404


def test_files_that_no_record_holds_are_told_apart(owner, contract):
    customer = make_customer()
    old, new = (bring(FILE_PURPOSE, actor=owner, name=name) for name in ("old.txt", "new.txt"))
    for file in (old, new):
        change_values(
            host="customer", row_id=customer.pk, values={"contract": file.pk}, actor=owner
        )
    retire_field(field_id=contract.pk, actor=owner)

    assert list(unheld(StoredFile.objects.all())) == [old]


def test_files_kept_in_the_old_way_are_handed_out_and_carried_over(owner, contract):
    kept, gone = make_customer(), make_customer()
    names = {kept: f"custom/{'ab' * 16}.pdf", gone: f"custom/{'cd' * 16}.pdf"}
    group_storage().put(names[kept], ContentFile(PDF))
    group_storage().put("custom/lost.pdf", ContentFile(PDF))
    for customer, name in names.items():
        old = {"key": name, "name": "合同.pdf", "size": len(PDF), "type": "application/pdf"}
        Customer.objects.filter(pk=customer.pk).update(custom={"contract": old, "other": 1})
    place = {"host": "customer", "row_id": kept.pk, "code": "contract", "actor": owner}
    assert link_of(**place)

    assert carry_over(before=now() + timedelta(hours=1)) == 1
    assert carry_over(before=now() + timedelta(hours=1)) == 0

    kept.refresh_from_db()
    gone.refresh_from_db()
    file = StoredFile.objects.get()
    assert kept.custom == {
        "contract": {
            "file": file.pk,
            "name": "合同.pdf",
            "size": len(PDF),
            "type": "application/pdf",
        },
        "other": 1,
    }
    assert b"".join(group_storage().pieces(file.kept_name)) == PDF
    assert link_of(**place)
    assert not list(unheld(StoredFile.objects.all()))
    # Bytes that are gone are still asked for; as long as any are, no old bytes are removed.
    assert gone.custom["contract"]["key"] == names[gone]
    assert len(list(group_storage().stored_in("custom"))) == 2
    Customer.objects.filter(pk=gone.pk).update(custom={})
    carry_over(before=now() + timedelta(hours=1))
    assert not list(group_storage().stored_in("custom"))
