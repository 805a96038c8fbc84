"""What is measured, each item beside its floors; in the order in which it runs."""

from collections.abc import Callable, Iterator

from infra.bench.figures import Bench, Result
from infra.bench.items.api import w2_leads, w3_list, w4_search
from infra.bench.items.audit import k2_audit_log
from infra.bench.items.custom import k1_custom_fields
from infra.bench.items.desk import k10_desk
from infra.bench.items.documents import k11_documents
from infra.bench.items.duplicates import k8_duplicates
from infra.bench.items.files import k3_customers, k4_palette, k5_exports
from infra.bench.items.groups import w1_sign_up, w7_memory, w10_migrations
from infra.bench.items.imports import w8_import
from infra.bench.items.pages import w5_headquarters, w6_in_a_browser
from infra.bench.items.papers import k6_papers
from infra.bench.items.segments import k9_segments
from infra.bench.items.transfers import w9_transfers
from infra.bench.items.uploads import k7_uploads

ITEMS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "W1": w1_sign_up,
    "W2": w2_leads,
    "W3": w3_list,
    "W4": w4_search,
    "W5": w5_headquarters,
    "W6": w6_in_a_browser,
    "W7": w7_memory,
    "W8": w8_import,
    "W9": w9_transfers,
    "K4": k4_palette,
    "K6": k6_papers,
    "K7": k7_uploads,
    "K9": k9_segments,
    "K10": k10_desk,
    "K11": k11_documents,
    "K1": k1_custom_fields,
    # From here on there are twice as many customers.
    "K3": k3_customers,
    "K5": k5_exports,
    "K8": k8_duplicates,
    "K2": k2_audit_log,
    # Last, for its groups have a column that this release does not know.
    "W10": w10_migrations,
}
