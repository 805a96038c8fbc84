"""Imports from upload to rejected rows, with an importer of notes made for the purpose."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _

from forecourt.kernel import imports, jobs
from forecourt.kernel.access import Actor, Grant, register_permissions, system_actor
from forecourt.kernel.clock import now
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.imports import Choice, Field, FieldKind, Importer, NewValue, actions, engine
from forecourt.kernel.imports.files import rejected_csv, rejected_xlsx
from forecourt.kernel.imports.mapping import MAKE
from forecourt.kernel.imports.queries import get_run, list_issues, list_runs
from forecourt.kernel.models import AuditEntry, ImportedRow, ImportRun, Job, Preference
from forecourt.kernel.tabular import open_table

register_permissions("testing", {"import_note": "Import notes"})

OWNER = 77
PLACES = {"上海": 1, "Nanjing": 2}


@imports.register
class NoteImporter(Importer):
    """Notes are preferences of one owner: a table with a unique key, and no other module's."""

    kind = "testing.note"
    permission = "testing.import_note"
    label = _("Notes")
    chunk_rows = 10
    fields = (
        Field("code", _("Code"), required=True, max_length=20, synonyms=("编号", "note no")),
        Field("text", _("Text"), synonyms=("内容",)),
        Field("amount", _("Amount"), kind=FieldKind.MONEY, synonyms=("金额", "price")),
        Field("day", _("Day"), kind=FieldKind.DATE, synonyms=("日期",)),
        Field("phone", _("Phone"), kind=FieldKind.PHONE, synonyms=("电话", "mobile")),
        Field(
            "place",
            _("Place"),
            kind=FieldKind.CHOICE,
            synonyms=("城市",),
            choices=lambda context: [Choice(number, name) for name, number in PLACES.items()],
            creatable=True,
        ),
    )

    def key(self, values):
        return values["code"]

    def check(self, rows, context):
        for row in rows:
            if row["text"] == "odd":
                row.warn("This is odd.", field="text", code="odd")
            if row["text"] == "forbidden":
                row.refuse("This is forbidden.", field="text", code="forbidden")

    def write(self, rows, context):
        for row in rows:
            if row["text"] == "explode":
                raise Invalid("This one explodes.", field="text")
            if row["text"] == "crash":
                raise Crash
            place = row["place"]
            if isinstance(place, NewValue):
                place = PLACES.setdefault(place.text, len(PLACES) + 1)
            value = {"text": row["text"], "place": place, "amount": str(row["amount"])}
            if row.known_id is None:
                note = Preference.objects.create(owner_id=OWNER, key=row["code"], value=value)
                row.created(note.pk)
            else:
                Preference.objects.filter(pk=row.known_id).update(value=value)
                row.updated(row.known_id)


class Crash(Exception):
    """What a bug or a kill would do in the middle of a chunk."""


@pytest.fixture
def actor(group, settings) -> Actor:
    grants = {
        "testing.import_note": Grant(everything=True),
        "imports.view_importrun": Grant(owner_ids=frozenset({5})),
    }
    settings.ACTOR_SOURCE = f"{__name__}.find_actor"
    from forecourt.kernel import actors

    actors._source.cache_clear()
    person = Actor(user_id=3, staff_id=5, name="Wang", language="en", grants=grants)
    PEOPLE[3] = person
    yield person
    PEOPLE.clear()
    PLACES.clear()
    PLACES.update({"上海": 1, "Nanjing": 2})
    actors._source.cache_clear()


PEOPLE: dict[int, Actor] = {}


def find_actor(user_id: int, *, channel: str) -> Actor | None:
    return PEOPLE.get(user_id)


def upload(actor: Actor, text: str, name: str = "notes.csv") -> ImportRun:
    content = io.BytesIO(text.encode())
    return actions.upload_file(kind="testing.note", name=name, content=content, actor=actor)


def work(job: Job) -> Job:
    """Do the job as a worker would."""
    jobs.run_job(schema_name=_schema(), job_id=job.pk)
    job.refresh_from_db()
    return job


