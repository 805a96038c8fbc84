"""Templates: drafts, what holds where, versions, the way back."""

import pytest
from django.db import IntegrityError, transaction

from apps.crm.models import Opportunity
from apps.documents import actions, papers
from apps.documents.models import DocumentTemplate
from apps.documents.papers import paper_of
from apps.documents.queries.templates import place_named, text_for, versions_at
from apps.organisation.brands import KNOWN
from apps.organisation.models import StaffMember
from apps.vehicles.models import Brand
from forecourt.kernel.access import Actor, system_actor
from forecourt.kernel.configuration.actions import export_config, import_config
from forecourt.kernel.errors import Conflict, Invalid, NotFound, NotPermitted
from forecourt.kernel.models import AuditEntry
from tests.factories.organisation import actor_of, make_staff, make_store

SYSTEM = system_actor()
LETTER = {"code": "crm.letter", "language": "en"}


@pytest.fixture
def headquarters(group, folder) -> Actor:
    return actor_of(make_staff("headquarters", None))


def publish(actor: Actor, text: str, **where: object) -> DocumentTemplate:
    draft = actions.save_template(text=text, actor=actor, **{**LETTER, **where})
    return actions.publish_template(document_template_id=draft.pk, actor=actor)


def holding(store_id: int | None = None, brand: str = "") -> str:
    kind = paper_of("crm.letter")
    return text_for(kind, language="en", store_id=store_id, brand=brand).text


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", papers.declared_papers(), ids=lambda kind: kind.code)
def test_every_delivered_text_can_be_set(group, kind, language: str) -> None:
    printed = actions.print_sample(kind, language, text=kind.delivered(language))

    assert printed.pages >= 1
    assert {field.name for field in printed.fields} == {
        signer.code for signer in kind.vocabulary.signers
    }


def test_a_draft_holds_only_once_it_is_published(headquarters: Actor) -> None:
    delivered = holding()
    draft = actions.save_template(text="Dear {{customer.name}}", actor=headquarters, **LETTER)

    assert holding() == delivered
    actions.publish_template(document_template_id=draft.pk, actor=headquarters)
    assert holding() == "Dear {{customer.name}}"
    publish(headquarters, "Hello")
    assert [row.state for row in DocumentTemplate.objects.order_by("number")] == [
        "RETIRED",
        "PUBLISHED",
    ]


def test_a_stores_text_goes_before_its_brands_before_the_groups(headquarters: Actor) -> None:
    store, other = make_store(brand_names=["比亚迪"]), make_store()
    publish(headquarters, "group")
    publish(headquarters, "brand", brand="比亚迪")
    publish(headquarters, "store", store_id=store.pk)

    assert holding() == "group"
    assert holding(other.pk) == "group"
    assert holding(other.pk, "比亚迪") == "brand"
    assert holding(store.pk, "比亚迪") == "store"


def test_a_brands_text_holds_under_every_name_of_the_brand(headquarters: Actor) -> None:
    Brand.objects.create(name_zh="比亚迪", name_en="BYD")
    KNOWN.forget()
    store = make_store(brand_names=["BYD"])
    publish(headquarters, "brand", brand="BYD")

    assert holding(store.pk, "比亚迪") == holding(store.pk, "byd") == "brand"
    assert [row.text for row in versions_at(place_named(**LETTER, brand="BYD", store_id=None))] == [
        "brand"
    ]
    publish(headquarters, "newer", brand="比亚迪")
    assert holding(store.pk, "BYD") == "newer"


