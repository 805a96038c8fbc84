"""Data keys change while people read and write; a lost master key is told at once."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections
from moto import mock_aws

from apps.crm.models import Customer
from apps.crm.queries import national_id_index
from forecourt.kernel import crypto, middleware
from forecourt.kernel.access import ScopedModel
from forecourt.kernel.clock import now
from forecourt.kernel.crypto import kms, rings
from forecourt.kernel.crypto.fields import EncryptedTextField
from forecourt.kernel.groups import GroupIdentity, inside
from forecourt.kernel.models import AuditEntry, DataKey
from tenants import keys
from tests.factories.crm import make_customer
from tests.factories.organisation import make_staff, make_store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def people(live_group: GroupIdentity) -> list[Customer]:
    crypto.forget_keys()
    advisor = make_staff(store=make_store())
    rows = [make_customer(owner=advisor) for _number in range(12)]
    for number, customer in enumerate(rows):
        _write(customer.pk, number)
    return rows


def _write(pk: int, number: int) -> None:
    text = f"{pk}-{number}"
    Customer.objects.filter(pk=pk).update(
        national_id=text, national_id_index=national_id_index(text)
    )


def _key_numbers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT split_part(national_id, '.', 1) FROM crm_customer")
        return {row[0] for row in cursor.fetchall()} - {""}


def _age_keys() -> None:
    DataKey.objects.update(created_at=now() - timedelta(hours=1))


def test_rotation_with_traffic_loses_nothing_and_stops_nobody(
    live_group: GroupIdentity, people: list[Customer]
) -> None:
    done = threading.Event()
    failures: list[BaseException] = []
    written: dict[int, int] = {}

    def work(own: list[Customer]) -> None:
        number = 100
        try:
            with inside(live_group):
                while not done.is_set():
                    for customer in own:
                        number += 1
                        _write(customer.pk, number)
                        written[customer.pk] = number
                        for row in Customer.objects.filter(pk__in=[c.pk for c in people]):
                            assert row.national_id.reveal().startswith(f"{row.pk}-")
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(people[start::3],)) for start in range(3)]
    for thread in threads:
        thread.start()
    for _round in range(3):
        crypto.rotate()
        _age_keys()
        crypto.go_on_rotating()
    done.set()
    for thread in threads:
        thread.join()
    rotation = crypto.go_on_rotating()

    assert failures == []
    assert (rotation.newest, rotation.broken) == (4, [])
    assert set(DataKey.objects.values_list("number", flat=True)) == {1, 4}
    assert _key_numbers() == {"k4"}
    for customer in Customer.objects.filter(pk__in=written):
        assert customer.national_id == f"{customer.pk}-{written[customer.pk]}"
        assert customer.national_id_index == national_id_index(customer.national_id.reveal())


def test_a_rotation_that_was_cut_off_goes_on_without_another_key(
    live_group: GroupIdentity, people: list[Customer], capsys: pytest.CaptureFixture[str]
) -> None:
    crypto.new_key()
    assert _key_numbers() == {"k1"}

    call_command("rotate_keys", group=live_group.slug, reencrypt=True, json=True)

    (report,) = json.loads(capsys.readouterr().out)["groups"]
    assert (report["newest"], report["reencrypted"], report["broken"]) == (2, 12, [])
    assert _key_numbers() == {"k2"}
    assert crypto.reencrypt() == (0, [])


def test_an_old_key_stays_while_a_process_may_still_use_it(
    live_group: GroupIdentity, people: list[Customer]
) -> None:
    for _round in range(2):
        assert crypto.rotate().retired == []
    assert set(DataKey.objects.values_list("number", flat=True)) == {1, 2, 3}

    _age_keys()
    assert crypto.go_on_rotating().retired == [2]
    log = list(AuditEntry.objects.filter(actor_name="keys").order_by("pk"))
    assert [entry.action for entry in log] == ["key_made", "key_made", "keys_destroyed"]
    assert log[-1].changes == {"numbers": [2]}
    assert not crypto.rotation_is_open()


def test_a_value_that_no_key_opens_is_named_and_keeps_the_keys(
    live_group: GroupIdentity, people: list[Customer]
) -> None:
    crypto.rotate()
    foreign = f"k2.{Fernet(Fernet.generate_key()).encrypt(b'x').decode()}"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_customer SET national_id = %s WHERE id = %s", [foreign, people[0].pk]
        )
    crypto.new_key()
    _age_keys()

    with pytest.raises(SystemExit):
        call_command("rotate_keys", group=live_group.slug, reencrypt=True, json=True)

    assert DataKey.objects.count() == 3
    assert _key_numbers() == {"k2", "k3"}


def test_secrets_of_second_factors_and_waiting_mails_change_too(
    live_group: GroupIdentity, people: list[Customer]
) -> None:
    factor = Authenticator.objects.create(
        user=people[0].owner.user,
        type="totp",
        data={"secret": crypto.encrypt("JBSWY3DPEHPK3PXP"), "codes": [crypto.encrypt("1")]},
    )

    crypto.rotate()

    factor.refresh_from_db()
    assert factor.data["secret"].startswith("k2.")
    assert crypto.decrypt(factor.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert crypto.decrypt(factor.data["codes"][0]) == "1"


SEEN_BY_NOBODY = {
    "documents.sealcertificate.key": "seals papers, and is never shown",
    "kernel.webhook.secret": "shown once, when it is made",
    "kernel.webhook.previous_secret": "shown once, when it was made",
    "notifications.channelsettings.sealed": "entered, used, and never shown",
}


def test_every_encrypted_column_says_who_sees_it() -> None:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            name = f"{model._meta.label_lower}.{field.name}"
            if isinstance(field, EncryptedTextField) and name not in SEEN_BY_NOBODY:
                assert issubclass(model, ScopedModel), model
                assert field.name in model.masked_fields, f"{model}.{field.name}"


# --- The master key -----------------------------------------------------------------------------


@pytest.fixture
def wrong_key(group: GroupIdentity, settings) -> Iterator[None]:
    keys.plant_platform_key()
    settings.MASTER_KEY = Fernet.generate_key().decode()
    crypto.forget_keys()
    yield
    crypto.forget_keys()


def test_a_wrong_master_key_stops_the_start_and_shows_in_readiness(wrong_key: None) -> None:
    with pytest.raises(ImproperlyConfigured, match="not the key"):
        keys.require_master_key()

    assert middleware.readiness()["master_key"] == "wrong"
    with pytest.raises(crypto.WrongMasterKey):
        crypto.encrypt("x")


def test_a_lost_platform_key_is_not_made_anew_with_a_wrong_master_key(wrong_key: None) -> None:
    from tenants.models import PlatformKey

    PlatformKey.objects.all().delete()
    with pytest.raises(crypto.WrongMasterKey):
        keys.plant_platform_key()
    assert not PlatformKey.objects.exists()


@pytest.mark.parametrize(
    "program",
    [
        ["manage.py", "check"],
        ["-c", "import forecourt.config.wsgi"],
        ["-m", "celery", "-A", "forecourt.config", "worker", "--pool", "solo"],
    ],
    ids=["check", "web", "worker"],
)
def test_no_process_starts_with_a_wrong_master_key(
    live_group: GroupIdentity, program: list[str]
) -> None:
    keys.plant_platform_key()
    process = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.kernel.other_key_settings",
            "TEST_GROUPS": connections["default"].settings_dict["NAME"],
            "TEST_CONTROL": connections["control"].settings_dict["NAME"],
            "OTHER_MASTER_KEY": Fernet.generate_key().decode(),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert process.returncode != 0
    assert "MASTER_KEY is not the key" in process.stderr


def test_all_keys_are_wrapped_anew_for_a_new_master_key(
    live_group: GroupIdentity, people: list[Customer], settings
) -> None:
    keys.plant_platform_key()
    old, new = settings.MASTER_KEY, Fernet.generate_key().decode()
    settings.MASTER_KEY = f"{new},{old}"
    try:
        call_command("rotate_keys", rewrap=True)
        settings.MASTER_KEY = new
        crypto.forget_keys()
        assert keys.state() == "ok"
        assert Customer.objects.get(pk=people[3].pk).national_id == f"{people[3].pk}-3"
    finally:
        settings.MASTER_KEY = f"{old},{new}"
        call_command("rotate_keys", rewrap=True)
        crypto.forget_keys()


@pytest.fixture
def kms_key(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in (("AWS_DEFAULT_REGION", "cn-north-1"), ("AWS_ACCESS_KEY_ID", "x")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws():
        kms._client.cache_clear()
        yield boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    kms._client.cache_clear()
    crypto.forget_keys()


def test_kms_takes_over_from_a_key_in_the_environment(
    group: GroupIdentity, settings, kms_key: str
) -> None:
    token = crypto.encrypt("kept")
    settings.MASTER_KEY = f"aws-kms:{kms_key},{settings.MASTER_KEY}"
    assert crypto.rewrap() == 1
    settings.MASTER_KEY = f"aws-kms:{kms_key}"
    crypto.forget_keys()

    assert DataKey.objects.get().wrapped.startswith("kms:")
    assert crypto.decrypt(token) == "kept"
    assert crypto.new_key() == 2
    assert crypto.decrypt(crypto.encrypt("new")) == "new"


def test_kms_is_asked_once_for_a_key_and_not_for_each_value(
    group: GroupIdentity, settings, kms_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MASTER_KEY = f"aws-kms:{kms_key},{settings.MASTER_KEY}"
    crypto.rewrap()
    crypto.forget_keys()
    asked: list[str] = []
    ask = kms.KmsKey._ask
    monkeypatch.setattr(
        kms.KmsKey,
        "_ask",
        lambda self, name, **given: asked.append(name) or ask(self, name, **given),
    )

    for number in range(5):
        assert crypto.decrypt(crypto.encrypt(str(number))) == str(number)
        rings._rings.clear()

    assert asked == ["decrypt"]


def test_a_kms_that_knows_no_such_key_or_is_away_is_told_apart(
    group: GroupIdentity, settings, kms_key: str
) -> None:
    keys.plant_platform_key()
    settings.MASTER_KEY = f"aws-kms:{kms_key},{settings.MASTER_KEY}"
    keys.rewrap_platform_key()
    crypto.forget_keys()

    settings.MASTER_KEY = "aws-kms:" + "0" * 8 + "-0000-0000-0000-" + "0" * 12
    assert keys.state() == "wrong"

    kms._client.cache_clear()
    settings.KMS_ENDPOINT_URL = "http://127.0.0.1:9"
    settings.MASTER_KEY = f"aws-kms:{kms_key}"
    assert keys.state() == "unreachable"
    with pytest.raises(ImproperlyConfigured, match="does not answer"):
        keys.require_master_key()
