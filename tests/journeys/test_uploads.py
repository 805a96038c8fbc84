"""Files go from a real browser straight to a real S3 server, whatever happens on the way."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from forecourt.kernel import files
from forecourt.kernel.groups import inside
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import group_storage
from tests.factories.organisation import actor_of
from tests.files import samples, stores
from tests.files.conftest import use_s3
from tests.journeys.conftest import PHONE, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def s3(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    with stores.rclone(tmp_path / "rclone") as address:
        use_s3(address, settings, monkeypatch)
        policy = settings.CONTENT_SECURITY_POLICY
        sources = {"connect-src": [*policy["DIRECTIVES"]["connect-src"], address]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy["DIRECTIVES"] | sources}
        yield address


def begin_before(site: Site, name: str, content: bytes) -> StoredFile:
    """What an upload in a page that was closed has left: its row, and the first part."""
    with inside(site.group):
        upload = files.begin_upload(
            actor=actor_of(site.people["owner"]),
            purpose="ui.gallery",
            name=name,
            size=len(content),
        )
        first = files.request_parts(file=upload.file, numbers=[1])[1]
        stores.Browser(Client()).put(first.url, content[: upload.part_size], first.headers)
        return upload.file


def row(page: Page, name: str) -> Any:
    return page.locator(".fc-upload", has_text=name)


def test_files_are_sent_to_the_store_past_the_product(s3: str, site, visit, tmp_path) -> None:
    visitor = visit("owner", size=PHONE)
    page = visitor.open("/gallery/")
    carried: list[int] = []
    page.on(
        "request",
        lambda request: (
            carried.append(len(request.post_data_buffer or b""))
            if request.url.startswith(site.url)
            else None
        ),
    )
    put: list[str] = []
    page.on("request", lambda one: put.append(one.url) if one.method == "PUT" else None)
    broken = {"left": 2}

    def break_two(route: Route) -> None:
        if route.request.method == "PUT" and broken["left"]:
            broken["left"] -= 1
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(f"{s3}/**", break_two)
    large = samples.film(20 * 2**20)

    chosen = {
        "购车合同 🚗.pdf": samples.CHINESE_PDF,
        "环车视频.mp4": large,
        "照片.png": samples.huge_png(),
        "run.exe": b"MZ",
    }
    for name, content in chosen.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (1_800_000_000, 1_800_000_000))
    begun = begin_before(site, "环车视频.mp4", large)
    facts = f"{json.dumps({'purpose': 'ui.gallery'}, separators=(',', ':'))}:环车视频.mp4"
    key = f"fc:upload:/files/uploads:{facts}:{len(large)}:1800000000000"
    kept = f"/files/uploads/{begun.pk}"
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [key, kept])

    page.set_input_files("#gallery-upload", [tmp_path / name for name in chosen])

    expect(row(page, "购车合同 🚗.pdf")).to_contain_text("Uploaded", timeout=60_000)
    expect(row(page, "环车视频.mp4")).to_contain_text("Uploaded", timeout=60_000)
    alert = row(page, "照片.png").get_by_role("alert")
    too_many = "The picture has too many pixels. Send a smaller one."
    expect(alert).to_have_text(too_many, timeout=60_000)
    expect(row(page, "run.exe").get_by_role("alert")).to_contain_text("not accepted here")
    expect(row(page, "run.exe").get_by_role("button", name="Try again")).to_be_hidden()
    assert broken["left"] == 0
    parts = [url for url in put if "partNumber" in url]
    assert not any("partNumber=1&" in url for url in parts), "that one was there already"
    assert max(carried) < 2_000, "the product sees names and sizes"

    page.get_by_role("button", name="Remove: run.exe").press("Enter")
    expect(row(page, "run.exe")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove: 照片.png")).to_be_focused()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    with inside(site.group):
        kept = {file.name: file for file in StoredFile.objects.filter(state="READY")}
        assert set(kept) == {"购车合同 🚗.pdf", "环车视频.mp4"}
        assert group_storage().size(kept["环车视频.mp4"].kept_name) == len(large)
        assert kept["购车合同 🚗.pdf"].text == "试驾"