def _schema() -> str:
    from forecourt.kernel.groups import current_schema

    return current_schema()


def checked(actor: Actor, text: str) -> ImportRun:
    run = upload(actor, text)
    actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)
    job = work(actions.start_check(run_id=run.pk, actor=actor))
    assert job.state == Job.State.DONE, job.error
    run.refresh_from_db()
    return run


def imported(actor: Actor, text: str, **options: Any) -> ImportRun:
    run = checked(actor, text)
    work(actions.start_run(run_id=run.pk, actor=actor, **options))
    run.refresh_from_db()
    return run


def notes() -> dict[str, Any]:
    return dict(Preference.objects.filter(owner_id=OWNER).values_list("key", "value"))


def lines(*rows: str, header: str = "编号,内容,金额,电话,城市") -> str:
    return "\n".join([header, *rows]) + "\n"


GOOD = lines("N1,first,￥1，200.50,,上海".replace("，", ""), "N2,second,3,138 0013 8000,Suzhou")


# -- upload and mapping -----------------------------------------------------------------------


def test_an_upload_guesses_the_columns(actor):
    run = upload(actor, GOOD)

    assert run.state == ImportRun.State.UPLOADED
    assert run.shape["columns"] == ["编号", "内容", "金额", "电话", "城市"]
    assert {name: rule["column"] for name, rule in run.mapping.items()} == {
        "code": 0,
        "text": 1,
        "amount": 2,
        "phone": 3,
        "place": 4,
    }
    assert storages["default"].exists(run.stored_name)
    assert AuditEntry.objects.filter(subject_id=str(run.pk), action="uploaded").exists()


def test_columns_are_guessed_by_their_values_too(actor):
    run = upload(actor, "no,x,y\nN1,2026/1/5,13800138000\nN2,2026/1/6,13900139000\n")

    assert run.mapping["phone"]["column"] == 2
    assert "code" not in run.mapping


def test_the_order_of_dates_stands_in_the_rule(actor):
    run = upload(actor, "code,day\nN1,1/2/2026\nN2,1/28/2026\n")

    assert run.mapping["day"] == {"column": 1, "date_order": "MONTH_FIRST"}


def test_a_required_field_needs_a_column(actor):
    run = upload(actor, GOOD)
    mapping = {name: rule for name, rule in run.mapping.items() if name != "code"}

    with pytest.raises(Invalid) as refusal:
        actions.map_columns(run_id=run.pk, mapping=mapping, actor=actor)

    assert refusal.value.field == "code"
    run.refresh_from_db()
    assert run.state == ImportRun.State.UPLOADED


def test_a_mapping_keeps_only_what_is_understood(actor):
    run = upload(actor, GOOD)

    run = actions.map_columns(
        run_id=run.pk,
        mapping={
            "code": {"column": 0, "date_order": "SIDEWAYS", "evil": 1},
            "text": {"fixed": " note "},
            "place": {"column": 4, "values": {"上海": "=1"}, "unmatched": "?"},
            "unknown": {"column": 1},
            "amount": {"column": None},
        },
        actor=actor,
    )

    assert run.mapping == {
        "code": {"column": 0},
        "text": {"fixed": "note"},
        "place": {"column": 4, "values": {"上海": "=1"}, "unmatched": "!"},
    }


def test_a_column_beyond_the_file_is_refused(actor):
    run = upload(actor, GOOD)

    with pytest.raises(Invalid) as refusal:
        actions.map_columns(run_id=run.pk, mapping={"code": {"column": 9}}, actor=actor)

    assert refusal.value.field == "code"


def test_a_mapping_is_remembered_for_the_same_header(actor):
    run = imported(actor, GOOD)
    changed = upload(actor, lines("N9,x,1,,上海", header="编号 ,内容,金额,电话,城市"))

    assert changed.mapping == run.mapping
    assert changed.options["remembered"] is True


def test_the_file_can_be_read_in_another_way(actor):
    run = upload(actor, "title,,\ncode,text,price\nN1,a,1\n")

    again = actions.read_again(run_id=run.pk, header_row=1, actor=actor)

    assert again.shape["header_row"] == 1
    with pytest.raises(Invalid):
        actions.read_again(run_id=run.pk, encoding="klingon", actor=actor)


