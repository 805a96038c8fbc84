"""Whatever is wrong with an archive is named, and nothing is changed."""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError
from django.db import connection
from django.utils import translation

from forecourt.accounts.models import User
from forecourt.kernel import archived
from forecourt.kernel.groups import inside
from tenants.archive import checking
from tenants.archive.layout import MANIFEST, MANIFEST_SEAL
from tenants.archive.tables import tables_in
from tenants.models import DealerGroup, GroupImport
from tests.archive.conftest import Leaver

Members = dict[str, bytes]
CSV = "tables/crm_customer.csv"


@pytest.fixture(autouse=True)
def spoken() -> Iterator[None]:
    """What is refused is read here in English, whatever was spoken before."""
    with translation.override("en"):
        yield


def without(name: str) -> Callable[[Members], Any]:
    return lambda members: members.pop(name)


def put(name: str, content: bytes) -> Callable[[Members], Any]:
    return lambda members: members.update({name: content})


def change(name: str, old: bytes, new: bytes) -> Callable[[Members], Any]:
    def do(members: Members) -> None:
        assert old in members[name]
        members[name] = members[name].replace(old, new)

    return do


def flip(name: str) -> Callable[[Members], Any]:
    def do(members: Members) -> None:
        content = members[name]
        members[name] = content[:-1] + bytes([content[-1] ^ 1])

    return do


def say(**facts: Any) -> Callable[[Members], Any]:
    """A manifest that says something else, and carries a seal of the right key all the same."""

    def do(members: Members) -> None:
        manifest = json.loads(members[MANIFEST])
        for name, value in facts.items():
            manifest[name] = value(manifest[name]) if callable(value) else value
        members[MANIFEST] = json.dumps(manifest).encode()
        members[MANIFEST_SEAL] = b"again"

    return do


UNSEALED = {
    "a changed table": (change(CSV, b"name", b"nome"), f"{CSV} was changed"),
    "a longer table": (change(CSV, b"name", b"namename"), f"{CSV} is longer"),
    "a changed secret": (flip("sealed/accounts_user.csv.sealed"), "accounts_user.* was changed"),
    "a changed file": (flip("files/custom/large.bin"), "files/custom/large.bin was changed"),
    "a missing file": (without("files/custom/large.bin"), "files/custom/large.bin is missing"),
    "a foreign member": (put("files/x", b"x"), "'files/x' stands in no list"),
    "a name that climbs": (put("files/../../x", b"x"), "'files/../../x' is no name"),
    "an absolute name": (put("/etc/passwd", b"x"), "'/etc/passwd' is no name"),
    "a name of elsewhere": (put("run.exe", b"x"), "'run.exe' does not belong"),
    "a bomb": (put("files/bomb", bytes(50_000_000)), "'files/bomb' would grow from"),
    "no manifest": (without(MANIFEST), f"{MANIFEST} is missing"),
    "no text as manifest": (put(MANIFEST, b"\xff"), "cannot be read: this is no archive"),
    "a changed manifest": (
        change(MANIFEST, b'"rows": ', b'"rows": 1'),
        "The manifest was changed",
    ),
    "another product": (change(MANIFEST, b'"forecourt"', b'"else"'), "made by 'else'"),
    "a later format": (change(MANIFEST, b'"format": 1', b'"format": 9'), "has the format 9"),
}
SEALED = {
    "a later release": (
        say(release=lambda known: {**known, "migrations": [*known["migrations"], "crm.9999_x"]}),
        "does not know .crm.9999_x",
    ),
    "an earlier release": (
        say(release=lambda known: {**known, "migrations": known["migrations"][:-1]}),
        "older release: it lacks",
    ),
    "a table too many": (
        say(tables=lambda known: {**known, "extra": known["crm_customer"]}),
        "The table extra is only in the archive",
    ),
    "other columns": (
        say(
            tables=lambda known: {
                **known,
                "crm_customer": {**known["crm_customer"], "columns": ["id"]},
            }
        ),
        "crm_customer has other columns",
    ),
    "rows that are not there": (
        say(
            tables=lambda known: {
                **known,
                "kernel_preference": {**known["kernel_preference"], "rows": 7},
            }
        ),
        "kernel_preference has 1 rows",
    ),
}


def rewritten(source: Path, target: Path, alter: Callable[[Members], Any]) -> Path:
    """The archive with other members, and with a manifest sealed anew where that is asked for."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    alter(members)
    if members.get(MANIFEST_SEAL) == b"again":
        with checking.opened(source, passphrase="") as known:
            members[MANIFEST_SEAL] = known.key.stamp(members[MANIFEST]).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def require_untouched(group: DealerGroup) -> None:
    with inside(group.identity):
        assert not User.objects.exists()
        assert list(storages["default"].everything()) == []
    assert DealerGroup.objects.get(pk=group.pk).state == DealerGroup.State.TRIALING


def test_a_bad_archive_is_refused_with_what_is_wrong(leaver: Leaver, tmp_path: Path) -> None:
    whole, bad = tmp_path / "whole.zip", tmp_path / "bad.zip"
    leaver.export(whole)
    group = leaver.start_over()

    for name, (alter, message) in {**UNSEALED, **SEALED}.items():
        rewritten(whole, bad, alter)
        with pytest.raises(CommandError) as refusal:
            leaver.bring_back(bad)
        assert re.search(message, str(refusal.value)), (name, str(refusal.value))
        assert not GroupImport.objects.exists(), name
        require_untouched(group)

    for cut in (100, whole.stat().st_size // 2, whole.stat().st_size - 10):
        bad.write_bytes(whole.read_bytes()[:cut])
        with pytest.raises(CommandError, match="no archive, or was cut off"):
            leaver.bring_back(bad)
    with pytest.raises(CommandError, match="does not exist"):
        leaver.bring_back(tmp_path / "none.zip")

    assert leaver.bring_back(whole)["problems"] == []
    assert leaver.group.state == DealerGroup.State.TRIALING
    with pytest.raises(CommandError, match="leaver is not empty: it has 3 accounts"):
        leaver.bring_back(whole)


def test_a_wrong_passphrase_is_told_from_none(
    leaver: Leaver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / "a.zip"
    monkeypatch.setenv("ARCHIVE_PASSPHRASE", "short")
    with pytest.raises(CommandError, match="at least 12"):
        leaver.export(archive)
    assert not archive.exists()
    monkeypatch.setenv("ARCHIVE_PASSPHRASE", "correct horse battery")
    leaver.export(archive)
    group = leaver.start_over()

    for passphrase, message in {"": "give it", "wrong horse battery": "not the right one"}.items():
        monkeypatch.setenv("ARCHIVE_PASSPHRASE", passphrase)
        with pytest.raises(CommandError, match=message):
            leaver.bring_back(archive)
    require_untouched(group)


HARMLESS = {
    # How a token begins, which is no help in guessing the rest, and when it was made.
    "crm_leadfeed.token_hint",
    "crm_leadfeed.token_made_at",
    "kernel_auditseal.hash",
    "kernel_auditseal.previous_hash",
}
"""Columns that are called like a secret and are none, each looked at."""


def test_every_column_that_sounds_like_a_secret_is_withheld(group) -> None:
    with connection.cursor() as cursor:
        tables = tables_in(cursor, group.schema_name)
    sounds = re.compile(r"password|secret|token|digest|hash|wrapped|otp|credential")
    shown = {
        f"{table.name}.{column}"
        for table in tables
        for column in table.readable
        if sounds.search(column)
    }
    assert shown == HARMLESS
    assert set(archived.withheld_columns()) <= {table.name for table in tables}
