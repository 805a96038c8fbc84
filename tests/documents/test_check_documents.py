"""The command that compares documents with the store, and puts right what it can."""

import io
import json
import os
import time
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.documents.models import Document
from forecourt.kernel.groups import current_group
from tests.factories.documents import make_document, make_version


def run(*options: str) -> dict:
    out = io.StringIO()
    group = current_group()
    with suppress(SystemExit):
        call_command("check_documents", "--json", f"--group={group.slug}", *options, stdout=out)
    return json.loads(out.getvalue())


def test_what_is_broken_is_found_mended_and_then_well(group, place, folder) -> None:
    sound = make_document(place)
    lost = make_document(place, content=b"the only version")
    changed = make_document(place, content=b"first")
    make_version(changed, content=b"second")
    assert run("--deep")["ok"]
    paths = {path.name: path for path in folder.rglob("files/*")}
    lost.refresh_from_db()
    changed.refresh_from_db()
    paths[lost.current.file.key].unlink()
    paths[changed.current.file.key].write_bytes(b"forged")
    stray = paths[sound.current.file.key].with_name("0" * 32)
    stray.write_bytes(b"nobody's")
    old = time.time() - 3 * 24 * 3600
    os.utime(stray, (old, old))

    shallow = run()["groups"][0]["problems"]
    deep = run("--deep")["groups"][0]["problems"]
    assert f"document {lost.pk} version 1 has no bytes in the store" in shallow
    assert len(shallow) == 2
    assert f"document {changed.pk} version 2 has other bytes than when it was accepted" in deep

    assert run("--deep", "--mend")["ok"]

    assert run("--deep") == {
        "ok": True,
        "groups": [{"group": group.slug, "problems": [], "mended": 0, "unavailable": ""}],
    }
    assert not stray.exists()
    states = {
        row.pk: (row.state, row.current and row.current.number) for row in Document.objects.all()
    }
    assert states == {
        sound.pk: ("READY", 1),
        lost.pk: ("REFUSED", None),
        changed.pk: ("READY", 1),
    }


def test_a_group_that_is_not_there_is_said_so(group) -> None:
    with pytest.raises(CommandError):
        call_command("check_documents", "--group=nobody")
