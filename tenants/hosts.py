"""Host names that people enter: which may be a group's own, and how they are written."""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from forecourt.kernel.errors import Invalid

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_OF_ALL = 253
LONGEST = 240
"""Of a group's own name, which leaves room for the name of the record."""
REGISTRY_LABELS = (
    "com co net org gov edu ac mil go or ne ad ed lg gr idv ltd plc sch nom info biz web"
)
REGISTRIES = frozenset(REGISTRY_LABELS.split())
"""Below a country's two letters these are where anybody registers names: com.cn, co.uk."""
PROVINCE_LABELS = (
    "ah bj cq fj gd gs gx gz ha hb he hi hk hl hn jl js jx ln mo nm nx qh sc sd sh sn sx tj tw xj "
    "xz yn zj"
)
PROVINCES = frozenset(PROVINCE_LABELS.split())
"""Below .cn, likewise."""
NOT_PUBLIC = frozenset(
    ["localhost", "local", "internal", "invalid", "test", "example", "onion", "arpa", "lan", "home"]
)


class HostRefused(Invalid):
    """The name is none that a group can have."""

    code = "host_refused"


def cleaned(text: str) -> str:
    """A host name as the DNS writes it; one in Chinese letters in its ASCII form.

    Raises HostRefused beside ``host``, in words for the person.
    """
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").strip("/. ")
    if not host.isascii():
        host = _in_ascii(host)
    labels = host.split(".")
    if len(host) > LONGEST or not is_well_formed(host):
        raise _refused(_("Enter a host name only, such as dms.example.com."))
    if len(labels) == 1 or labels[-1].isdigit() or labels[-1] in NOT_PUBLIC:
        raise _refused(_("Enter a host name of the public internet, such as dms.example.com."))
    if is_ours(host):
        raise _refused(_("This name is one of Forecourt's own."))
    if is_public_suffix(labels):
        raise _refused(_("Anybody can register names below this one, so it is nobody's own."))
    return host


def is_well_formed(host: str) -> bool:
    """Whether a text is written as a host name is; nothing else is worth a question."""
    return len(host) <= LONGEST_OF_ALL and all(map(LABEL.fullmatch, host.split(".")))


def is_ours(host: str) -> bool:
    """Our own domain, or a name below it: whatever stands there is ours to promise for."""
    return host == settings.BASE_DOMAIN or host.endswith(f".{settings.BASE_DOMAIN}")


def is_public_suffix(labels: list[str]) -> bool:
    """Whether a name of two labels is where others register theirs.

    The record in the DNS is what decides; this only spares somebody a wait in vain.
    """
    if len(labels) != 2 or len(labels[1]) != 2:
        return False
    return labels[0] in REGISTRIES or (labels[1] == "cn" and labels[0] in PROVINCES)


def _in_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise _refused(_("Enter a host name only, such as dms.example.com.")) from error


def _refused(message: str) -> HostRefused:
    return HostRefused(message, field="host")
