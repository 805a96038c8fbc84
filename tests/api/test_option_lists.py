import pytest

from apps.crm.models import Lead
from forecourt.kernel.models import OptionValue
from tests.factories.crm import make_lead
from tests.factories.organisation import make_staff, make_store

VALUES = "option-lists/lead_sources/values"


@pytest.fixture
def calls(group, caller):
    return caller(group, make_staff("group_owner"))


def test_everybody_reads_the_lists_with_all_their_values(group, caller):
    advisor = caller(group, make_staff("sales_advisor", make_store()))

    found = advisor.get("option-lists?code=lead_sources").json()["data"]

    assert [one["code"] for one in found] == ["lead_sources"]
    assert {"code": "WALK_IN", "name_zh": "自然到店", "name_en": "Walk-in", "is_active": True} in (
        found[0]["values"]
    )
    assert advisor.get(VALUES).status_code == 403


def test_a_value_is_added_renamed_and_retired(calls):
    added = calls.post(VALUES, {"name_zh": "抖音", "name_en": "TikTok"})
    assert (added.status_code, added.json()["code"]) == (201, "TIKTOK")
    address = f"{VALUES}/{added.json()['id']}"

    changed = calls.patch(
        address,
        {"name_zh": "抖音直播", "is_active": False},
        If_Match=calls.get(address)["ETag"],
    )

    assert changed.status_code == 200
    value = OptionValue.objects.get(code="TIKTOK")
    assert (value.name_zh, value.name_en, value.is_active) == ("抖音直播", "TikTok", False)


def test_a_code_that_is_taken_is_told_beside_its_field(calls):
    before = OptionValue.objects.count()

    answer = calls.post(VALUES, {"name_zh": "新", "code": "WEB"})

    assert (answer.status_code, answer.json()["field"]) == (409, "code")
    assert OptionValue.objects.count() == before


def test_an_unknown_list_does_not_exist(calls):
    assert calls.get("option-lists/none/values").status_code == 404
    assert calls.post("option-lists/none/values", {"name_zh": "x"}).status_code == 404


def test_a_lead_may_come_from_a_source_of_the_groups_own(calls):
    code = calls.post(VALUES, {"name_zh": "抖音"}).json()["code"]

    taken = calls.post("leads", {"phone": "13912345678", "source": code})
    refused = calls.post("leads", {"phone": "13912345679", "source": "NO_SUCH"})

    assert (taken.status_code, taken.json()["source"]) == (201, code)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["source"]
    assert Lead.objects.count() == 1


def test_leads_are_filtered_by_a_source_of_the_groups_own(calls):
    code = calls.post(VALUES, {"name_zh": "抖音"}).json()["code"]
    lead = make_lead(source=code)
    make_lead(source="WEB")

    found = calls.get(f"leads?source={code}").json()["data"]

    assert [row["id"] for row in found] == [str(lead.pk)]


def test_the_groups_reference_names_its_values_and_a_strangers_does_not(group, caller, calls):
    calls.post(VALUES, {"name_zh": "抖音", "name_en": "TikTok"})

    own, public = (
        one.get("schema/").json()["components"]["schemas"]["EnquiryBodyRequest"]["properties"]
        for one in (calls, caller(group))
    )

    assert "TIKTOK" in own["source"]["enum"]
    assert "`TIKTOK` – TikTok" in own["source"]["description"]
    assert "TIKTOK" not in str(public)
