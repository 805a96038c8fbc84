"""Uploads of one's own: nobody else's, only for uses that allow it, and what a form hands in."""

import json
from datetime import timedelta

import pytest

from forecourt.config.environment import store_origins
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Invalid, NotPermitted
from forecourt.kernel.files.own import begin_own_upload, brought_by
from forecourt.kernel.groups import inside
from forecourt.kernel.models import StoredFile
from tests.factories.organisation import actor_of, make_staff
from tests.files.conftest import PURPOSE, arrive, check
from tests.files.samples import PDF

GALLERY = "ui.gallery"


def test_each_use_asks_for_its_own_right(group) -> None:
    clerk, hq = make_staff("inventory_clerk"), make_staff("headquarters")
    facts = {"name": "a.pdf", "size": len(PDF)}

    for actor, purpose in ((actor_of(clerk), GALLERY), (actor_of(hq), PURPOSE)):
        with pytest.raises(NotPermitted):
            begin_own_upload(actor=actor, purpose=purpose, **facts)
    assert not StoredFile.objects.exists()
    assert begin_own_upload(actor=actor_of(hq), purpose=GALLERY, **facts).request is not None


def test_nobody_reaches_anothers_upload(group, client_of) -> None:
    mine, other = make_staff("headquarters"), make_staff("headquarters")
    browser, stranger = client_of(group, mine.user), client_of(group, other.user)
    body = json.dumps({"purpose": GALLERY, "name": "a.pdf", "size": len(PDF)})
    begun = browser.post("/files/uploads", body, content_type="application/json").json()
    place = f"/files/uploads/{begun['file']['id']}"

    assert stranger.get(place).status_code == 404
    assert stranger.delete(place).status_code == 404
    assert stranger.post(f"{place}/complete").status_code == 404
    assert browser.get(place).json()["state"] == "UPLOADING"
    refused = browser.post(f"{place}/complete")
    assert (refused.status_code, refused.json()["field"]) == (422, "file")
    assert browser.delete(place).status_code == 204
    with inside(group):
        assert not StoredFile.objects.exists()


def test_a_form_hands_in_what_its_person_has_brought(group) -> None:
    mine, other = actor_of(make_staff()), actor_of(make_staff())
    first, second = (arrive(name, PDF, actor=mine) for name in ("a.pdf", "b.pdf"))
    foreign = arrive("c.pdf", PDF, actor=other)
    refused = arrive("d.pdf", b"MZ", actor=mine)
    check(refused)

    found = brought_by(mine, [second.pk, first.pk, second.pk], purpose=PURPOSE)

    assert found == [second, first]
    for wrong in ([foreign.pk], [first.pk, 10**9]):
        with pytest.raises(Invalid, match="A file is missing"):
            brought_by(mine, wrong, purpose=PURPOSE)
    with pytest.raises(Invalid, match=r"d.pdf: The file holds"):
        brought_by(mine, [refused.pk], purpose=PURPOSE)
    # What lies about so long may be tidied away at this very moment.
    StoredFile.objects.filter(pk=second.pk).update(created_at=now() - timedelta(hours=25))
    with pytest.raises(Invalid, match="A file is missing"):
        brought_by(mine, [second.pk], purpose=PURPOSE)
    with pytest.raises(Invalid):
        brought_by(mine, [first.pk], purpose=GALLERY)


@pytest.mark.parametrize(
    ("variables", "origins"),
    [
        ({}, []),
        (
            {"S3_BUCKET": "b", "S3_ENDPOINT_URL": "http://s3.inside:9000"},
            ["http://s3.inside:9000", "http://b.s3.inside:9000"],
        ),
        (
            {
                "S3_BUCKET": "b",
                "S3_ENDPOINT_URL": "http://inside",
                "S3_PUBLIC_ENDPOINT_URL": "https://files.example",
            },
            ["https://files.example", "https://b.files.example"],
        ),
        (
            {"S3_BUCKET": "b", "AWS_DEFAULT_REGION": "cn-north-1"},
            [
                "https://s3.cn-north-1.amazonaws.com.cn",
                "https://b.s3.cn-north-1.amazonaws.com.cn",
                "https://s3.amazonaws.com.cn",
                "https://b.s3.amazonaws.com.cn",
            ],
        ),
    ],
)
def test_the_pages_policy_knows_where_the_store_is(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], origins: list[str]
) -> None:
    for name in ("S3_BUCKET", "S3_ENDPOINT_URL", "S3_PUBLIC_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert store_origins() == origins
