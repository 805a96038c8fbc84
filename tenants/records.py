"""Asks the DNS for the records by which a group proves that a host name is hers."""

from django.conf import settings

PREFIX = "_forecourt."
"""Before the host name, for the name itself may be an alias, beside which no record can stand."""
SECONDS = 6.0
"""How long all servers together are waited for."""
LONGEST = 255


class NoAnswer(Exception):
    """The DNS did not answer, so whether there is a record is not known."""


def texts_at(host: str) -> set[str]:
    """The texts of the TXT records below a host name; none where there is no such record.

    Raises NoAnswer.
    """
    import dns.exception  # noqa: PLC0415 - only workers and one button need it
    import dns.resolver  # noqa: PLC0415

    try:
        resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
        if settings.DNS_SERVERS:
            resolver.nameservers = settings.DNS_SERVERS
            resolver.port = settings.DNS_PORT
        answer = resolver.resolve(f"{PREFIX}{host}.", "TXT", lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return set()
    except dns.exception.DNSException as error:
        raise NoAnswer(f"{type(error).__name__}: {error}"[:300]) from error
    return {_text(record) for record in answer}


def _text(record: object) -> str:
    """Long texts come in pieces, which belong together."""
    pieces: tuple[bytes, ...] = record.strings
    return b"".join(pieces).decode("ascii", "replace").strip()[:LONGEST]
