"""Forms: errors beside their fields, refusals where they belong, values as they are kept."""

from decimal import Decimal

import pytest
from django import forms as django_forms
from django.core.files.uploadedfile import SimpleUploadedFile

from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.ui import forms
from tests.ui.conftest import HTMX

GOOD = {
    "name": "王芳",
    "phone": "138 0013 8000",
    "brand": "1",
    "price": "219,800.00",
    "level": "H",
    "channel": "WEB",
}


class SmallForm(forms.Form):
    name = django_forms.CharField()
    phone = forms.PhoneField(required=False)
    price = forms.MoneyField(required=False)
    vin = forms.VinField(required=False)


def cleaned(**data: str) -> dict:
    form = SmallForm({"name": "x"} | data)
    assert form.is_valid(), form.errors
    return form.cleaned_data


def test_a_phone_number_is_kept_in_one_form() -> None:
    assert cleaned(phone="(+86) 138-0013 8000")["phone"] == "+8613800138000"


def test_what_is_no_phone_number_is_refused_beside_the_field() -> None:
    form = SmallForm({"name": "x", "phone": "123"})

    assert not form.is_valid()
    assert list(form.errors) == ["phone"]


@pytest.mark.parametrize("text", ["219800", "219,800", "219,800.00", "¥219,800", " 219 800 "])
def test_an_amount_may_be_written_as_people_do(text) -> None:
    assert cleaned(price=text)["price"] == Decimal(219800)


def test_a_vin_is_kept_in_capitals_without_gaps() -> None:
    assert cleaned(vin=" lsgkb52j-0mv000001 ")["vin"] == "LSGKB52J0MV000001"


@pytest.mark.parametrize("vin", ["LSGKB52J0MV00000", "LSGKB52J0MV00000I", "LSGKB52J0MV00000O"])
def test_a_vin_of_a_wrong_form_is_refused(vin) -> None:
    assert not SmallForm({"name": "x", "vin": vin}).is_valid()


def test_a_wrong_check_digit_is_only_warned_of() -> None:
    assert forms.vin_warnings("LSGKB52J0MV000001")
    assert not forms.vin_warnings("1HGBH41JXMN109186")
    assert not forms.vin_warnings("")


def test_a_refusal_that_names_a_field_stands_beside_it() -> None:
    form = SmallForm({"name": "x"})
    form.is_valid()

    def refuse() -> None:
        raise Invalid("Taken.", field="name")

    assert form.attempt(refuse) is None
    assert form.errors["name"] == ["Taken."]


def test_a_refusal_of_the_state_stands_above_the_fields() -> None:
    form = SmallForm({"name": "x"})
    form.is_valid()

    def refuse() -> None:
        raise Conflict("Too late.", field="elsewhere")

    assert form.attempt(refuse) is None
    assert form.non_field_errors() == ["Too late."]


@pytest.mark.parametrize("refusal", [NotPermitted("No."), NotFound("Where?")])
def test_what_the_person_cannot_mend_is_raised_on(refusal) -> None:
    form = SmallForm({"name": "x"})
    form.is_valid()

    def refuse() -> None:
        raise refusal

    with pytest.raises(type(refusal)):
        form.attempt(refuse)


def test_a_file_of_another_kind_or_too_large_is_refused() -> None:
    field = forms.FileField(kinds=("csv",), limit=10)

    with pytest.raises(django_forms.ValidationError):
        field.clean(SimpleUploadedFile("x.exe", b"a"))
    with pytest.raises(django_forms.ValidationError):
        field.clean(SimpleUploadedFile("x.csv", b"a" * 11))
    assert field.clean(SimpleUploadedFile("X.CSV", b"a")).name == "X.CSV"


def test_a_good_form_goes_on_with_a_message(browser) -> None:
    response = browser.post("/gallery/form/", GOOD, headers=HTMX)

    assert response.status_code == 200
    assert response["HX-Redirect"] == "/gallery/form/"
    assert b"Saved." in browser.get("/gallery/form/").content


def test_without_htmx_it_goes_on_too(browser) -> None:
    assert browser.post("/gallery/form/", GOOD).status_code == 302


def test_a_bad_form_comes_back_with_what_was_typed_and_a_summary(browser) -> None:
    response = browser.post("/gallery/form/", GOOD | {"phone": "123"}, headers=HTMX)

    body = response.content.decode()
    assert response.status_code == 422
    assert 'value="王芳"' in body
    assert 'href="#id_phone"' in body
    assert 'aria-invalid="true"' in body
    assert 'aria-describedby="id_phone_error"' in body
    assert 'id="id_phone_error"' in body
    assert "<!doctype" not in body


def test_leaving_a_field_answers_its_messages_alone(browser) -> None:
    response = browser.post("/gallery/form/", {"phone": "123", "_validate": "phone"}, headers=HTMX)

    assert response.status_code == 200
    assert b"id_phone_error" in response.content
    assert b"id_name" not in response.content


def test_leaving_a_good_field_answers_nothing(browser) -> None:
    data = {"phone": "13800138000", "_validate": "phone"}

    assert browser.post("/gallery/form/", data, headers=HTMX).content.strip() == b""


def test_leaving_a_doubtful_field_warns(browser) -> None:
    data = {"vin": "LSGKB52J0MV000001", "_validate": "vin"}

    assert b"fc-warnings" in browser.post("/gallery/form/", data, headers=HTMX).content


def test_a_search_select_offers_what_matches(browser) -> None:
    body = browser.get("/gallery/options/?q=byd", headers=HTMX).content.decode()

    assert 'data-value="1"' in body
    assert body.count('role="option"') == 1
    assert "Nothing matches." in browser.get("/gallery/options/?q=zzz").content.decode()


def test_a_value_that_is_none_of_the_list_is_refused(browser) -> None:
    response = browser.post("/gallery/form/", GOOD | {"brand": "99"}, headers=HTMX)

    assert response.status_code == 422
    assert b"Choose one of the list." in response.content
