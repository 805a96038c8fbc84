"""The suite's database: a real PostgreSQL, two groups, two roles, control tables apart.

The controlling process starts the embedded server. A template holding the migrated public schema
and the two groups is built once per state of the migrations and kept; every worker gets a copy of
it in a fraction of a second. A test runs in a transaction that is rolled back; tests of concurrency
take ``live_group``, a group of their own whose rows are really committed.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from forecourt.config import embedded
from forecourt.kernel.groups import GroupIdentity, inside

ROOT = Path(__file__).resolve().parent.parent
ALIASES = ["default", "control"]
SLUGS = ("alpha", "beta")
BETA_IDS_START = 500_000_000
"""Ids of the second group begin far away, so that an id of hers means nothing in the first."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    from infra.embedded.postgres import Postgres

    server = Postgres(Path(os.environ["FORECOURT_HOME"]), fsync=False)
    server.start(take_over=not os.environ.get("FORECOURT_TEST_SHARED"))
    config.add_cleanup(server.stop)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "db" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(databases=ALIASES))


def _superuser() -> psycopg.Connection:
    home = Path(os.environ["FORECOURT_HOME"]).resolve()
    return psycopg.connect(embedded.database_url(home, "postgres", "postgres"), autocommit=True)


def _state_of_the_code() -> str:
    """A hash of everything that decides what the template holds."""
    from tenants.releases import this_release

    digest = hashlib.sha256()
    names = {"models.py", "permissions.py", "roles.py", "seeds.py", "conftest.py"}
    names |= {"option_lists.py", "planting.py"}
    names |= {"spaces.py", "scripts.py", "schemas.py", "releases.py"}
    folders = {"models", "migrations", "migrations_of_allauth"}
    for folder in ("platform", "tenants", "billing", "apps", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name in names or folders & set(path.parts):
                digest.update(path.read_bytes())
    # Groups are behind, too, when what plants their first data has changed.
    digest.update(this_release().seeds.encode())
    return digest.hexdigest()[:12]


def _point_at(group_database: str, control_database: str) -> None:
    for alias in connections:
        name = control_database if alias.startswith("control") else group_database
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


def _build_template(group_database: str, control_database: str) -> None:
    from tenants.groups import register_group
    from tenants.public import migrate_public

    _point_at(group_database, control_database)
    migrate_public()
    for slug in SLUGS:
        group = register_group(slug=slug, name=slug.capitalize())
        if slug == "beta":
            _move_ids(group.schema_name)
    for connection in connections.all():
        connection.close()


def _move_ids(schema_name: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = %s", [schema_name])
        for (name,) in cursor.fetchall():
            cursor.execute(f'SELECT setval(\'"{schema_name}"."{name}"\', {BETA_IDS_START}, false)')


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker, worker_id: str) -> Iterator[None]:
    """Replaces pytest-django's: databases come from the template, not from migrations.

    The groups of all workers have the same names, so each worker's files lie in a folder apart.
    """
    state = _state_of_the_code()
    templates = f"tpl_{state}", f"tplc_{state}"
    own = f"test_{worker_id}_{os.getpid()}", f"testc_{worker_id}_{os.getpid()}"
    settings.MEDIA_ROOT = settings.MEDIA_ROOT / own[0]
    os.environ["TEST_FILES"] = str(settings.MEDIA_ROOT)
    with django_db_blocker.unblock(), _superuser() as server:
        server.execute("SELECT pg_advisory_lock(4711)")
        made = {row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()}
        if not set(templates) <= made:
            for name in made:
                if name.startswith(("tpl_", "tplc_")):
                    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            drafts = "draft_groups", "draft_control"
            for name in drafts:
                server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                server.execute(f'CREATE DATABASE "{name}" OWNER forecourt_owner')
            _build_template(*drafts)
            for draft, name in zip(drafts, templates, strict=True):
                server.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        for name, template in zip(own, templates, strict=True):
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER forecourt_owner')
        server.execute("SELECT pg_advisory_unlock(4711)")
        _point_at(*own)
    yield
    with django_db_blocker.unblock(), _superuser() as server:
        for connection in connections.all():
            connection.close()
        for name in own:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def _identity(slug: str) -> GroupIdentity:
    from tenants.models import DealerGroup

    return DealerGroup.objects.get(slug=slug).identity


@pytest.fixture
def group(db: None) -> Iterator[GroupIdentity]:
    """The first group; the test runs inside its schema."""
    from django.core.cache import cache

    from forecourt.kernel.crypto import forget_keys

    cache.clear()
    forget_keys()
    identity = _identity("alpha")
    with inside(identity):
        yield identity


@pytest.fixture
def other_group(group: GroupIdentity) -> GroupIdentity:
    """The second group; enter it with ``inside(other_group)``."""
    return _identity("beta")


@pytest.fixture
def client_of() -> Callable[..., Client]:
    """``client_of(group, user)``: a browser at the group's address, signed in as the user."""

    def make(group: GroupIdentity, user: object = None) -> Client:
        client = Client(headers={"host": f"{group.slug}.{settings.BASE_DOMAIN}"})
        if user is not None:
            with inside(group):
                client.force_login(user)
        return client

    return make


@pytest.fixture
def live_group(django_db_setup: None, django_db_blocker) -> Iterator[GroupIdentity]:
    """A group whose rows are committed, for tests with threads or processes; gone afterwards."""
    from tenants.erasure import erase
    from tenants.groups import register_group

    with django_db_blocker.unblock():
        group = register_group(slug=f"live-{os.getpid()}", name="Live")
        with inside(group.identity):
            yield group.identity
        erase(group)
        for connection in connections.all():
            connection.close()
