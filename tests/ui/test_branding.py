"""A group's logo and colour: what is accepted, where it shows, and from where it is fetched."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from forecourt.kernel import colours
from forecourt.kernel.group_settings import value_of
from forecourt.kernel.groups import inside
from forecourt.ui import branding
from tests.factories.organisation import make_staff
from tests.factories.settings import decide
from tests.kernel.test_images import png
from tests.ui.conftest import HTMX

LOOK = "/settings/look/"


@pytest.fixture(autouse=True)
def real_site(settings, tmp_path) -> None:
    settings.ROOT_URLCONF = "forecourt.config.urls_group"
    settings.MEDIA_ROOT = tmp_path


def put_up(browser, content: bytes, colour: str = "#0b6270"):
    logo = SimpleUploadedFile("logo.png", content, content_type="image/png")
    return browser.post(LOOK, {"logo": logo, "colour": colour}, headers=HTMX)


def test_a_logo_shows_in_the_frame_and_where_people_sign_in(group, browser, client_of) -> None:
    answer = put_up(browser, png())
    name = value_of("branding.logo")
    frame = browser.get(LOOK).content.decode()
    sign_in = client_of(group).get("/accounts/login/").content.decode()
    picture = client_of(group).get(f"/brand/logo/{name}")

    assert answer.status_code == 200, answer.content.decode()
    assert f"/brand/logo/{name}" in frame
    assert f"/brand/logo/{name}" in sign_in
    assert picture.headers["Content-Type"] == "image/png"
    assert "immutable" in picture.headers["Cache-Control"]
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(picture.streaming_content) == png()


def test_another_groups_logo_is_not_found(group, other_group, browser, client_of) -> None:
    put_up(browser, png())
    with inside(group):
        name = value_of("branding.logo")

    assert client_of(other_group).get(f"/brand/logo/{name}").status_code == 404


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"x" * 100, png(3000, 1)]
)
def test_what_is_no_picture_is_refused_and_changes_nothing(browser, content) -> None:
    answer = put_up(browser, content)

    assert answer.status_code == 422
    assert value_of("branding.logo") == ""


def test_a_former_logo_is_no_longer_handed_out(browser) -> None:
    put_up(browser, png())
    former = value_of("branding.logo")
    put_up(browser, png(3, 3))

    assert browser.get(f"/brand/logo/{former}").status_code == 404
    browser.post(f"{LOOK}logo/reset/", headers=HTMX)
    assert value_of("branding.logo") == ""


def test_a_colour_comes_as_a_stylesheet_under_an_address_of_its_own(group, browser) -> None:
    browser.post(LOOK, {"colour": "#7A1F2B"}, headers=HTMX)

    page = browser.get(LOOK).content.decode()
    sheet = browser.get("/brand/7a1f2b.css")
    manifest = browser.get("/manifest.webmanifest").json()

    assert '<link rel="stylesheet" href="/brand/7a1f2b.css">' in page
    assert "#7a1f2b" in sheet.content.decode()
    assert "immutable" in sheet.headers["Cache-Control"]
    assert manifest["theme_color"] == "#7a1f2b"


@pytest.mark.parametrize("colour", ["#ffcc00", "#ffffff", "#8a8a8a"])
def test_a_colour_that_white_text_cannot_be_read_on_is_refused(browser, colour) -> None:
    answer = browser.post(LOOK, {"colour": colour}, headers=HTMX)

    assert answer.status_code == 422
    assert "4.5" in answer.content.decode()
    assert value_of("branding.colour") == ""


@pytest.mark.parametrize("address", ["/brand/ffcc00.css", "/brand/xyz.css", "/brand/0b62701.css"])
def test_there_is_no_stylesheet_of_what_is_no_such_colour(browser, address) -> None:
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    "colour", ["#000000", "#0b6270", "#b3261e", "#1e5aa8", "#767676", "#5a00ff"]
)
def test_every_token_can_be_read_in_light_and_dark(colour) -> None:
    sheet = branding.stylesheet(colour)
    tokens = {
        name: (day, night)
        for name, day, night in re.findall(r"--fc-([\w-]+): light-dark\((#\w+), (#\w+)\)", sheet)
    }

    for ground in branding.LIGHT_GROUNDS:
        assert colours.contrast(tokens["brand"][0], ground) >= 4.5
    for ground in branding.DARK_GROUNDS:
        assert colours.contrast(tokens["brand"][1], ground) >= 4.5
    for place in (0, 1):
        assert colours.contrast(tokens["brand"][place], tokens["brand-soft"][place]) >= 4.5
        for name in ("brand-fill", "brand-fill-hover"):
            assert colours.contrast(tokens[name][place], colours.WHITE) >= 4.5


def test_the_name_follows_the_readers_language(browser, group) -> None:
    decide("branding.name_en", "East China Motors")

    english = browser.get(LOOK).content.decode()
    browser.cookies["django_language"] = "zh-hans"
    browser.post("/i18n/language/", {"language": "zh-hans"})

    assert "East China Motors" in english
    assert "East China Motors" not in browser.get(LOOK).content.decode()


def test_who_may_not_brand_changes_nothing(group, client_of) -> None:
    answer = put_up(client_of(group, make_staff("headquarters").user), png())

    assert answer.status_code == 403
    assert value_of("branding.logo") == ""
