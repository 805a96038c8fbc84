"""Marks and seals: what an outsider can check, and that no byte may change."""

import hashlib
import random
import subprocess
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from forecourt.kernel import papers
from forecourt.kernel.errors import Invalid
from forecourt.kernel.papers import Mark, SealBroken, seal, verify_seal
from tests.papers.test_setting import AT, made, words_of

KEYS = papers.make_key_pair(name="华东汽车集团", at=datetime.now(UTC))
STROKES = tuple(
    tuple((step / 40, 0.5 + 0.3 * (-1) ** step) for step in range(start, start + 20))
    for start in (0, 20)
)
PAPER = made("合同正文\n\n{{signature:customer}} {{signature:store}}")
SEALED = seal(PAPER.content, certificate=KEYS.certificate, key=KEYS.key, reason="合同")


def signature_in(content: bytes) -> tuple[cms.SignedData, bytes]:
    """The CMS in a PDF and the bytes that it is about, found without the library that made it."""
    at = content.index(b"/ByteRange")
    numbers = content[content.index(b"[", at) + 1 : content.index(b"]", at)].split()
    start, before, after, length = (int(number) for number in numbers)
    hexadecimal = content[before + 1 : after - 1]
    signed = content[start:before] + content[after : after + length]
    return cms.ContentInfo.load(bytes.fromhex(hexadecimal.decode()))["content"], signed


def test_a_seal_holds_for_us_and_names_the_group() -> None:
    before = datetime.now(UTC)
    sealed = seal(PAPER.content, certificate=KEYS.certificate, key=KEYS.key, reason="合同")
    found = verify_seal(sealed, certificates=[KEYS.certificate])

    assert found.name == "华东汽车集团"
    assert found.fingerprint == KEYS.fingerprint
    assert found.sealed_at is not None
    # A PDF keeps whole seconds.
    assert before - timedelta(seconds=1) <= found.sealed_at <= datetime.now(UTC)


def test_a_seal_holds_by_the_mathematics_of_another_library() -> None:
    data, signed = signature_in(SEALED)
    signer = data["signer_infos"][0]
    attributes = {one["type"].native: one["values"][0].native for one in signer["signed_attrs"]}
    certificate = x509.load_pem_x509_certificate(KEYS.certificate.encode())

    assert attributes["message_digest"] == hashlib.sha256(signed).digest()
    certificate.public_key().verify(
        signer["signature"].native,
        signer["signed_attrs"].untag().dump(),
        ec.ECDSA(hashes.SHA256()),
    )


def test_a_seal_holds_for_openssl(tmp_path: Path) -> None:
    data, signed = signature_in(SEALED)
    whole = cms.ContentInfo({"content_type": "signed_data", "content": data})
    (tmp_path / "seal.der").write_bytes(whole.dump())
    (tmp_path / "signed").write_bytes(signed)
    (tmp_path / "group.pem").write_text(KEYS.certificate)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", "seal.der", "-content",
               "signed", "-binary", "-CAfile", "group.pem", "-purpose", "any",
               "-partial_chain", "-out", "/dev/null"]  # fmt: skip

    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "signed").write_bytes(signed[:-1] + b"x")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_one_changed_byte_breaks_the_seal_wherever_it_lies() -> None:
    chance = random.Random(5)
    gap = SEALED.index(b"/Contents <")
    data, _signed = signature_in(SEALED)
    length = 2 * len(data.dump())
    # The envelope's head, all that follows in it by chance, the room behind it, and the whole file.
    places = {*range(gap, gap + 90, 3), *chance.sample(range(gap, gap + length + 80), 40)}
    places |= {*chance.sample(range(len(SEALED)), 20), 0, len(SEALED) - 2, gap + 2_500}

    for number, place in enumerate(sorted(places)):
        changed = bytearray(SEALED)
        changed[place] ^= (1, 0x20, 4)[number % 3]
        with pytest.raises(SealBroken):
            verify_seal(bytes(changed), certificates=[KEYS.certificate])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7 and no more",
        PAPER.content,
        SEALED + b"\n% more",
        SEALED[:-40],
        papers.put_mark(SEALED, PAPER.fields[0], Mark("甲", ""), language="en", at=AT),
        papers.append_pages(SEALED, PAPER.content),
    ],
)
def test_what_is_not_as_it_was_sealed_is_told(content: bytes) -> None:
    with pytest.raises(SealBroken):
        verify_seal(content, certificates=[KEYS.certificate])


def test_a_seal_of_somebody_else_is_not_the_groups() -> None:
    other = papers.make_key_pair(name="华东汽车集团", at=datetime.now(UTC))

    with pytest.raises(SealBroken, match="not the group's"):
        verify_seal(SEALED, certificates=[other.certificate])


def test_what_is_sealed_is_not_sealed_again() -> None:
    with pytest.raises(ValueError, match=r"\w"):
        seal(SEALED, certificate=KEYS.certificate, key=KEYS.key)


def test_a_mark_lies_in_its_field_and_the_paper_before_it_is_untouched() -> None:
    field = PAPER.fields[1]
    signed = papers.put_mark(
        PAPER.content, field, Mark("王䶮", "2026-05-04 17:12", STROKES), language="en", at=AT
    )
    both = papers.put_mark(
        signed, PAPER.fields[0], Mark("张㛃", "typed"), language="zh-hans", at=AT
    )

    assert both.startswith(signed) and signed.startswith(PAPER.content)
    assert "合同正文" in words_of(both) and "张㛃" in words_of(both)
    before, after = (pixels(content, field) for content in (PAPER.content, signed))
    assert sum(before) - sum(after) > 20_000
    assert pixels(signed, PAPER.fields[0]) == pixels(PAPER.content, PAPER.fields[0])


def pixels(content: bytes, field: papers.SignatureField) -> bytes:
    """What the inside of a field looks like, in grey."""
    with pypdfium2.PdfDocument(content) as document:
        picture = document[field.page - 1].render(scale=2).to_pil().convert("L")
    left, top = field.x * 2, field.y * 2
    return picture.crop(
        (int(left), int(top), int(left + field.width * 2), int(top + field.height * 2 - 4))
    ).tobytes()


def test_pages_of_evidence_come_last() -> None:
    longer = papers.append_pages(PAPER.content, made("证据\n\n{{page_break}}\n\n第二").content)

    with pypdfium2.PdfDocument(BytesIO(longer)) as document:
        words = [page.get_textpage().get_text_range() for page in document]
    assert len(words) == 3
    assert "合同正文" in words[0] and "证据" in words[1] and "第二" in words[2]


@pytest.mark.parametrize(
    "sent",
    [
        "x",
        "{}]",
        "[[[0, 0], [2, 1]]]",
        "[[[NaN, 0]]]",
        "[[[1e400, 0]]]",
        "[[1, 2]]",
        "[[[0.1, 0.2]]]",
        "[" * 100_000,
        str([[[0.5, 0.5]] * 5_001]),
        str([[[0.5, 0.5]]] * 201),
        '[[["a", "b"]]]',
        "7",
    ],
)
def test_strokes_that_are_none_are_refused(sent: str) -> None:
    with pytest.raises(Invalid) as refused:
        papers.read_strokes(sent)

    assert refused.value.field == "strokes"


@pytest.mark.parametrize("name", ["", " \n ", "名" * 61, "😀", "\u202e"])
def test_a_name_that_cannot_be_printed_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        papers.require_name(name)

    assert refused.value.field == "name"
