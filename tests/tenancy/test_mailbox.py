"""The mail page of one's own machine."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.filebased import EmailBackend
from django.test import Client, override_settings


@pytest.fixture
def mails(db: None, tmp_path: Path) -> Any:
    with override_settings(EMAIL_FILE_PATH=str(tmp_path)):
        for number in (1, 2):
            message = EmailMultiAlternatives(
                f"第 {number} 封",
                f"Open http://localhost:8000/signup/?n={number}\n",
                "no-reply@localhost",
                ["li@x.example"],
            )
            message.attach_alternative(
                f"<p>Open <a href='http://localhost:8000/signup/?n={number}'>this</a></p>"
                "<script>alert(1)</script>",
                "text/html",
            )
            EmailBackend(file_path=str(tmp_path)).send_messages([message])
        yield Client(headers={"host": "localhost"})


def _first(mails: Client) -> str:
    page = mails.get("/mail/").content.decode()
    return page.split('href="/mail/')[1].split("/")[0]


def test_mails_are_listed_newest_first(mails: Client) -> None:
    page = mails.get("/mail/").content.decode()

    assert "第 1 封" in page
    assert "第 2 封" in page
    assert page.count("li@x.example") == 2


def test_links_can_be_followed(mails: Client) -> None:
    page = mails.get(f"/mail/{_first(mails)}/").content.decode()

    assert '<a href="http://localhost:8000/signup/?n=' in page
    assert "<iframe" in page


def test_nothing_runs_in_a_mails_html(mails: Client) -> None:
    answer = mails.get(f"/mail/{_first(mails)}/html/")

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize("name", ["nothing", "..", "%2e%2e%2fsecrets"])
def test_other_names_reach_nothing(mails: Client, name: str) -> None:
    assert mails.get(f"/mail/{name}/").status_code == 404


def test_only_this_machine_reads_it(mails: Client) -> None:
    assert mails.get("/mail/", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert mails.get("/mail/", REMOTE_ADDR="").status_code == 404
    assert mails.get("/mail/", headers={"x-forwarded-for": "10.0.0.7"}).status_code == 404
    assert mails.get("/mail/", REMOTE_ADDR="::1").status_code == 200
    with override_settings(LOCAL_MAIL_PAGE=False):
        assert mails.get("/mail/").status_code == 404


def test_a_machine_without_mail_says_so(db: None, tmp_path: Path) -> None:
    with override_settings(EMAIL_FILE_PATH=str(tmp_path / "none")):
        assert Client(headers={"host": "localhost"}).get("/mail/").status_code == 200
