"""How commands show what was erased."""

from collections.abc import Iterator
from typing import Any

from tenants.erasure import certificate_path
from tenants.models import ErasureCertificate
from tenants.signups import public_url


def facts_of(certificate: ErasureCertificate) -> dict[str, Any]:
    return {
        "slug": certificate.slug,
        "schema": certificate.schema_name,
        "begun_at": certificate.begun_at,
        "erased_at": certificate.erased_at,
        "rows": certificate.counts,
        "places": certificate.places,
        "url": _address(certificate),
    }


def lines_of(certificate: ErasureCertificate) -> Iterator[str]:
    yield f"{certificate.slug} erased with {certificate.row_count} rows."
    for place, count in sorted(certificate.places.items()):
        yield f"  {place}: {count}"
    if address := _address(certificate):
        yield f"Certificate: {address}"


def _address(certificate: ErasureCertificate) -> str:
    path = certificate_path(certificate)
    return public_url(path) if path else ""
