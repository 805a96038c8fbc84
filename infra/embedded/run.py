"""`make run`: everything the product needs on one machine, as children of this one process.

Starts the embedded database and queue (or uses those the environment names), brings the tables and
static files up to date, then runs the web server and the worker, starts again whatever dies, and on
Ctrl-C or SIGTERM ends all of it in order.
"""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from forecourt.config import embedded
from forecourt.config.environment import boolean
from infra.embedded import process
from infra.embedded.postgres import Postgres
from infra.embedded.process import EmbeddedError
from infra.embedded.redis import Redis

SETTINGS = "forecourt.config.settings.dev"
MEGABYTES_TO_START = 500
MEGABYTES_TO_WARN = 200
SECONDS_BETWEEN_SPACE_CHECKS = 60.0
SECONDS_TO_SERVE = 90.0
SECONDS_TO_END = 20.0
STRIPE_PORT_AFTER = 420
# A child that dies is started again after a pause that doubles; one that lived this long, at once.
LONGEST_PAUSE = 30.0
SETTLED = 60.0

PEOPLE = {
    "owner": "the owner",
    "hq": "headquarters, all stores",
    "manager.sh01": "manager of the first store",
    "advisor1.sh01": "sales advisor there",
    "clerk.sh01": "clerk there",
    "manager.sh02": "manager of the second store",
}


class Interrupted(Exception):
    """The person at the terminal, or the system, asked for the end."""