def test_what_is_no_table_is_refused_and_nothing_is_kept(actor):
    with pytest.raises(Invalid):
        upload(actor, "code,text\n")
    with pytest.raises(Invalid):
        upload(actor, "")

    assert ImportRun.objects.count() == 0


# -- check ------------------------------------------------------------------------------------


def test_a_check_finds_what_is_wrong_and_writes_nothing(actor):
    run = checked(
        actor,
        lines(
            "N1,ok,1,,上海",
            ",no code,1,,上海",
            "N2,bad amount,abc,12345,上海",
            "N1,again,1,,上海",
            "N3,odd,1,,Suzhou",
            "N4,forbidden,1,,Suzhou",
            "N5,surplus,1,,Suzhou,more,cells",
        ),
    )

    found = [(issue.row_number, issue.code, issue.column) for issue in list_issues(run)]

    assert run.state == ImportRun.State.CHECKED
    assert [issue.value for issue in list_issues(run)][1:3] == ["abc", "12345"]
    assert found == [
        (3, "required", "编号"),
        (4, "invalid", "金额"),
        (4, "invalid", "电话"),
        (5, "repeated", ""),
        (6, "odd", "内容"),
        (7, "forbidden", "内容"),
    ]
    assert (run.row_count, run.rejected_count, run.warning_count) == (7, 4, 1)
    assert run.findings["new_values"]["place"] == {"count": 1, "texts": ["Suzhou"]}
    assert (
        run.findings["problems"][0]
        == {
            "code": "invalid",
            "column": "金额",
            "is_warning": False,
            "message": "“abc” is not a number.",
            "count": 1,
        }
        or run.findings["problems"][0]["count"] == 1
    )
    assert notes() == {}
    assert PLACES == {"上海": 1, "Nanjing": 2}


def test_a_check_can_be_repeated(actor):
    run = checked(actor, lines("N1,x,abc,,上海"))

    work(actions.start_check(run_id=run.pk, actor=actor))

    assert list_issues(run).count() == 1


def test_findings_are_in_the_language_of_the_person(actor):
    PEOPLE[3] = Actor(
        user_id=3, staff_id=5, name="王", language="zh-hans", grants=dict(actor.grants)
    )

    run = checked(actor, lines("N1,x,abc,,上海"))

    assert list_issues(run).get().message != "“abc” is not a number."


def test_a_shortened_number_is_explained(actor):
    run = checked(actor, lines("1.38E+10,x,1,1.38001E+10,上海"))

    assert [issue.column for issue in list_issues(run)] == ["编号", "电话"]
    assert all("shortened" in issue.message for issue in list_issues(run))


# -- run --------------------------------------------------------------------------------------


def test_good_rows_are_written(actor):
    run = imported(actor, GOOD)

    assert run.state == ImportRun.State.DONE
    assert notes() == {
        "N1": {"text": "first", "place": 1, "amount": "1200.50"},
        "N2": {"text": "second", "place": 3, "amount": "3.00"},
    }
    assert PLACES["Suzhou"] == 3
    assert (run.created_count, run.rejected_count) == (2, 0)
    entry = AuditEntry.objects.get(subject_id=str(run.pk), action="imported")
    assert entry.changes["created"] == 2


def test_bad_rows_stay_out_and_come_back_with_their_reasons(actor):
    rows = [f"N{number},ok,1,,上海" for number in range(25)]
    rows[3] = "N3,ok,abc,,上海"
    rows[12] = "N12,explode,1,,上海"
    rows[17] = "=N17,forbidden,1,,上海"

    run = imported(actor, lines(*rows))

    assert (run.created_count, run.rejected_count) == (22, 3)
    assert set(notes()) == {f"N{number}" for number in range(25)} - {"N3", "N12", "N17"}
    text = b"".join(rejected_csv(run)).decode("utf-8-sig")
    rejected = list(csv.reader(io.StringIO(text)))
    assert rejected == [
        ["编号", "内容", "金额", "电话", "城市", "Row", "Reason"],
        ["N3", "ok", "abc", "", "上海", "5", "金额: “abc” is not a number."],
        ["N12", "explode", "1", "", "上海", "14", "内容: This one explodes."],
        ["'=N17", "forbidden", "1", "", "上海", "19", "内容: This is forbidden."],
    ]


