"""The editor of paper templates: text, palette, preview on real records, versions."""

from __future__ import annotations

import difflib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_GET, require_POST

from apps.documents import actions, papers
from apps.documents.forms_papers import TemplateForm
from apps.documents.models import DocumentTemplate
from apps.documents.papers import PaperKind, paper_of
from apps.documents.queries.pictures import pages_of
from apps.documents.queries.templates import (
    VIEW,
    Place,
    Text,
    draft_at,
    get_template,
    may_manage,
    newest_of_each,
    place_named,
    published_at,
    versions_at,
)
from apps.documents.rules.papers import Language
from apps.organisation import brands
from apps.organisation import queries as organisation
from forecourt.kernel.access import Actor
from forecourt.kernel.errors import DomainError
from forecourt.ui.access import requires
from forecourt.ui.forms import check_field
from forecourt.ui.responses import go_to, render_page

RECORDS_OFFERED = 20


@require_GET
@requires(VIEW)
def template_list(request: HttpRequest) -> HttpResponse:
    """Every paper with its languages, and the parts of the group that have texts of their own."""
    own: dict[tuple[str, str], list[DocumentTemplate]] = {}
    for row in newest_of_each(request.actor):
        own.setdefault((row.code, row.language), []).append(row)
    rows = [
        {
            "paper": paper,
            "languages": [
                {
                    "code": code,
                    "label": label,
                    "group": _of_group(own.get((paper.code, code), [])),
                    "others": [
                        {"url": _address(Place.of(row)), "label": _part_label(row)}
                        for row in own.get((paper.code, code), [])
                        if row.store_id or row.brand
                    ],
                }
                for code, label in Language.choices
            ],
        }
        for paper in papers.declared_papers()
    ]
    return render(request, "documents/template_list.html", {"rows": rows})


def _part_label(row: DocumentTemplate) -> str:
    return row.store.name if row.store else brands.shown(row.brand)


def _of_group(rows: list[DocumentTemplate]) -> DocumentTemplate | None:
    return next((row for row in rows if not row.store_id and not row.brand), None)


