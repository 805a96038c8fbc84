"""PAdES: a certification that allows no change. What :mod:`forecourt.kernel.papers.seals` does."""

from collections.abc import Iterable
from io import BytesIO

from asn1crypto import cms, pem
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError, UnacceptableSignerError
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from forecourt.kernel.papers.seals import Seal, SealBroken

FIELD = "Seal"


def seal(content: bytes, *, certificate: str, key: str, reason: str = "") -> bytes:
    mine = _certificate(certificate)
    signer = signers.SimpleSigner(
        signing_cert=mine,
        signing_key=asn1_keys.PrivateKeyInfo.load(pem.unarmor(key.encode())[2]),
        cert_registry=SimpleCertificateStore(),
    )
    details = signers.PdfSignatureMetadata(
        field_name=FIELD,
        name=str(mine.subject.native.get("common_name", "")),
        reason=reason or None,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    try:
        writer = IncrementalPdfFileWriter(BytesIO(content))
        sealed = signers.sign_pdf(writer, details, signer=signer)
    except (PdfError, SigningError, UnacceptableSignerError) as fault:
        raise ValueError(str(fault)) from fault
    return bytes(sealed.getbuffer())


def verify_seal(content: bytes, *, certificates: Iterable[str]) -> Seal:
    trusted = [_certificate(text) for text in certificates]
    try:
        found = PdfFileReader(BytesIO(content)).embedded_signatures
        if len(found) != 1:
            raise SealBroken(f"{len(found)} signatures where there is one")
        status = validate_pdf_signature(found[0], _trusting(trusted), skip_diff=True)
        whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        exact = _is_as_we_write_it(content, found[0])
    except SealBroken:
        raise
    except Exception as fault:  # bytes that somebody has changed end in any of a reader's faults
        raise SealBroken(f"the file cannot be read: {fault}") from fault
    _require_sound(status, whole=whole and exact)
    signing = status.signing_cert
    return Seal(
        name=str(signing.subject.native.get("common_name", "")),
        sealed_at=status.signer_reported_dt,
        fingerprint=signing.sha256.hex(),
    )


def _require_sound(status: PdfSignatureStatus, *, whole: bool) -> None:
    if not status.intact or not status.valid:
        raise SealBroken("the contents were changed after they were sealed")
    if not whole:
        raise SealBroken("something was added after it was sealed")
    if not status.trusted:
        raise SealBroken("it was sealed with a certificate that is not the group's")
    if not status.bottom_line:
        raise SealBroken("the seal does not hold")


def _is_as_we_write_it(content: bytes, found: EmbeddedPdfSignature) -> bool:
    """Whether the gap that a seal leaves for itself is byte by byte what :func:`seal` puts there.

    What is in the gap is not signed: neither the envelope around what is, nor the room behind it.
    """
    _start, before, after, _length = (int(number) for number in found.byte_range)
    written = _envelope(found.signer_info, found.signer_cert).hex().upper().encode()
    return content[before:after] == b"<%s>" % written.ljust(after - before - 2, b"0")


def _envelope(signer: cms.SignerInfo, certificate: asn1_x509.Certificate) -> bytes:
    """The one way in which we put the signed attributes, the signature and the certificate."""
    sha256 = {"algorithm": "sha256"}
    number = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    identifier = cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(number))
    mine = cms.SignerInfo(
        {
            "version": "v1",
            "sid": identifier,
            "digest_algorithm": sha256,
            "signed_attrs": signer["signed_attrs"],
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signer["signature"].native,
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices("certificate", certificate)],
            "signer_infos": [mine],
        }
    )
    whole = cms.ContentInfo({"content_type": "signed_data", "content": data})
    return bytes(whole.dump(force=True))


def _trusting(certificates: list[asn1_x509.Certificate]) -> ValidationContext:
    return ValidationContext(trust_roots=certificates, allow_fetching=False)


def _certificate(text: str) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(pem.unarmor(text.encode())[2])