def test_rejected_rows_come_as_a_workbook_too(actor):
    run = imported(actor, lines("N1,ok,abc,,上海", "N2,=1+1,x,,上海"))

    with rejected_xlsx(run) as file:
        table = open_table(file)
        rows = [row.cells for row in table.rows()]

    assert table.shape.columns[-1] == "Reason"
    assert [row[:3] for row in rows] == [("N1", "ok", "abc"), ("N2", "=1+1", "x")]


def test_the_corrected_rejects_complete_the_import(actor):
    run = imported(actor, lines("N1,ok,1,,上海", "=N2,ok,abc,,上海"))
    text = b"".join(rejected_csv(run)).decode("utf-8-sig").replace("abc", "2")

    again = imported(actor, text)

    assert again.created_count == 1
    assert set(notes()) == {"N1", "=N2"}


def test_the_same_file_again_changes_nothing(actor):
    imported(actor, GOOD)
    before = notes()

    run = imported(actor, GOOD)

    assert (run.created_count, run.updated_count, run.unchanged_count) == (0, 0, 2)
    assert notes() == before
    assert ImportedRow.objects.count() == 2


def test_a_changed_row_updates_its_record(actor):
    imported(actor, GOOD)

    run = imported(actor, GOOD.replace("second", "altered"))

    assert (run.created_count, run.updated_count, run.unchanged_count) == (0, 1, 1)
    assert notes()["N2"]["text"] == "altered"
    assert len(notes()) == 2


def test_warnings_must_be_accepted(actor):
    text = lines("N1,odd,1,,上海", "N2,fine,1,,上海")

    refused = imported(actor, text)
    accepted = imported(actor, text, accept_warnings=True)

    assert (refused.created_count, refused.rejected_count) == (1, 1)
    assert (accepted.created_count, accepted.unchanged_count) == (1, 1)
    assert set(notes()) == {"N1", "N2"}


def test_all_or_nothing_writes_all(actor):
    rows = [f"N{number},ok,1,,上海" for number in range(35)]

    run = imported(actor, lines(*rows), mode=engine.ALL_OR_NOTHING)

    assert run.state == ImportRun.State.DONE
    assert len(notes()) == 35


def test_all_or_nothing_is_refused_when_the_check_found_bad_rows(actor):
    run = checked(actor, lines("N1,ok,1,,上海", "N2,ok,abc,,上海"))

    with pytest.raises(Conflict):
        actions.start_run(run_id=run.pk, actor=actor, mode=engine.ALL_OR_NOTHING)

    run.refresh_from_db()
    assert run.state == ImportRun.State.CHECKED


def test_all_or_nothing_writes_nothing_when_a_row_fails_late(actor):
    rows = [f"N{number},ok,1,,上海" for number in range(35)]
    rows[30] = "N30,explode,1,,上海"
    run = checked(actor, lines(*rows))

    job = work(actions.start_run(run_id=run.pk, actor=actor, mode=engine.ALL_OR_NOTHING))

    run.refresh_from_db()
    assert (job.state, run.state) == (Job.State.FAILED, ImportRun.State.FAILED)
    assert notes() == {}
    assert ImportedRow.objects.count() == 0
    assert [issue.row_number for issue in list_issues(run)] == [32]
    assert (run.position, run.created_count) == (0, 0)


def test_a_run_that_died_goes_on_without_a_double(actor):
    rows = [f"N{number},ok,1,,上海" for number in range(35)]
    rows[25] = "N25,crash,1,,上海"
    run = checked(actor, lines(*rows))
    job = actions.start_run(run_id=run.pk, actor=actor)
    work(job)
    run.refresh_from_db()
    assert run.state == ImportRun.State.FAILED
    assert (run.position, len(notes())) == (21, 20)

    _mend(run)
    work(actions.start_run(run_id=run.pk, actor=actor))

    run.refresh_from_db()
    assert run.state == ImportRun.State.DONE
    assert len(notes()) == 35
    assert (run.created_count, run.done_count, run.rejected_count) == (35, 35, 0)


