"""Documents among a hundred thousand: found by a word that stands in all, and by a rare one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from infra.bench.figures import Bench, Result

COMMON = "合同"
FILL = """
    WITH files AS (
        INSERT INTO {schema}.kernel_storedfile (key, purpose, name, content_type, size, sha256,
            state, refusal, upload_id, created_at, attempts, has_thumbnail, text)
        SELECT md5(n::text), 'documents.document', 'bench.pdf', 'application/pdf', 1000,
            repeat('a', 64), 'READY', '', '', now(), 0, false, ''
        FROM generate_series(1, {documents}) n RETURNING id, key
    ), numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS n FROM files
    ), papers AS (
        INSERT INTO {schema}.documents_document (kind_id, title, folder, tags, state, store_id,
            added_at, hold_reason, search_text, grams)
        SELECT (SELECT id FROM {schema}.documents_documentkind WHERE code = 'other'),
            'bench ' || n, '', '{{}}', 'CHECKING', {store}, now(), '',
            '购车合同 ' || lpad(n::text, 6, '0'),
            ARRAY['购车', '车合', '合同'] || ARRAY(
                SELECT DISTINCT substr(lpad(n::text, 6, '0'), at, 3) FROM generate_series(1, 4) at)
        FROM numbered RETURNING id
    ), pairs AS (
        SELECT paper.id AS document_id, file.id AS file_id
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM papers) paper
        JOIN numbered file USING (n)
    ), links AS (
        INSERT INTO {schema}.documents_documentlink (document_id, subject, subject_id)
        SELECT document_id, 'organisation.store', {store} FROM pairs
    )
    INSERT INTO {schema}.documents_documentversion (document_id, number, file_id, note, added_at)
    SELECT document_id, 1, file_id, '', now() FROM pairs
"""
SHOW = """
    UPDATE {schema}.documents_document document SET state = 'READY', current_id = version.id
    FROM {schema}.documents_documentversion version
    WHERE version.document_id = document.id AND document.title LIKE 'bench %'
"""
TABLES = ("documents_document", "documents_documentversion", "documents_documentlink")


def k11_documents(bench: Bench) -> Iterator[Result]:
    """Fifty of them over the API, the newest first."""
    count, schema = bench.scale.documents, bench.filled.schema_name
    with bench.site.superuser() as server:
        values = {"schema": schema, "documents": count, "store": bench.filled.store_ids[0]}
        server.execute(FILL.format(**values))
        server.execute(SHOW.format(**values))
        for table in (*TABLES, "kernel_storedfile"):
            server.execute(f"VACUUM ANALYZE {schema}.{table}")
    rare = f"{count // 2:06d}"
    for what, query in (
        ("", ""),
        (" by a word in all", f"&q={quote(COMMON)}"),
        (" by one", f"&q={rare}"),
    ):
        address = f"/api/v1/documents?limit=50{query}"
        yield bench.latency(
            "K11",
            f"documents{what} among {count:,}",
            lambda _number, address=address: bench.product.expect(200, "GET", address),
            None,
            None,
        )
