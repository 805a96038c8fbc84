"""The launcher, with real servers in temporary folders."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from forecourt.config import embedded
from infra.embedded.postgres import Postgres
from infra.embedded.process import EmbeddedError, is_running

RUNNER = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
from infra.embedded.postgres import Postgres
server = Postgres(Path(sys.argv[1]), fsync=False)
server.start(take_over=True)
print(server.process.pid, flush=True)
time.sleep(600)
"""


def pid_of(server: Postgres) -> int:
    assert server.process is not None
    return server.process.pid


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while is_running(pid, named="postgres"):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.05)


def test_the_runtime_role_may_connect_and_the_owner_alone_may_create(home: Path) -> None:
    with Postgres(home, fsync=False, databases=("forecourt", "second")) as server:
        with server.connect("second", embedded.OWNER_ROLE) as owner:
            owner.execute("CREATE TABLE kept (id bigint)")
            owner.execute("CREATE SCHEMA g_one")
            owner.execute("CREATE DATABASE for_tests")

        with server.connect("second", embedded.APP_ROLE) as app:
            for statement in ("CREATE TABLE mine (id bigint)", "CREATE SCHEMA mine"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(statement)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute("SELECT * FROM kept")


def test_the_database_sorts_and_matches_chinese(home: Path) -> None:
    with Postgres(home, fsync=False) as server, server.connect() as connection:
        row = connection.execute("SELECT 'É' ILIKE 'é', lower('Ä'), '上海' ~ '^\\w+$'").fetchone()

    assert row == (True, "ä", True)


def test_committed_rows_survive_a_killed_server(home: Path) -> None:
    server = Postgres(home)
    server.start()
    with server.connect("forecourt", embedded.OWNER_ROLE) as owner:
        owner.execute("CREATE TABLE kept AS SELECT generate_series(1, 3000) AS id")
    os.kill(pid_of(server), signal.SIGKILL)
    assert server.process is not None
    server.process.wait()

    server.start()

    with server.connect("forecourt", embedded.OWNER_ROLE) as owner:
        assert owner.execute("SELECT count(*) FROM kept").fetchone() == (3000,)
    server.stop()


def test_a_second_process_connects_and_leaves_the_server_running(home: Path) -> None:
    with Postgres(home, fsync=False) as first:
        second = Postgres(home, fsync=False, databases=("forecourt", "another"))
        second.start()
        second.stop()

        assert is_running(pid_of(first), named="postgres")
        with first.connect("another") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_server_ends_when_its_runner_is_killed(home: Path) -> None:
    runner = subprocess.Popen([sys.executable, "-c", RUNNER, str(home)], stdout=subprocess.PIPE)
    assert runner.stdout is not None
    pid = int(runner.stdout.readline())

    runner.kill()
    runner.wait()

    wait_until_gone(pid)
    with Postgres(home, fsync=False) as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_new_runner_takes_over_what_an_old_one_left(home: Path) -> None:
    old = Postgres(home, fsync=False)
    old.start()
    left = pid_of(old)

    new = Postgres(home, fsync=False)
    new.start(take_over=True)

    assert pid_of(new) != left
    old.stop()
    with new.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    new.stop()


def test_lock_files_of_dead_servers_do_not_stop_a_start(home: Path) -> None:
    server = Postgres(home, fsync=False)
    server.start()
    server.stop()
    # The number of a living process that is no database, as after the restart of a container.
    for lock in (server.data / "postmaster.pid", server.socket / ".s.PGSQL.5432.lock"):
        lock.write_text(f"{os.getpid()}\n{server.data}\n1\n5432\n{server.socket}\n\n\nready\n")

    with server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_half_an_initialisation_is_begun_anew(home: Path) -> None:
    half = embedded.postgres_home(home) / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    if os.geteuid() == 0:
        shutil.chown(half.parent, "nobody")
        shutil.chown(half, "nobody")

    with Postgres(home, fsync=False) as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not half.exists()


def test_data_of_another_version_is_refused_and_kept(home: Path) -> None:
    server = Postgres(home, fsync=False)
    server.start()
    server.stop()
    version = server.data / "PG_VERSION"
    version.write_text("14\n")

    with pytest.raises(EmbeddedError, match="made by PostgreSQL 14"):
        server.start()

    assert version.read_text() == "14\n"


def test_a_full_disk_is_told_before_anything_starts(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))

    with pytest.raises(EmbeddedError, match="has 0 MB free"):
        Postgres(home, fsync=False).start()


def test_a_long_path_gets_a_short_socket(home: Path) -> None:
    deep = home / ("long" * 20) / "home"
    server = Postgres(deep, fsync=False)

    with server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    assert len(os.fsencode(server.socket)) <= embedded.LONGEST_SOCKET_FOLDER
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    shutil.rmtree(server.socket)


def test_a_socket_folder_of_somebody_else_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "TEMPORARY", home)
    deep = home / ("long" * 20) / "home"
    server = Postgres(deep, fsync=False)
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    server.socket.symlink_to(elsewhere)

    with pytest.raises(EmbeddedError, match="belongs to another user"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the server itself")
def test_roots_private_home_stays_private(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = home / "state"
    monkeypatch.setattr(embedded, "ROOTS_STATE", state)
    private = home / "root"
    private.mkdir(mode=0o700)

    with Postgres(private / "var", fsync=False) as server, server.connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.data.is_relative_to(state)

    assert stat.S_IMODE(private.stat().st_mode) == 0o700