def _mend(run: ImportRun) -> None:
    """The same file without the row that crashed the worker."""
    with storages["default"].open(run.stored_name) as stored:
        text = stored.read().replace(b"crash", b"fine!")
    storages["default"].delete(run.stored_name)
    run.stored_name = storages["default"].save("imports/mended.csv", io.BytesIO(text))
    run.save(update_fields=["stored_name"])


def test_repeats_are_noticed_across_a_restart(actor):
    rows = [f"N{number},ok,1,,上海" for number in range(35)]
    rows[25] = "N25,crash,1,,上海"
    rows[28] = "N2,repeated,1,,上海"
    run = checked(actor, lines(*rows))
    work(actions.start_run(run_id=run.pk, actor=actor))
    _mend(run)

    work(actions.start_run(run_id=run.pk, actor=actor))

    run.refresh_from_db()
    assert run.rejected_count == 1
    assert notes()["N2"]["text"] == "ok"


def test_a_second_worker_gives_way(actor):
    run = checked(actor, GOOD)
    job = actions.start_run(run_id=run.pk, actor=actor)
    job.state, job.heartbeat_at = Job.State.RUNNING, now()
    job.save(update_fields=["state", "heartbeat_at"])
    stale = ImportRun.objects.get(pk=run.pk)
    ImportRun.objects.filter(pk=run.pk).update(position=3)

    with pytest.raises(jobs.TakenOver):
        engine._take_turn(stale)


def test_a_cancelled_run_keeps_what_it_wrote_and_can_go_on(actor, monkeypatch):
    rows = [f"N{number},ok,1,,上海" for number in range(35)]
    run = checked(actor, lines(*rows))
    job = actions.start_run(run_id=run.pk, actor=actor)
    original = engine._advance

    def cancel_after_two(run, chunk):
        original(run, chunk)
        if run.done_count == 20:
            Job.objects.filter(pk=job.pk).update(cancel_requested=True)

    monkeypatch.setattr(engine, "_advance", cancel_after_two)
    work(job)

    run.refresh_from_db()
    job.refresh_from_db()
    assert (job.state, run.state) == (Job.State.CANCELLED, ImportRun.State.CANCELLED)
    assert len(notes()) == 10
    work(actions.start_run(run_id=run.pk, actor=actor))
    assert len(notes()) == 35


def test_a_run_that_waits_is_cancelled_at_once(actor):
    run = checked(actor, GOOD)
    actions.start_run(run_id=run.pk, actor=actor)

    run = actions.cancel_run(run_id=run.pk, actor=actor)

    assert run.state == ImportRun.State.CANCELLED
    with pytest.raises(Conflict):
        actions.cancel_run(run_id=run.pk, actor=actor)


def test_a_run_is_not_started_twice(actor):
    run = checked(actor, GOOD)
    actions.start_run(run_id=run.pk, actor=actor)

    with pytest.raises(Conflict):
        actions.start_run(run_id=run.pk, actor=actor)
    with pytest.raises(Conflict):
        actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=actor)

    assert Job.objects.filter(kind=engine.RUN).count() == 1


def test_an_unchecked_file_is_not_run(actor):
    run = upload(actor, GOOD)

    with pytest.raises(Conflict):
        actions.start_run(run_id=run.pk, actor=actor)

    assert notes() == {}


def test_somebody_who_left_imports_nothing(actor):
    run = checked(actor, GOOD)
    job = actions.start_run(run_id=run.pk, actor=actor)
    PEOPLE.clear()

    work(job)

    run.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error
    assert notes() == {}