@dataclass
class Child:
    """One part: how to start it, and how often it had to be started of late."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    server: Postgres | Redis | None
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    pause: float = 1.0
    due: float | None = None


class Supervisor:
    """Starts the parts, watches them, and ends them in the opposite order."""

    def __init__(self, *, home: Path, port: int, domain: str, environment: dict[str, str]) -> None:
        self.home = home
        self.port = port
        self.domain = domain
        self.environment = environment
        self.children: list[Child] = []
        self.is_interrupted = False
        self._space_checked = 0.0

    def run(self) -> None:
        """Serve until interrupted; raises EmbeddedError when a part cannot start at all."""
        began = time.monotonic()
        try:
            self._start_database()
            self._start_queue()
            self._start_stripe()
            self._prepare()
            self._start_web()
            self._start_worker()
            self._wait_until_served()
            print(self._welcome(time.monotonic() - began), flush=True)
            self._watch()
        except Interrupted:
            pass
        finally:
            self._stop()

    def interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Handle a signal: the first asks for an orderly end, a second one hurries it."""
        if self.is_interrupted:
            for child in self.children:
                if child.server is None:
                    process.end_group(child.process)
        else:
            say(f"{signal.Signals(number).name}: ending everything.")
        self.is_interrupted = True

    # --- Starting -------------------------------------------------------------------------------

    def _start_database(self) -> None:
        if "DATABASE_URL" not in os.environ:
            server = Postgres(self.home)
            self._add_server("database", server, lambda: server.start(take_over=True))

    def _start_queue(self) -> None:
        is_wanted = {"CELERY_BROKER_URL", "CACHE_URL"} - set(os.environ)
        if is_wanted and Redis.is_available():
            server = Redis(self.home)
            self._add_server("queue", server, server.start)

    def _start_stripe(self) -> None:
        """A stand-in of Stripe, so that subscribing can be tried; never beside keys of somebody's.

        Where it is, is written down for as long as it runs, for `manage.py` in another terminal.
        """
        if os.environ.get("STRIPE_SECRET_KEY"):
            return
        port = stripe_port(self.port)
        (self.home / embedded.STRIPE_ADDRESS).write_text(f"http://127.0.0.1:{port}")
        self.environment |= {"STRIPE_PORT": str(port), **embedded.stripe_environment(self.home)}
        self._add_program("stand-in of Stripe", [sys.executable, "-m", "infra.stripe"])

    def _prepare(self) -> None:
        """Migrate, load the demo data once, collect static files; a failed step ends the run."""
        command = [sys.executable, "-m", "infra.embedded.prepare"]
        work = process.spawn(command, log=None, env=self.environment)
        while work.poll() is None:
            if self.is_interrupted:
                process.stop(work, ask=signal.SIGINT, seconds=15)
            time.sleep(0.05)
        self._check_interrupted()
        if work.returncode:
            raise EmbeddedError(
                "The database could not be prepared; the next start goes on from where it stopped."
            )

    def _start_web(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "python:infra.embedded.gunicorn"]
        for address in free_addresses(self.port):
            command += ["--bind", address]
        self._add_program("web server", command)

    def _start_worker(self) -> None:
        command = [
            *(
                sys.executable,
                "-m",
                "celery",
                "--quiet",
                "-A",
                "forecourt.config",
                "worker",
                "--beat",
            ),
            *("--concurrency", "2", "--loglevel", "WARNING", "--without-gossip"),
            *("--without-mingle", "--without-heartbeat"),
        ]
        self._add_program("worker", command)

    def _add_server(self, name: str, server: Postgres | Redis, begin: Callable[[], None]) -> None:
        def start() -> subprocess.Popen[bytes]:
            begin()
            if server.process is None:
                raise EmbeddedError(f"The {name} runs already, but not from here.")
            return server.process

        self._add(name, start, server.log, server)

    def _add_program(self, name: str, command: list[str]) -> None:
        log = self.home / "logs" / f"{name.replace(' ', '-')}.log"

        def start() -> subprocess.Popen[bytes]:
            return process.spawn(command, log=log, env=self.environment)

        self._add(name, start, log)

    def _add(
        self,
        name: str,
        start: Callable[[], subprocess.Popen[bytes]],
        log: Path,
        server: Postgres | Redis | None = None,
    ) -> None:
        self._check_interrupted()
        self.children.append(Child(name, start, log, server, process=start()))

    def _wait_until_served(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_SERVE
        while time.monotonic() < deadline:
            self._check_interrupted()
            for child in self.children:
                if child.process.poll() is not None:
                    raise EmbeddedError(f"The {child.name} ended:\n{process.tail(child.log)}")
            if answers(self.port, self.domain):
                return
            time.sleep(0.1)
        web = self.home / "logs" / "web-server.log"
        raise EmbeddedError(f"The web server does not answer:\n{process.tail(web)}")

    # --- Watching -------------------------------------------------------------------------------

    def _watch(self) -> None:
        while True:
            self._check_interrupted()
            for child in self.children:
                self._heal(child)
            self._warn_of_full_disk()
            time.sleep(0.25)

    def _heal(self, child: Child) -> None:
        """Start a dead child again, at once if it had settled, else after a growing pause."""
        now = time.monotonic()
        if child.due is None:
            if child.process.poll() is None:
                return
            process.end_group(child.process)  # workers that outlived their master
            if now - child.started > SETTLED:
                child.pause = 1.0
            child.due = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
            how = _how(child.process)
            say(f"The {child.name} ended ({how}); starting it again. Log: {child.log}")
        if now < child.due:
            return
        try:
            child.process = child.start()
        except (EmbeddedError, OSError) as problem:
            child.due = time.monotonic() + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE)
            say(f"The {child.name} does not start: {problem}")
        else:
            child.started, child.due = time.monotonic(), None
            say(f"The {child.name} runs again.")

    def _warn_of_full_disk(self) -> None:
        now = time.monotonic()
        if now - self._space_checked < SECONDS_BETWEEN_SPACE_CHECKS:
            return
        self._space_checked = now
        try:
            process.require_space(self.home, megabytes=MEGABYTES_TO_WARN)
        except EmbeddedError as warning:
            say(f"Warning: {warning}")

    def _check_interrupted(self) -> None:
        if self.is_interrupted:
            raise Interrupted

    # --- Ending ---------------------------------------------------------------------------------

    def _stop(self) -> None:
        """End what uses the database, both at once; then the queue, and the database last."""
        (self.home / embedded.STRIPE_ADDRESS).unlink(missing_ok=True)
        programs = [child.process for child in self.children if child.server is None]
        process.stop(*programs, ask=signal.SIGTERM, seconds=SECONDS_TO_END)
        for child in reversed(self.children):
            if child.server is not None:
                child.server.stop()

    def _welcome(self, seconds: float) -> str:
        def address(group: str = "") -> str:
            return f"http://{group}{self.domain}:{self.port}/"

        begin = f"\n  Forecourt runs ({seconds:.1f} s).\n\n  Sign up a new group   {address()}\n"
        end = f"\n  Data and logs are in {self.home}. Ctrl-C ends everything.\n"
        if not boolean("DEMO_DATA", True):
            return begin + end
        people = "\n".join(
            f"    {f'{name}@huadong.example':<34}{role}" for name, role in PEOPLE.items()
        )
        stripe = self.environment.get("STRIPE_API_BASE", "")
        paying = f"  Stand-in of Stripe    {stripe}/\n" if "STRIPE_PORT" in self.environment else ""
        console = f"  Operators' console    {address()}operators/ as {embedded.DEMO_OPERATOR}\n"
        if "DATABASE_URL" in os.environ:
            console = ""
        return (
            f"{begin}"
            f"  Group of 8 stores     {address('huadong.')}\n"
            f"  Group of 2 stores     {address('jinling.')}\n{paying}\n"
            f"  Sign in with the password forecourt-demo as\n{people}\n"
            f"  and in the other group as owner@jinling.example and so on.\n"
            f"{console}{end}"
        )


