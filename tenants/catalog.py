"""What a schema looks like, as lines of text that are equal for equal schemas.

Two groups of one release must not differ in a single line, and neither may differ from a schema
that Django's own migrations have made.
"""

from typing import Any

from django.db import connections

from tenants.releases import OWNER

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
           a.attgenerated, coalesce(pg_get_expr(d.adbin, d.adrelid), ''),
           coalesce(collname, '')
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
    SELECT c.relname, k.conname, k.contype, pg_get_constraintdef(k.oid), k.convalidated,
           k.condeferrable, k.condeferred
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.connamespace = %s::regnamespace
"""
INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique, i.indisprimary
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = %s::regnamespace
"""
SEQUENCES = """
    SELECT c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
           s.seqcache, s.seqcycle, coalesce(t.relname || '.' || a.attname, '')
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
    LEFT JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i')
                         AND d.classid = 'pg_class'::regclass
    LEFT JOIN pg_class t ON t.oid = d.refobjid
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE c.relnamespace = %s::regnamespace
"""
RELATIONS = """
    SELECT c.relname, c.relkind, c.relpersistence, c.relispartition,
           EXISTS (SELECT 1 FROM pg_inherits h WHERE h.inhrelid = c.oid)
    FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind <> 'i'
"""
PROGRAMS = """
    SELECT p.proname FROM pg_proc p WHERE p.pronamespace = %s::regnamespace
"""
TRIGGERS = """
    SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = %s::regnamespace
"""
QUERIES = {
    "relation": RELATIONS,
    "column": COLUMNS,
    "constraint": CONSTRAINTS,
    "index": INDEXES,
    "sequence": SEQUENCES,
    "function": PROGRAMS,
    "trigger": TRIGGERS,
}


def lines_of(schema_name: str) -> list[str]:
    """Every relation, column, constraint, index, sequence, function and trigger; sorted.

    The order of columns does not count, and the schema's own name is left out of definitions.
    Raises ProgrammingError for a schema that is not there.
    """
    lines = []
    with connections[OWNER].cursor() as cursor:
        for kind, query in QUERIES.items():
            cursor.execute(query, [schema_name])
            lines += [_line(kind, row, schema_name) for row in cursor.fetchall()]
    return sorted(lines)


def differences(expected: list[str], found: list[str]) -> list[str]:
    """What is missing (``-``) and what is too much (``+``)."""
    wanted, there = set(expected), set(found)
    return [f"- {line}" for line in sorted(wanted - there)] + [
        f"+ {line}" for line in sorted(there - wanted)
    ]


def _line(kind: str, row: tuple[Any, ...], schema_name: str) -> str:
    text = " | ".join(str(value) for value in row)
    return f"{kind} {text}".replace(f'"{schema_name}".', "").replace(f"{schema_name}.", "")