def test_discarding_deletes_the_file_and_keeps_the_records(
    actor, django_capture_on_commit_callbacks
):
    run = imported(actor, GOOD)

    with django_capture_on_commit_callbacks(execute=True):
        actions.discard_run(run_id=run.pk, actor=actor)

    assert not storages["default"].exists(run.stored_name)
    assert not ImportRun.objects.exists()
    assert len(notes()) == 2
    assert ImportedRow.objects.count() == 2


# -- who may ----------------------------------------------------------------------------------


def test_without_the_permission_nothing_is_taken_in(actor):
    stranger = Actor(user_id=4, staff_id=6, name="Li", grants={})

    with pytest.raises(NotPermitted):
        upload(stranger, GOOD)

    assert ImportRun.objects.count() == 0


def test_another_persons_import_does_not_exist(actor):
    run = upload(actor, GOOD)
    other = Actor(
        user_id=4,
        staff_id=6,
        name="Li",
        grants={**actor.grants, "imports.view_importrun": Grant(owner_ids=frozenset({6}))},
    )

    assert list(list_runs(other)) == []
    for attempt in (
        lambda: get_run(run_id=run.pk, actor=other),
        lambda: actions.map_columns(run_id=run.pk, mapping=run.mapping, actor=other),
        lambda: actions.start_check(run_id=run.pk, actor=other),
        lambda: actions.cancel_run(run_id=run.pk, actor=other),
        lambda: actions.discard_run(run_id=run.pk, actor=other),
    ):
        with pytest.raises(NotFound):
            attempt()
    run.refresh_from_db()
    assert run.state == ImportRun.State.UPLOADED


def test_an_unknown_kind_is_not_found(actor):
    with pytest.raises(NotFound):
        actions.upload_file(kind="no.such", name="x", content=io.BytesIO(b"a\n1\n"), actor=actor)


def test_a_kind_is_declared_once():
    with pytest.raises(ValueError, match="twice"):
        imports.register(NoteImporter)


def test_a_store_must_be_chosen_where_it_is_needed(actor, monkeypatch):
    monkeypatch.setattr(NoteImporter, "needs_store", True)

    with pytest.raises(Invalid) as refusal:
        upload(actor, GOOD)

    assert refusal.value.field == "store"


def test_the_system_may_import_everything():
    assert NoteImporter.kind in [each.kind for each in imports.all_importers(system_actor())]


def test_a_choice_named_by_the_person_wins(actor):
    run = upload(actor, lines("N1,a,1,,Shanghai", "N2,b,1,,Shanghai", "N3,c,1,,somewhere"))
    mapping = {
        "code": {"column": 0},
        "place": {
            "column": 4,
            "values": {"Shanghai": "=1", "somewhere": MAKE},
            "unmatched": "!",
        },
    }
    actions.map_columns(run_id=run.pk, mapping=mapping, actor=actor)
    work(actions.start_check(run_id=run.pk, actor=actor))
    work(actions.start_run(run_id=run.pk, actor=actor))

    assert {key: value["place"] for key, value in notes().items()} == {"N1": 1, "N2": 1, "N3": 3}


def test_stored_state_is_plain_json(actor):
    run = imported(actor, GOOD)

    json.dumps([run.shape, run.profile, run.mapping, run.options, run.findings])


def test_files_go_by_themselves_and_what_came_of_them_stays(actor):
    run = imported(actor, lines("N1,first,1,,", "N2,forbidden,1,,"))
    waiting = upload(actor, GOOD)
    assert not actions.has_expired_runs()
    ImportRun.objects.update(created_at=now() - actions.FILES_KEPT - timedelta(minutes=1))

    assert actions.has_expired_runs()
    assert actions.remove_expired_files() == 2
    assert not storages["default"].exists(run.stored_name)
    for each in (run, waiting):
        each.refresh_from_db()
    assert (run.state, run.stored_name, run.rejected_count) == (ImportRun.State.DONE, "", 1)
    assert waiting.state == ImportRun.State.CANCELLED
    assert not list_issues(run).exists()
    assert set(notes()) == {"N1"}
    with pytest.raises(NotFound):
        actions.open_rejected(run_id=run.pk, actor=actor)
    assert not actions.has_expired_runs()
