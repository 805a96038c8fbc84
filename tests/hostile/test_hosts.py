"""The host name is the key to a group's schema, so every trick with it is tried."""

import re

import pytest
from django.conf import settings
from django.test import Client

from tenants.directory import forget
from tenants.models import DealerGroup
from tests.factories.organisation import make_staff

SAME = ["{host}", "{host}:8000", "{host}:80", "{upper}", "{host}."]
NOT_FOUND = ["nobody.{base}", "{slug}.nobody.{base}", "www.{base}", "-.{base}", "xn--.{base}"]
REFUSED = [
    "evil.example",
    "{slug}.evil.example",
    "{slug}{base}",
    "127.0.0.1",
    "127.0.0.1:8000",
    "[::1]",
    "169.254.169.254",
    "{host}@evil.example",
    "{host}/evil",
    "{host} evil",
    "{host}\x00",
    "{host}:8000:8000",
    "{host}:http",
    "{host},evil.example",
    "..{base}",
    "%00.{base}",
    "{slug}_x.{base}",
    "' or 1=1 --",
    "",
]


def names(group, text: str) -> str:
    host = f"{group.slug}.{settings.BASE_DOMAIN}"
    return text.format(host=host, upper=host.upper(), slug=group.slug, base=settings.BASE_DOMAIN)


def ask(group, text: str, path: str = "/accounts/profile/", **headers: str):
    client = Client(raise_request_exception=False)
    client.force_login(make_staff("headquarters").user)
    return client.get(path, headers={"host": names(group, text), **headers})


@pytest.mark.parametrize("host", SAME)
def test_the_same_name_in_another_spelling_is_the_same_group(group, host):
    assert ask(group, host).status_code == 200


@pytest.mark.parametrize("host", NOT_FOUND)
def test_a_name_that_no_group_has_is_404(group, host):
    assert ask(group, host).status_code == 404


@pytest.mark.parametrize("host", REFUSED)
def test_any_other_host_is_refused(group, host):
    response = ask(group, host)

    assert response.status_code in {400, 404}
    assert "set-cookie" not in response.headers


def test_the_bare_domain_shows_no_group(group):
    assert ask(group, "{base}").status_code == 404


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host", "X-Forwarded-Server"]
)
def test_no_other_header_chooses_the_group(group, other_group, header):
    theirs = f"{other_group.slug}.{settings.BASE_DOMAIN}"
    text = f"host={theirs}" if header == "Forwarded" else theirs

    mine = ask(group, "{host}", **{header: text})
    nobody = ask(group, "nobody.{base}", **{header: names(group, "{host}")})

    assert mine.status_code == 200
    assert nobody.status_code == 404


def test_a_name_that_was_never_given_looks_like_one_that_is_shut(group, other_group):
    never = ask(group, "nobody.{base}", "/")
    shut = DealerGroup.objects.get(slug=other_group.slug)
    DealerGroup.objects.filter(pk=shut.pk).update(state=DealerGroup.State.CLOSED)
    forget(shut)
    client = Client(raise_request_exception=False)
    closed = client.get("/", headers={"host": f"{shut.slug}.{settings.BASE_DOMAIN}"})

    assert never.status_code == closed.status_code == 404
    assert strip(never) == strip(closed)
    for text in (group.name, other_group.name, group.schema_name, other_group.schema_name):
        assert text not in never.content.decode()


def strip(response) -> str:
    """The page without what is drawn anew for each one: CSRF tokens, nonces."""
    return re.sub(r'[A-Za-z0-9]{64}|nonce="[^"]*"', "", response.content.decode())


@pytest.mark.parametrize("path", ["/nowhere/", "/vehicles/stock/999999999/", "/.git/config"])
def test_what_is_not_there_says_nothing_of_the_inside(group, path):
    text = ask(group, "{host}", path).content.decode()

    for hint in (group.schema_name, "Traceback", "urlconf", "apps.", settings.SECRET_KEY):
        assert hint not in text
