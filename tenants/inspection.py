"""Whether the platform is in order: every group whole, its rights right, nothing left over."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connections
from django.db.utils import DatabaseError

from forecourt.kernel.groups import inside
from forecourt.kernel.verify import Problem, run_checks
from tenants import catalog, schemas
from tenants.hosts import is_ours
from tenants.models import DealerGroup, Domain, OwnDomain, Space
from tenants.releases import OWNER, append_only_tables, this_release
from tenants.scripts import catalog_of

RIGHTS = """
    SELECT c.relname,
           has_table_privilege(%(role)s, c.oid, 'SELECT'),
           has_table_privilege(%(role)s, c.oid, 'INSERT'),
           has_table_privilege(%(role)s, c.oid, 'UPDATE'),
           has_table_privilege(%(role)s, c.oid, 'DELETE'),
           has_table_privilege(%(role)s, c.oid, 'TRUNCATE, TRIGGER, REFERENCES')
    FROM pg_class c
    WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p')
"""
SCHEMA_RIGHTS = """
    SELECT has_schema_privilege(%(role)s, %(schema)s, 'USAGE'),
           has_schema_privilege(%(role)s, %(schema)s, 'CREATE')
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """``group`` is an address, or empty for what belongs to no group."""

    group: str
    check: str
    subject: str
    message: str


def inspect(groups: Iterable[DealerGroup]) -> Iterator[tuple[str, list[Finding]]]:
    """What is wrong, for each group in turn: its tables, its rights, then its data."""
    present = schemas.present()
    expected = catalog_of(this_release())
    for group in groups:
        if group.schema_name not in present:
            yield group.slug, [_finding(group, "schema", "the group has no schema")]
            continue
        findings = list(_tables(group, expected)) + list(_rights(group)) + list(_data(group))
        yield group.slug, findings


def inspect_platform() -> list[Finding]:
    """What is wrong between groups, spaces, schemas and addresses."""
    present = schemas.present()
    groups = dict(DealerGroup.objects.values_list("schema_name", "slug"))
    spaces = {space.schema_name: space for space in Space.objects.all()}
    findings = [
        Finding("", "schemas", name, "belongs to no group and no space")
        for name in sorted(present - groups.keys() - spaces.keys())
    ]
    for name, space in sorted(spaces.items()):
        if space.state == Space.State.READY and name not in present:
            findings.append(Finding("", "spaces", name, "is said to be ready and has no schema"))
        if space.state == Space.State.TAKEN and name not in groups:
            findings.append(Finding("", "spaces", name, "is taken by no group"))
        if space.state == Space.State.READY and name in groups:
            findings.append(Finding("", "spaces", name, "is ready and belongs to a group"))
    reachable = set(Domain.objects.values_list("tenant__schema_name", flat=True))
    findings += [
        Finding(groups[name], "addresses", name, "the group has no address")
        for name in sorted(groups.keys() - reachable)
    ]
    return findings + list(inspect_own_domains())


def inspect_own_domains() -> Iterator[Finding]:
    """A proven name answers, nothing else does, and links lead to a proven one or to ours."""
    proven = set(
        OwnDomain.objects.filter(state=OwnDomain.State.PROVEN).values_list("group__slug", "host")
    )
    answering = {
        (slug, host)
        for slug, host in Domain.objects.values_list("tenant__slug", "domain")
        if not is_ours(host)
    }
    chosen = set(DealerGroup.objects.exclude(host="").values_list("slug", "host"))
    for slug, host in sorted(proven - answering):
        yield Finding(slug, "own domains", host, "is proven and does not answer")
    for slug, host in sorted(answering - proven):
        yield Finding(slug, "own domains", host, "answers and is not proven")
    for slug, host in sorted(chosen - proven):
        yield Finding(slug, "own domains", host, "links lead there and it is not proven")


def _finding(group: DealerGroup, check: str, message: str, subject: str = "") -> Finding:
    return Finding(group.slug, check, subject or group.schema_name, message)


def _tables(group: DealerGroup, expected: list[str]) -> Iterator[Finding]:
    for line in catalog.differences(expected, catalog.lines_of(group.schema_name)):
        yield _finding(group, "tables of this release", line)


def _rights(group: DealerGroup) -> Iterator[Finding]:
    role = schemas.runtime_role()
    if role is None:
        return
    append_only = set(append_only_tables())
    name = group.schema_name
    with connections[OWNER].cursor() as cursor:
        cursor.execute(SCHEMA_RIGHTS, {"role": role, "schema": name})
        if cursor.fetchone() != (True, False):
            yield _finding(group, "rights", "the application must use the schema and not add to it")
        cursor.execute(RIGHTS, {"role": role, "schema": name})
        for table, *rights in cursor.fetchall():
            bookkeeping = table == "django_migrations"
            may_change = not bookkeeping and table not in append_only
            if rights != [True, not bookkeeping, may_change, may_change, False]:
                yield _finding(group, "rights", "the application has wrong rights", table)


def _data(group: DealerGroup) -> Iterator[Finding]:
    with inside(group.identity):
        try:
            for check, problems in run_checks():
                yield from (_from_problem(group, check, problem) for problem in problems)
        except DatabaseError as error:
            yield _finding(group, "data", f"could not be checked: {error}")


def _from_problem(group: DealerGroup, check: str, problem: Problem) -> Finding:
    return Finding(group.slug, check, problem.subject, problem.message)
