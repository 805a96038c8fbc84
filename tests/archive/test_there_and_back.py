"""A group leaves as one file and comes back from it as it was, on both stores."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError
from django.test import Client

from apps.crm.models import Customer
from apps.organisation.models import StaffMember
from forecourt.accounts.models import User
from forecourt.kernel import seals
from forecourt.kernel.custom_fields import keys, registry
from forecourt.kernel.groups import inside
from forecourt.kernel.models import AuditEntry, DataKey, OutboxMessage, Preference
from tenants.models import DealerGroup, GroupImport, Membership
from tests.archive.conftest import (
    FILES,
    KEPT_STORES,
    NAME,
    NATIONAL_ID,
    ODD,
    PASSPHRASE,
    STORED,
    Leaver,
)


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@KEPT_STORES
def test_the_same_group_comes_back(leaver: Leaver, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ARCHIVE_PASSPHRASE", PASSPHRASE)
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    answer = leaver.export(first)
    assert (answer["files"], answer["missing"], answer["unreadable"]) == (STORED, [], 0)

    group = leaver.start_over()
    with inside(group.identity):
        empty_key = DataKey.objects.get().wrapped
    back = leaver.bring_back(first)
    assert back["problems"] == []
    assert back["exit"] == 0

    # The same, byte for byte: what was left out of both, and when it was made, apart.
    assert leaver.export(second)["rows"] == answer["rows"]
    before, after = members_of(first), members_of(second)
    assert before.keys() == after.keys()
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"manifest.json", "manifest.hmac"}
    manifests = [json.loads(kept["manifest.json"]) for kept in (before, after)]
    for manifest in manifests:
        del manifest["exported_at"], manifest["group"]["created_at"]
    assert manifests[0] == manifests[1]

    with inside(leaver.group.identity):
        customer = Customer.objects.get(pk=leaver.customer_id)
        assert customer.name == NAME
        assert Preference.objects.get(key="odd").value == ODD
        assert StaffMember.objects.get(email="boss@leaver.example").national_id == NATIONAL_ID
        hobby = next(field for field in registry.definitions("customer") if field.code == "hobby")
        assert list(keys.beginning_with(Customer.objects.all(), hobby, "滑")) == [customer]
        assert OutboxMessage.objects.get(key="waits").payload == {"secret": "reset-link"}
        assert DataKey.objects.get().wrapped != empty_key
        examined = seals.examine()
        assert examined.faults == []
        assert examined.sealed > 0
        newest = AuditEntry.objects.order_by("-pk").first()
        assert newest.action == "archived"
        stored = storages["default"]
        assert {name: stored.open(name).read() for name in FILES} == FILES
        assert Membership.objects.filter(schema_name=leaver.group.schema_name).count() == 3
    assert leaver.group.name == "离开汽车集团"
    assert leaver.group.state == DealerGroup.State.TRIALING
    assert not GroupImport.objects.exists()
    require_ways_in(leaver)


def require_ways_in(leaver: Leaver) -> None:
    """People sign in with their passwords, programs with their tokens."""
    browser = Client(headers={"host": "leaver.localhost"})
    answer = browser.post(
        "/accounts/login/", {"login": "owner@leaver.example", "password": "a-good-password"}
    )
    assert answer.status_code == 302
    program = Client(
        headers={"host": "leaver.localhost", "authorization": f"Bearer {leaver.token}"}
    )
    assert program.get(f"/api/v1/customers/{leaver.customer_id}").status_code == 200


def test_what_people_read_is_in_clear_and_shows_no_secret(
    leaver: Leaver, tmp_path: Path, settings
) -> None:
    leaver.export(tmp_path / "a.zip")
    members = members_of(tmp_path / "a.zip")

    with inside(leaver.group.identity):
        user = User.objects.get(email="boss@leaver.example")
    rows = list(csv.DictReader(io.StringIO(members["tables/crm_customer.csv"].decode("utf-8-sig"))))
    lines = [json.loads(line) for line in members["tables/crm_customer.jsonl"].splitlines()]
    assert rows[0]["name"] == lines[0]["name"] == NAME
    assert lines[0]["id"] == leaver.customer_id
    staff = members["tables/organisation_staffmember.csv"].decode()
    assert NATIONAL_ID in staff
    people = [json.loads(line) for line in members["tables/accounts_user.jsonl"].splitlines()]
    assert {person["email"] for person in people} >= {"boss@leaver.example"}
    assert all("password" not in person for person in people)

    shown = b"".join(
        content for name, content in members.items() if name.startswith(("tables/", "files/"))
    ).decode(errors="replace")
    with inside(leaver.group.identity):
        wrapped = DataKey.objects.get().wrapped
    for secret in (user.password, leaver.token, "reset-link", wrapped, "gAAAA"):
        assert secret not in shown
    assert not any(name.startswith("tables/django_session") for name in members)

    # Without a passphrase it is for this platform alone.
    leaver.start_over()
    settings.MASTER_KEY = "OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="
    with pytest.raises(CommandError, match="another master key"):
        leaver.bring_back(tmp_path / "a.zip")