@requires(VIEW)
def template_edit(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """The text for the group or, by ``?brand=`` or ``?store=``, for a part of it."""
    place = _place(request, code, language)
    kind = paper_of(code)
    draft, published = draft_at(place), published_at(place)
    now = draft or published
    initial = {
        "text": now.text if now else kind.delivered(language),
        "is_sealed": now.is_sealed if now else kind.is_sealed,
        "note": draft.note if draft else "",
        "seen_number": draft.number if draft else None,
    }
    form = TemplateForm(request.POST or None, actor=request.actor, initial=initial)
    if answer := check_field(request, form):
        return answer
    if form.is_valid():
        saved = form.attempt(
            actions.save_template,
            code=code,
            language=language,
            brand=place.brand,
            store_id=place.store_id,
            actor=request.actor,
            **form.cleaned_data,
        )
        if saved is not None:
            return go_to(request, _address(place), message=_t("Draft saved."))
    context = _editor(request, place, kind, draft, published) | {"form": form}
    return render_page(
        request, "documents/template_edit.html", "documents/_template_form.html", context
    )


def _editor(
    request: HttpRequest,
    place: Place,
    kind: PaperKind,
    draft: DocumentTemplate | None,
    published: DocumentTemplate | None,
) -> dict[str, Any]:
    actor = request.actor
    return {
        "kind": kind,
        "place": place,
        "address": _address(place),
        "preview_address": f"{_address(place, 'documents:template_preview')}",
        "language_label": Language(place.language).label,
        "place_label": _place_label(place),
        "places": _places(place, actor),
        "draft": draft,
        "published": published,
        "versions": versions_at(place),
        "may_manage": may_manage(actor, place),
        "records": _records(kind, actor),
        "words": kind.words,
    }


@require_POST
@requires(VIEW)
def template_preview(request: HttpRequest, code: str, language: str) -> HttpResponse:
    """How the text that is being written looks, on a record or on samples. Nothing is written."""
    place = _place(request, code, language)
    kind = paper_of(code)
    text = Text(request.POST.get("text", ""), is_sealed=False)
    try:
        printed = _print(kind, request.POST.get("record", ""), language, text, request.actor)
    except DomainError as refusal:
        context = {"refusal": refusal.message, "place": place}
        return render(request, "documents/_template_preview.html", context)
    context = {"pages": pages_of(printed.content), "count": printed.pages}
    return render(request, "documents/_template_preview.html", context)


def _print(kind: PaperKind, record: str, language: str, text: Text, actor: Actor) -> Any:
    if record.isdigit() and len(record) <= 18:
        row = kind.of.get(int(record), actor)
        return actions.print_paper(kind, row, language, actor, text=text)[0]
    return actions.print_sample(kind, language, text=text.text)


@require_GET
@requires(VIEW)
def template_version(request: HttpRequest, document_template_id: int) -> HttpResponse:
    """One version, and how it differs from what holds now."""
    row = get_template(document_template_id=document_template_id, actor=request.actor)
    place, kind = Place.of(row), paper_of(row.code)
    holds = published_at(place)
    other = holds.text if holds and holds.pk != row.pk else kind.delivered(row.language)
    context = {
        "row": row,
        "kind": kind,
        "address": _address(place),
        "place_label": _place_label(place),
        "against": holds if holds and holds.pk != row.pk else None,
        "lines": _compared(other, row.text),
        "may_manage": may_manage(request.actor, place),
    }
    return render(request, "documents/template_version.html", context)


def _compared(before: str, after: str) -> list[tuple[str, str]]:
    """Lines as ``(sign, text)``; the sign is ``+``, ``-`` or empty."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return [(line[0].strip(), line[2:]) for line in found if line[0] != "?"]


@require_POST
@requires("documents.manage_template")
def template_publish(request: HttpRequest, document_template_id: int) -> HttpResponse:
    row = actions.publish_template(document_template_id=document_template_id, actor=request.actor)
    return go_to(request, _address(Place.of(row)), message=_t("Published: it holds from now on."))


@require_POST
@requires("documents.manage_template")
def template_discard(request: HttpRequest, document_template_id: int) -> HttpResponse:
    row = get_template(document_template_id=document_template_id, actor=request.actor)
    actions.discard_template(document_template_id=row.pk, actor=request.actor)
    return go_to(request, _address(Place.of(row)), message=_t("Draft discarded."))


@require_POST
@requires("documents.manage_template")
def template_restore(request: HttpRequest, document_template_id: int) -> HttpResponse:
    row = actions.restore_template(document_template_id=document_template_id, actor=request.actor)
    return go_to(request, _address(Place.of(row)), message=_t("The earlier text is the draft."))


@require_POST
@requires("documents.manage_template")
def template_retire(request: HttpRequest, document_template_id: int) -> HttpResponse:
    row = actions.retire_template(document_template_id=document_template_id, actor=request.actor)
    return go_to(request, _address(Place.of(row)), message=_t("Withdrawn."))


def _place(request: HttpRequest, code: str, language: str) -> Place:
    store = request.GET.get("store", "")
    return place_named(
        code=code,
        language=language,
        brand=request.GET.get("brand", "")[:60],
        store_id=int(store) if store.isdigit() and len(store) <= 18 else None,
    )


def _address(place: Place, name: str = "documents:template_edit") -> str:
    address = reverse(name, args=[place.code, place.language])
    part = {"store": place.store_id} if place.store_id else {"brand": place.brand}
    return f"{address}?{urlencode(part)}" if place.store_id or place.brand else address


def _place_label(place: Place) -> str:
    if place.store_id:
        store = organisation.stores_by_id([place.store_id]).get(place.store_id)
        return store.name if store else ""
    return brands.shown(place.brand) or _t("Whole group")


def _places(place: Place, actor: Actor) -> list[tuple[str, str, bool]]:
    """Where else there may be a text: address, label, whether it is this one."""
    found = [Place(place.code, place.language)]
    sold = brands.standard_names(organisation.brand_names())
    found += [Place(place.code, place.language, brand) for brand in sold]
    stores = organisation.list_stores(actor)
    labels = {store.pk: store.name for store in stores}
    found += [Place(place.code, place.language, "", pk) for pk in labels]
    return [
        (
            _address(each),
            labels.get(each.store_id or 0) or brands.shown(each.brand) or _t("Whole group"),
            each == place,
        )
        for each in found
    ]


def _records(kind: PaperKind, actor: Actor) -> list[tuple[int, str]]:
    """Some recent records of the kind, to look at the text with."""
    rows = kind.of.rows(actor).order_by("-pk")[:RECORDS_OFFERED]
    return [(row.pk, kind.of.describe(row)) for row in rows]
