"""The commands an operator types: what they say, refuse and leave behind."""

from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings

from apps.organisation.models import GroupSettings, StaffMember
from apps.organisation.queries import actor_for_user
from forecourt.accounts.models import ApiToken, User
from forecourt.kernel.access import all_permissions
from forecourt.kernel.groups import inside
from tenants import schemas
from tenants.groups import get_group
from tenants.models import DealerGroup, Domain, ErasureCertificate, Space
from tenants.releases import OWNER
from tests.tenancy.conftest import Platform

OWNER_OPTIONS = {
    "slug": "sunrise",
    "name": "旭日汽车集团",
    "owner_email": "Li@Sunrise.example",
    "owner_name": "李强",
    "password": "a-good-password",
}


def test_create_group_makes_an_owner_who_may_do_everything(platform: Platform) -> None:
    answer = platform.run("create_group", **OWNER_OPTIONS)

    assert answer["host"] == "sunrise.localhost"
    group = get_group("sunrise")
    with inside(group.identity):
        user = User.objects.get()
        assert user.email == "li@sunrise.example"
        assert user.check_password("a-good-password")
        assert GroupSettings.objects.get().name_zh == "旭日汽车集团"
        actor = actor_for_user(user.pk)
        assert all(actor.can(permission) for permission in all_permissions())


def test_a_group_is_not_made_half(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.organisation.start.actions.open_account", lambda **_: 1 / 0)
    before = schemas.present()

    with pytest.raises(ZeroDivisionError):
        call_command("create_group", **OWNER_OPTIONS)

    assert not DealerGroup.objects.filter(slug="sunrise").exists()
    assert not Domain.objects.filter(domain="sunrise.localhost").exists()
    assert schemas.present() == before


@pytest.mark.parametrize(
    "slug", ["www", "a", "Sunrise", "sun_rise", "-sun", "sun-", "a--b", "旭日"]
)
def test_create_group_refuses_addresses_that_nobody_may_have(platform: Platform, slug: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_group", slug=slug, name="X")

    assert set(DealerGroup.objects.values_list("slug", flat=True)) == {"alpha", "beta"}


def test_create_group_refuses_an_address_in_use(platform: Platform) -> None:
    with pytest.raises(CommandError):
        call_command("create_group", slug="alpha", name="X")


def test_prepare_spaces_says_how_many_are_ready(platform: Platform) -> None:
    assert platform.run("prepare_spaces", count=2)["ready"] == 2
    assert platform.run("prepare_spaces", count=2)["made"] == 0


def test_erase_group_leaves_a_certificate_and_nothing_else(
    platform: Platform, tmp_path: object
) -> None:
    platform.run("create_group", **OWNER_OPTIONS)
    schema = get_group("sunrise").schema_name
    with override_settings(MEDIA_ROOT=tmp_path):
        with inside(schema):
            default_storage.save("import/list.csv", ContentFile(b"x"))
        with inside(get_group("alpha").schema_name):
            default_storage.save("import/list.csv", ContentFile(b"y"))
        answer = platform.run("erase_group", slug="sunrise", yes=True)
        with inside(schema):
            assert not default_storage.exists("import/list.csv")
        with inside(get_group("alpha").schema_name):
            assert default_storage.exists("import/list.csv")

    assert schema not in schemas.present()
    assert answer["rows"]["accounts_user"] == 1
    assert not Space.objects.filter(schema_name=schema).exists()
    assert ErasureCertificate.objects.get().erased_at is not None
    assert platform.run("verify")["problems"] == []
    assert platform.run("create_group", **OWNER_OPTIONS)["slug"] == "sunrise"


def test_erase_group_asks_first(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: "y")

    with pytest.raises(CommandError):
        call_command("erase_group", slug="alpha")

    assert DealerGroup.objects.filter(slug="alpha").exists()


def test_an_interrupted_erasure_can_be_repeated(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = get_group("alpha").schema_name
    with monkeypatch.context() as patch:
        patch.setattr(schemas, "drop", lambda _name: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            platform.run("erase_group", slug="alpha", yes=True)
    assert get_group("alpha").state == DealerGroup.State.CLOSED

    answer = platform.run("erase_group", slug="alpha", yes=True)

    assert answer["rows"]["organisation_role"] > 0
    assert schema not in schemas.present()


def test_create_token_prints_a_token_that_only_its_digest_keeps(platform: Platform) -> None:
    platform.run("create_group", **OWNER_OPTIONS)
    scope = next(iter(all_permissions()))

    answer = platform.run(
        "create_token", group="sunrise", email="li@sunrise.example", scopes=[scope]
    )

    with inside(get_group("sunrise").identity):
        token = ApiToken.objects.get()
        assert token.digest == ApiToken.digest_of(answer["token"])
        assert token.scopes == [scope]
        assert StaffMember.objects.get().user_id == token.user_id


def test_create_token_refuses_strangers_and_unknown_scopes(platform: Platform) -> None:
    for options in (
        {"group": "nobody", "email": "x@x.example"},
        {"group": "alpha", "email": "x@x.example"},
        {"group": "alpha", "email": "x@x.example", "scopes": ["no.such"]},
    ):
        with pytest.raises(CommandError):
            call_command("create_token", stdout=StringIO(), **options)


def test_verify_finds_what_is_wrong(platform: Platform) -> None:
    alpha, beta = get_group("alpha").schema_name, get_group("beta").schema_name
    with connections[OWNER].cursor() as cursor:
        cursor.execute("CREATE SCHEMA g_forgotten")
        cursor.execute(f'ALTER TABLE "{alpha}".kernel_job DROP COLUMN error')
        cursor.execute(f'GRANT DELETE ON "{alpha}".kernel_auditentry TO forecourt_app')
        cursor.execute(f'GRANT CREATE ON SCHEMA "{alpha}" TO forecourt_app')
    schemas.drop(beta)
    Space.objects.create(schema_name="g_gone", release="x", state=Space.State.READY)

    answer = platform.run("verify")

    assert answer["exit"] == 1
    found = {(item["group"], item["check"], item["subject"]) for item in answer["problems"]}
    assert ("", "schemas", "g_forgotten") in found
    assert ("", "spaces", "g_gone") in found
    assert ("beta", "schema", beta) in found
    assert ("alpha", "rights", "kernel_auditentry") in found
    assert ("alpha", "rights", alpha) in found
    assert any("kernel_job | error" in item["message"] for item in answer["problems"])


def test_verify_of_one_group_looks_at_that_group_only(platform: Platform) -> None:
    schemas.drop(get_group("beta").schema_name)

    assert platform.run("verify", group="alpha")["exit"] == 0
    assert platform.run("verify", group="beta")["exit"] == 1
    with pytest.raises(CommandError):
        platform.run("verify", group="nobody")


def test_verify_reports_what_a_module_found(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forecourt.kernel import verify

    monkeypatch.setitem(
        verify._checks, "cars have wheels", lambda: [verify.Problem("car 1", "has three")]
    )

    problems = platform.run("verify", group="alpha")["problems"]

    assert problems == [
        {
            "group": "alpha",
            "check": "cars have wheels",
            "subject": "car 1",
            "message": "has three",
        }
    ]