def say(message: str) -> None:
    """One line to the terminal, with the time."""
    print(f"  {time.strftime('%H:%M:%S')}  {message}", file=sys.stderr, flush=True)


def _how(ended: subprocess.Popen[bytes]) -> str:
    code = ended.poll()
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"exit code {code}"


def stripe_port(port: int) -> int:
    """STRIPE_PORT, else one that follows from the product's own, else any that is free."""
    if chosen := os.environ.get("STRIPE_PORT"):
        return port_of(chosen)
    for wanted in (port + STRIPE_PORT_AFTER, 0):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", wanted))
            except (OSError, OverflowError):
                continue
            return int(trial.getsockname()[1])
    raise EmbeddedError("No port is free on this machine.")


def free_addresses(port: int) -> list[str]:
    """The loopback addresses to listen on; raises EmbeddedError when the port is not to be had."""
    found = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((host, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise EmbeddedError(
                    f"Port {port} is taken by another program. Choose one: PORT={port + 1} make run"
                ) from problem
            if problem.errno == errno.EACCES:
                raise EmbeddedError(
                    f"Port {port} is reserved to root. Choose one: PORT=8000 make run"
                ) from problem
            if family == socket.AF_INET:
                raise
        else:
            found.append(f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}")
    return found


def answers(port: int, domain: str) -> bool:
    """Whether the web server says that it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"{domain}:{port}"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Refuse a second run on the same folder; the kernel forgets a run that was killed."""
    with (home / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise EmbeddedError(
                f"Forecourt already runs in {home} (process {lock.read().strip() or 'unknown'}). "
                "Stop it, or set FORECOURT_HOME and PORT for a second one."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def port_of(text: str) -> int:
    """Read PORT; raises EmbeddedError when it is not one."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise EmbeddedError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def main() -> int:
    try:
        port = port_of(os.environ.get("PORT") or "8000")
        home = embedded.home()
        home.mkdir(parents=True, exist_ok=True)
        process.require_space(home, megabytes=MEGABYTES_TO_START)
        with only_run(home):
            free_addresses(port)
            environment = (
                os.environ
                | embedded.environment()
                | {
                    "DJANGO_SETTINGS_MODULE": SETTINGS,
                    "FORECOURT_HOME": str(home),
                    "PORT": str(port),
                }
            )
            supervisor = Supervisor(
                home=home,
                port=port,
                domain=os.environ.get("BASE_DOMAIN") or "localhost",
                environment=environment,
            )
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, supervisor.interrupt)
            supervisor.run()
    except EmbeddedError as refusal:
        print(f"\n{refusal}\n", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"\nForecourt could not run: {problem}\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