def test_the_way_back_leads_to_an_earlier_version_and_to_the_delivered_text(
    headquarters: Actor,
) -> None:
    delivered = holding()
    first, second = publish(headquarters, "one"), publish(headquarters, "two")

    again = actions.restore_template(document_template_id=first.pk, actor=headquarters)
    assert (again.text, again.number, holding()) == ("one", 3, "two")
    actions.discard_template(document_template_id=again.pk, actor=headquarters)
    actions.retire_template(document_template_id=second.pk, actor=headquarters)

    assert holding() == delivered
    with pytest.raises(Conflict):
        actions.retire_template(document_template_id=second.pk, actor=headquarters)
    with pytest.raises(Conflict):
        actions.publish_template(document_template_id=first.pk, actor=headquarters)


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"text": "{{nobody}}"}, Invalid, "text"),
        ({"text": " "}, Invalid, "text"),
        ({"note": "x" * 201}, Invalid, "note"),
        ({"brand": "No such"}, Invalid, "brand"),
        ({"store_id": 10**12}, Invalid, "store_id"),
        ({"code": "crm.nothing"}, NotFound, None),
        ({"language": "fr"}, NotFound, None),
    ],
)
def test_what_cannot_hold_is_refused_and_nothing_written(
    headquarters: Actor, changes: dict, error: type, field: str | None
) -> None:
    with pytest.raises(error) as refused:
        actions.save_template(actor=headquarters, **{**LETTER, "text": "Dear", **changes})

    assert refused.value.field == field
    assert not DocumentTemplate.objects.exists()


def test_two_who_begin_a_draft_at_once_overwrite_nothing(headquarters: Actor) -> None:
    publish(headquarters, "one")
    mine = actions.save_template(text="mine", actor=headquarters, **LETTER)

    with pytest.raises(Conflict):
        actions.save_template(text="other", seen_number=1, actor=headquarters, **LETTER)

    mine.refresh_from_db()
    assert mine.text == "mine"
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentTemplate.objects.create(text="x", number=9, changed_at=mine.changed_at, **LETTER)


def test_a_store_manager_changes_her_stores_texts_and_no_others(headquarters: Actor) -> None:
    store = make_store()
    manager = actor_of(make_staff("store_manager", store))
    group = publish(headquarters, "group")

    publish(manager, "ours", store_id=store.pk)
    for where in ({}, {"store_id": make_store().pk}):
        with pytest.raises(NotPermitted):
            actions.save_template(text="x", actor=manager, **LETTER, **where)
    with pytest.raises(NotPermitted):
        actions.retire_template(document_template_id=group.pk, actor=manager)

    assert holding() == "group"
    assert holding(store.pk) == "ours"


def test_a_paper_keeps_the_version_that_it_was_made_from(
    headquarters: Actor, opportunity: Opportunity, advisor: StaffMember
) -> None:
    where = {"code": "crm.purchase_contract", "language": "en"}
    row = publish(headquarters, "# Contract\n\n{{signature:customer}}", **where)

    document = actions.make_paper(subject_id=opportunity.pk, actor=actor_of(advisor), **where)
    publish(headquarters, "# Another", **where)

    assert document.paper.template == row
    assert [field["name"] for field in document.paper.fields] == ["customer"]


def test_history_tells_what_a_text_was(headquarters: Actor) -> None:
    row = publish(headquarters, "one")

    actions_logged = AuditEntry.objects.filter(
        subject_kind="documents.documenttemplate", subject_id=str(row.pk)
    ).values_list("action", "changes")
    assert dict(actions_logged)["template written"]["text"] == [None, "one"]
    assert "template published" in dict(actions_logged)


def test_published_texts_travel_in_the_configuration_file(headquarters: Actor) -> None:
    store = make_store()
    publish(headquarters, "group")
    publish(headquarters, "store\nof ours", store_id=store.pk)
    actions.save_template(text="work", actor=headquarters, **LETTER)
    file = export_config(actor=SYSTEM)
    publish(headquarters, "changed")
    publish(headquarters, "zh", language="zh-hans")

    import_config(file, actor=SYSTEM)

    assert holding() == "group"
    assert export_config(actor=SYSTEM) == file
    assert not DocumentTemplate.objects.filter(language="zh-hans", state="PUBLISHED").exists()
