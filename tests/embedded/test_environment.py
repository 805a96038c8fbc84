"""What `make run` and `manage.py` in another terminal agree on."""

import stat
from pathlib import Path

import pytest

from forecourt.config import embedded

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL", "CACHE_URL", "SECRET_KEY")


@pytest.fixture(autouse=True)
def clean_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "MASTER_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORECOURT_HOME", str(home))


def test_secrets_are_made_once_and_for_their_owner_alone(home: Path) -> None:
    first, second = embedded.environment(), embedded.environment()

    assert first == second
    assert first["SECRET_KEY"] != first["MASTER_KEY"]
    assert len(first["MASTER_KEY"]) == 44
    for name in ("secret_key", "master_key"):
        assert stat.S_IMODE((home / "secrets" / name).stat().st_mode) == 0o600


def test_a_real_database_replaces_both_embedded_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db.example/forecourt")

    found = embedded.environment()

    assert "DATABASE_URL" not in found
    assert "DATABASE_OWNER_URL" not in found
    assert "CELERY_BROKER_URL" in found


def test_addresses_follow_from_the_folder_alone(home: Path) -> None:
    found = embedded.environment()

    socket = home / "postgres" / "socket"
    assert found["DATABASE_URL"] == f"postgresql://forecourt_app@/forecourt?host={socket}"
    assert found["DATABASE_OWNER_URL"] == f"postgresql://forecourt_owner@/forecourt?host={socket}"
