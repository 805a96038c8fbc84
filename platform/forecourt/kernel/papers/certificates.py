"""The certificate that a group seals its papers with: made by us, signed by itself.

A seal proves that a paper is as the group made it. Whoever has the group's public certificate (its
settings hand it out) can check that without us; a certificate of a public authority can take its
place without any change here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LASTS = timedelta(days=3650)
LONGEST_NAME = 64
"""What X.509 allows for a name."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Both as PEM; ``key`` is to be encrypted wherever it is kept."""

    certificate: str
    key: str
    fingerprint: str
    valid_until: datetime


def make_key_pair(*, name: str, at: datetime) -> KeyPair:
    """A new key of the curve P-256 and a certificate in this name, valid for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:LONGEST_NAME]),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:LONGEST_NAME]),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ: a seal of this minute must not come before its certificate.
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_for_signing(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return KeyPair(
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key=private.decode(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        valid_until=certificate.not_valid_after_utc,
    )


def _for_signing() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
