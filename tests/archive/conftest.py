"""A group with something in every corner, on a platform of the test's own, on either store."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from moto.server import ThreadedMotoServer

from apps.documents.actions import file_paper
from forecourt.accounts.models import ApiToken, User
from forecourt.kernel import outbox, seals
from forecourt.kernel.crypto import rings
from forecourt.kernel.custom_fields import save_values
from forecourt.kernel.custom_fields.actions import add_field
from forecourt.kernel.files import keep_bytes
from forecourt.kernel.groups import inside
from forecourt.kernel.models import OutboxMessage, Preference
from tenants.erasure import erase
from tenants.groups import get_group
from tenants.models import DealerGroup
from tests.factories.crm import make_customer
from tests.factories.organisation import actor_of, make_staff, make_store
from tests.files import stores
from tests.files.conftest import use_s3
from tests.tenancy.conftest import Platform, platform

__all__ = ["platform"]

EMPTIED_STORES = pytest.mark.parametrize("store", ["folder", "s3"], indirect=True)
"""A folder, and an S3 server that keeps versions, all of which an erasure must find."""
KEPT_STORES = pytest.mark.parametrize("store", ["folder", "rclone"], indirect=True)
"""A folder, and an S3 server in a process of its own that checks every signature."""
PASSPHRASE = "correct horse battery"
NAME = '=1+1 "引号"'
ODD = {"text": 'a "b",\n\\N \u2028', "none": None, "digits": 12345678901234567890, "tab": "\t"}
NATIONAL_ID = "510322199001011234"
FILES = {
    "imports/销售 2026.csv": "订单,金额\n1,2\n".encode(),
    "custom/empty.bin": b"",
    "custom/large.bin": bytes(range(256)) * 8192,
}
STORED = len(FILES) + 1
"""With the document of a customer."""


@dataclass
class Leaver:
    """The group that leaves, and what the test wants to find again."""

    platform: Platform
    customer_id: int
    token: str

    @property
    def group(self) -> DealerGroup:
        return get_group("leaver")

    def export(self, path: Path) -> dict[str, Any]:
        return self.platform.run("export_group", group="leaver", target=str(path))

    def bring_back(self, path: Path) -> dict[str, Any]:
        return self.platform.run("import_group", group="leaver", source=str(path))

    def start_over(self) -> DealerGroup:
        """The group is gone, and an empty one has its address."""
        erase(self.group)
        self.platform.run("create_group", slug="leaver", name="Empty")
        return self.group


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def rclone_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stores.rclone(tmp_path_factory.mktemp("rclone")) as address:
        yield address


@pytest.fixture
def use_store(
    request: pytest.FixtureRequest, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """``use_store("s3")``: the groups' files are in a bucket that keeps versions; ``"rclone"``: on
    a server that knows none, and checks signatures."""

    def use(kind: str) -> str:
        settings.MEDIA_ROOT = tmp_path / "files"
        if kind == "rclone":
            use_s3(request.getfixturevalue("rclone_address"), settings, monkeypatch)
        if kind == "s3":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret")
            monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            settings.S3_ENDPOINT_URL = request.getfixturevalue("s3_address")
            settings.S3_BUCKET = f"archive-{secrets.token_hex(4)}"
            settings.STORAGES = {
                **settings.STORAGES,
                "default": {"BACKEND": "forecourt.kernel.storage.s3.S3GroupStorage"},
            }
            client = boto3.client("s3", endpoint_url=settings.S3_ENDPOINT_URL)
            client.create_bucket(Bucket=settings.S3_BUCKET)
            client.put_bucket_versioning(
                Bucket=settings.S3_BUCKET, VersioningConfiguration={"Status": "Enabled"}
            )
        return kind

    return use


@pytest.fixture
def store(request: pytest.FixtureRequest, use_store: Callable[[str], str]) -> str:
    """Which store the groups' files are in; a folder where a test does not say."""
    return use_store(getattr(request, "param", "folder"))


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other process knows the keys of the empty group."""
    monkeypatch.setattr(rings, "LIFE_SECONDS", 0)


@pytest.fixture
def leaver(platform: Platform, store: str, no_waiting: None) -> Leaver:
    connection.set_schema_to_public()
    return furnish(platform)


def furnish(platform: Platform) -> Leaver:
    platform.run(
        "create_group",
        slug="leaver",
        name="离开汽车集团",
        owner_email="owner@leaver.example",
        owner_name="王莉",
        password="a-good-password",
    )
    with inside(get_group("leaver").identity):
        store = make_store()
        boss = make_staff("group_owner", store, email="boss@leaver.example")
        clerk = make_staff("sales_advisor", store, manager=boss)
        actor = actor_of(boss)
        add_field(
            host="customer",
            code="hobby",
            kind="TEXT",
            label_zh="爱好",
            actor=actor,
            is_indexed=True,
        )
        customer = make_customer(owner=clerk, name=NAME, actor=actor)
        save_values(customer, {"hobby": "滑雪"}, actor=actor)
        boss.national_id = NATIONAL_ID
        boss.save(update_fields=["national_id"])
        file = keep_bytes(
            purpose="documents.document",
            name="合同.txt",
            content="甲方、乙方".encode(),
            content_type="text/plain",
        )
        file_paper(
            subject="crm.customer",
            subject_id=customer.pk,
            kind="other",
            file=file,
            title="合同",
            actor=actor,
        )
        Preference.objects.create(owner_id=boss.pk, key="odd", value=ODD)
        _token, text = ApiToken.issue(User.objects.get(email="boss@leaver.example"), "erp")
        outbox._handlers["archive.test"] = _refuse
        outbox.emit("archive.test", {"secret": "reset-link"}, "waits")
        for name, content in FILES.items():
            storages["default"].save(name, ContentFile(content))
        seals.seal_entries()
        assert OutboxMessage.objects.filter(key="waits", delivered_at=None).exists()
    return Leaver(platform, customer.pk, text)


def _refuse(payload: dict[str, Any], key: str) -> None:
    raise outbox.Later
