"""Custom fields in the configuration file: by host, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import Actor
from forecourt.kernel.configuration.parts import Part, at, register
from forecourt.kernel.configuration.report import Place, Report
from forecourt.kernel.configuration.shapes import (
    Anything,
    Flag,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Text,
)
from forecourt.kernel.custom_fields import actions
from forecourt.kernel.custom_fields.definition import Kind
from forecourt.kernel.custom_fields.hosts import all_hosts, people
from forecourt.kernel.errors import Conflict, Invalid
from forecourt.kernel.models import CustomField

_TEXTS = {
    "label_zh": 60,
    "label_en": 60,
    "help_zh": 200,
    "help_en": 200,
    "section_zh": 60,
    "section_en": 60,
}
_FLAGS = ("is_required", "is_unique", "is_indexed", "is_searchable")
_ROLES = ("visible_to_roles", "editable_by_roles")


@dataclass(frozen=True)
class FieldRecord(Record):
    """A field; its options are brought into the form in which they are kept."""

    def read(self, value: Any, place: Place, report: Report) -> Any:
        read = super().read(value, place, report)
        kind = read.get("kind")
        if kind not in Kind.values or not isinstance(read.get("options"), Mapping):
            return read
        try:
            read["options"] = actions.checked_options(kind, read["options"])
        except Invalid as refusal:
            report.problem((*place, "options", refusal.field or ""), refusal.message)
        for name in _ROLES:
            read[name] = sorted(set(read[name]))
        return read


class CustomFieldsPart(Part):
    """What a group has added to its records."""

    name = "custom_fields"
    label = _("Custom fields")
    after = ("roles",)
    shape = MapOf(
        ListOf(
            FieldRecord(
                {
                    "code": Text(40, pattern=r"[a-z][a-z0-9_]{0,39}"),
                    "kind": OneOf(Kind.values),
                    **{name: Text(most, blank=True) for name, most in _TEXTS.items()},
                    **{name: Flag() for name in _FLAGS},
                    "default": Anything(),
                    "options": Anything(),
                    **{name: ListOf(Text(40)) for name in _ROLES},
                    "is_active": Flag(),
                },
                {
                    **dict.fromkeys(_TEXTS, ""),
                    **dict.fromkeys(_FLAGS, False),
                    "default": None,
                    "options": {},
                    **{name: [] for name in _ROLES},
                    "is_active": True,
                },
            ),
            most=actions.MOST_FIELDS,
        ),
        key=Text(30),
    )

    def export(self) -> Any:
        found: dict[str, list[dict[str, Any]]] = {}
        for field in CustomField.objects.order_by("host", "sequence", "id"):
            found.setdefault(field.host, []).append(_exported(field))
        return found

    def check(self, data: Any, report: Report) -> None:
        hosts = {host.name for host in all_hosts()}
        roles = {*report.data_of("roles"), *(code for code, _name in people().roles())}
        for host, fields in data.items():
            if host not in hosts:
                report.problem((self.name, host), _t("Nothing of that name has custom fields."))
            codes = [field["code"] for field in fields]
            for position, field in enumerate(fields, start=1):
                place = (self.name, host, str(position))
                if codes.count(field["code"]) > 1:
                    report.problem((*place, "code"), _t("There is a field of this code already."))
                for name in _ROLES:
                    for code in field[name]:
                        if code not in roles:
                            report.problem(
                                (*place, name), _t("There is no role “%(code)s”.") % {"code": code}
                            )

    def apply(self, data: Any, actor: Actor) -> None:
        for host, fields in data.items():
            ids = []
            for position, wanted in enumerate(fields, start=1):
                with at(host, str(position)):
                    ids.append(_applied(host, wanted, actor))
            actions.order_fields(host=host, field_ids=ids, actor=actor)

    def prune(self, data: Any, actor: Actor) -> None:
        for field in CustomField.objects.all():
            if field.code not in {wanted["code"] for wanted in data.get(field.host, ())}:
                with at(field.host, field.code):
                    actions.delete_field(field_id=field.pk, actor=actor)


def _exported(field: CustomField) -> dict[str, Any]:
    names = ("code", "kind", *_TEXTS, *_FLAGS, "default", "options", *_ROLES, "is_active")
    return {name: _plain(getattr(field, name)) for name in names}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _applied(host: str, wanted: Mapping[str, Any], actor: Actor) -> int:
    """The id of the field as the file describes it."""
    details = dict(_details(wanted))
    field = CustomField.objects.filter(host=host, code=wanted["code"]).first()
    if field is None:
        field = actions.add_field(
            host=host, code=wanted["code"], kind=wanted["kind"], actor=actor, **details
        )
    else:
        if field.kind != wanted["kind"]:
            job = actions.change_kind(
                field_id=field.pk, kind=wanted["kind"], options=wanted["options"], actor=actor
            )
            if job is not None:
                raise Conflict(_t("This field has many values; change its kind by itself first."))
        field = actions.change_field(field_id=field.pk, actor=actor, **details)
    if field.is_active != wanted["is_active"]:
        switch = actions.restore_field if wanted["is_active"] else actions.retire_field
        switch(field_id=field.pk, actor=actor)
    return field.pk


def _details(wanted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in (*_TEXTS, *_FLAGS, "default", "options", *_ROLES):
        yield name, wanted[name]


register(CustomFieldsPart())
