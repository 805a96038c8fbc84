"""The pages of an import, from the file to the rejected rows."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from forecourt.kernel import imports, jobs
from forecourt.kernel.access import register_permissions
from forecourt.kernel.groups import inside
from forecourt.kernel.imports import Choice, Field, FieldKind, Importer
from forecourt.kernel.models import ImportRun, Job, Preference
from tests.factories.organisation import actor_of, make_staff

register_permissions("testing_pages", {"import_word": "Import words"})


@imports.register
class WordImporter(Importer):
    kind = "testing_pages.word"
    permission = "testing_pages.import_word"
    label = "Words"
    fields = (
        Field("word", "Word", required=True, synonyms=("词",), help="As in the book."),
        Field("day", "Day", kind=FieldKind.DATE, synonyms=("日期",)),
        Field("price", "Price", kind=FieldKind.MONEY),
        Field("phone", "Phone", kind=FieldKind.PHONE),
        Field(
            "kind",
            "Kind",
            kind=FieldKind.CHOICE,
            choices=lambda context: [Choice(1, "Noun", ("名词",)), Choice(2, "Verb")],
            creatable=True,
        ),
    )

    def key(self, values):
        return values["word"]

    def write(self, rows, context):
        for row in rows:
            word = Preference.objects.create(owner_id=78, key=row["word"])
            row.created(word.pk)


TEXT = 'Word,Day,Price,Kind,Other\nrun,1/2/2026,"1,200.50",Verb,x\ncar,3/4/2026,5,名词,y\n'


@pytest.fixture
def owner(group):
    return make_staff("group_owner")


@pytest.fixture
def browser(group, owner, client_of) -> Client:
    grant_everything(owner)
    return client_of(group, owner.user)


def grant_everything(staff) -> None:
    """The permission of this file's importer is declared after the group's roles were planted."""
    role = staff.roles.get()
    for permission in ("testing_pages.import_word", "imports.view_importrun"):
        role.permissions.update_or_create(permission=permission, defaults={"scope": "GROUP"})


def upload(browser: Client, text: str = TEXT, name: str = "words.csv"):
    return browser.post(
        reverse("imports:upload", args=["testing_pages.word"]),
        {"file": SimpleUploadedFile(name, text.encode())},
    )


def uploaded(browser: Client, text: str = TEXT) -> ImportRun:
    response = upload(browser, text)
    assert response.status_code == 302, response.content.decode()
    return ImportRun.objects.latest("id")


def work() -> None:
    from forecourt.kernel.groups import current_schema

    for job in Job.objects.filter(state=Job.State.WAITING):
        jobs.run_job(schema_name=current_schema(), job_id=job.pk)


def mapping_of(run: ImportRun) -> dict[str, str]:
    data = {}
    for name, rule in run.mapping.items():
        data[f"{name}-source"] = data[f"{name}-was"] = str(rule["column"])
    data["day-date_order"] = "DAY_FIRST"
    data["kind-unmatched"] = "+"
    return data


def page(browser: Client, name: str, *args) -> str:
    response = browser.get(reverse(f"imports:{name}", args=args))
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_a_file_goes_all_the_way(browser, group):
    with inside(group):
        assert "Words" in page(browser, "start")
        run = uploaded(browser)
        columns = page(browser, "columns", run.pk)
        assert "Not imported" in columns or "Other" in columns

        response = browser.post(reverse("imports:columns", args=[run.pk]), mapping_of(run))
        assert response.status_code == 302
        assert "import-progress" in page(browser, "check", run.pk)
        work()
        check = page(browser, "check", run.pk)
        assert "run-form" in check
        response = browser.post(
            reverse("imports:run", args=[run.pk]), {"mode": "good_rows"}, follow=True
        )
        work()

        result = page(browser, "run_detail", run.pk)
        run.refresh_from_db()
        assert run.state == ImportRun.State.DONE
        assert run.created_count == 2
        assert "words.csv" in result
        assert "words.csv" in page(browser, "run_list")
        assert set(Preference.objects.filter(owner_id=78).values_list("key", flat=True)) == {
            "run",
            "car",
        }


def test_an_ambiguous_date_is_asked_about(browser, group):
    with inside(group):
        run = uploaded(browser)

        assert 'name="day-date_order"' in page(browser, "columns", run.pk)


def test_another_column_is_answered_with_the_row_of_its_field(browser, group):
    with inside(group):
        run = uploaded(browser)

        response = browser.post(
            reverse("imports:column", args=[run.pk, "kind"]),
            {"kind-source": "4", "kind-was": "3"},
            headers={"hx-request": "true"},
        )

        body = response.content.decode()
        assert response.status_code == 200
        assert 'id="field-kind"' in body
        assert 'value="x"' in body
        assert browser.post(reverse("imports:column", args=[run.pk, "nothing"])).status_code == 404


def test_a_missing_column_is_named_at_its_field(browser, group):
    with inside(group):
        run = uploaded(browser)
        data = mapping_of(run) | {"word-source": ""}

        response = browser.post(reverse("imports:columns", args=[run.pk]), data)

        run.refresh_from_db()
        assert response.status_code == 422
        assert 'href="#field-word"' in response.content.decode()
        assert run.state == ImportRun.State.UPLOADED


def test_what_is_no_table_stands_beside_the_file(browser, group):
    with inside(group):
        response = upload(browser, "<html></html>")

        assert response.status_code == 422
        assert "xlsx" in response.content.decode()
        assert not ImportRun.objects.exists()


def test_the_file_is_read_again_as_told(browser, group):
    with inside(group):
        run = uploaded(browser)

        response = browser.post(
            reverse("imports:reading", args=[run.pk]),
            {"encoding": "gb18030", "delimiter": ";", "header_row": "1", "region": "US"},
        )

        run.refresh_from_db()
        assert response.status_code == 302
        assert run.shape["delimiter"] == ";"
        assert run.options["region"] == "US"


def test_rejected_rows_are_downloaded_and_audited(browser, group):
    with inside(group):
        run = uploaded(browser, TEXT.replace("1,200.50", "abc"))
        browser.post(reverse("imports:columns", args=[run.pk]), mapping_of(run))
        work()
        assert "abc" in page(browser, "check", run.pk)
        assert "abc" in page(browser, "findings", run.pk)
        browser.post(reverse("imports:run", args=[run.pk]), {"mode": "good_rows"})
        work()

        as_csv = browser.get(reverse("imports:rejected_csv", args=[run.pk]))
        as_xlsx = browser.get(reverse("imports:rejected_xlsx", args=[run.pk]))

        assert b"abc" in b"".join(as_csv.streaming_content)
        assert b"".join(as_xlsx.streaming_content)[:2] == b"PK"


def test_all_or_nothing_is_refused_in_the_form(browser, group):
    with inside(group):
        run = uploaded(browser, TEXT.replace("1,200.50", "abc"))
        browser.post(reverse("imports:columns", args=[run.pk]), mapping_of(run))
        work()

        response = browser.post(reverse("imports:run", args=[run.pk]), {"mode": "all_or_nothing"})

        assert response.status_code == 422
        assert not Preference.objects.filter(owner_id=78).exists()


def test_a_stopped_import_can_go_on(browser, group):
    with inside(group):
        run = uploaded(browser)
        browser.post(reverse("imports:columns", args=[run.pk]), mapping_of(run))
        work()
        browser.post(reverse("imports:run", args=[run.pk]), {"mode": "good_rows"})

        browser.post(reverse("imports:cancel", args=[run.pk]))

        run.refresh_from_db()
        assert run.state == ImportRun.State.CANCELLED
        page(browser, "run_detail", run.pk)
        browser.post(reverse("imports:run", args=[run.pk]), {"mode": "good_rows"})
        work()
        run.refresh_from_db()
        assert run.state == ImportRun.State.DONE


def test_the_progress_sends_on_when_the_work_has_ended(browser, group):
    with inside(group):
        run = uploaded(browser)
        browser.post(reverse("imports:columns", args=[run.pk]), mapping_of(run))
        address = reverse("imports:progress", args=[run.pk])

        assert "HX-Redirect" not in browser.get(address).headers
        work()

        assert browser.get(address).headers["HX-Redirect"].endswith(f"/{run.pk}/")


def test_a_deleted_file_is_gone(browser, group):
    with inside(group):
        run = uploaded(browser)

        browser.post(reverse("imports:discard", args=[run.pk]))

        assert browser.get(reverse("imports:columns", args=[run.pk])).status_code == 404


def test_strangers_and_colleagues_see_nothing(browser, group, client_of):
    with inside(group):
        run = uploaded(browser)
        advisor = make_staff("sales_advisor")
        colleague = client_of(group, advisor.user)
        manager = make_staff("sales_manager")
        other = client_of(group, manager.user)

        for name in ("run_detail", "columns", "check", "progress", "rejected_csv", "findings"):
            address = reverse(f"imports:{name}", args=[run.pk])
            assert colleague.get(address).status_code == 403
            assert client_of(group).get(address).status_code == 302
        assert other.get(reverse("imports:columns", args=[run.pk])).status_code in (403, 404)
        assert actor_of(advisor).can("imports.view_importrun") is False
        assert io.BytesIO(colleague.get(reverse("imports:start")).content)
