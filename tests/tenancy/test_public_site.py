"""The public site: the prices that are charged, both languages, and what makes it quick."""

import re

import pytest
from django.conf import settings
from django.test import Client

from billing.plans import PLANS
from billing.rules import CLOSED_DAYS, PAST_DUE_DAYS, RESTRICTED_DAYS, SUSPENDED_DAYS, TRIAL_DAYS
from billing.stores import money as amount_of
from forecourt.ui.values import money

PAGES = ("/", "/prices/", "/terms/", "/status/")


@pytest.fixture
def browser(group) -> Client:
    return Client(headers={"host": settings.BASE_DOMAIN})


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_both_languages_described_and_linked_to_the_other(browser, path):
    texts = {}
    for code, tag in (("zh-hans", "zh-CN"), ("en", "en")):
        answer = browser.get(path, {"lang": code})
        texts[code] = answer.content.decode()
        assert answer.status_code == 200
        assert f'<html lang="{tag}"' in texts[code]
        assert answer.headers["Content-Language"] == code
        for other in ("zh-CN", "en", "x-default"):
            assert f'hreflang="{other}"' in texts[code]
        assert len(re.findall(r"<h1", texts[code])) == 1
    described = [
        re.search(r'name="description" content="([^"]+)"', text) for text in texts.values()
    ]
    assert described[0].group(1) != described[1].group(1)


@pytest.mark.parametrize("path", PAGES)
def test_nothing_but_two_stylesheets_of_the_kit_and_one_of_the_site_holds_the_page_up(
    browser, path
):
    head = browser.get(path).content.decode().partition("</head>")[0]
    assert len(re.findall(r'rel="stylesheet"', head)) <= 3
    for script in re.findall(r"<script[^>]*src=[^>]*>", head):
        assert " defer" in script or 'type="module"' in script
    assert not re.findall(r"https?://(?!localhost)", head)


@pytest.mark.parametrize("currency", ["cny", "usd"])
@pytest.mark.parametrize("interval", ["month", "year"])
def test_the_prices_are_those_of_the_plans(browser, currency, interval):
    text = browser.get(
        "/prices/", {"currency": currency, "interval": interval, "lang": "en"}
    ).content.decode()
    for plan in PLANS:
        for _up_to, amount in plan.store_tiers(interval, currency):
            assert str(money(amount_of(amount, currency))) in text
    assert f"{TRIAL_DAYS} days" in text


def test_a_wrong_choice_shows_the_usual_prices(browser):
    assert browser.get("/prices/?currency=xxx&interval=week").status_code == 200


def test_the_terms_promise_what_the_rules_do(browser):
    text = browser.get("/terms/?lang=en").content.decode()
    for promised in (
        f"The trial takes {TRIAL_DAYS} days",
        f"goes on for {PAST_DUE_DAYS} days",
        f"read-only for {RESTRICTED_DAYS} days",
        f"suspended for {SUSPENDED_DAYS} days",
        f"kept for {CLOSED_DAYS} days",
    ):
        assert promised in text


def test_a_group_keeps_its_own_choice_of_language(group, client_of):
    assert '<html lang="zh-CN"' in client_of(group).get("/accounts/login/?lang=en").content.decode()


def test_search_engines_may_read_every_public_page_and_no_step_of_a_sign_up(browser):
    closed = [
        line.removeprefix("Disallow: ")
        for line in browser.get("/robots.txt").content.decode().splitlines()
        if line.startswith("Disallow")
    ]
    for path in ("/", "/prices/", "/terms/", "/status/", "/signup/", "/signin/"):
        assert not path.startswith(tuple(closed))
    assert "/signup/confirm/?key=x".startswith(tuple(closed))
