"""Custom fields in the API: an object ``custom`` in records and bodies, typed in the reference."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.endpoints import Handler, change
from api.fields import Body, Representation, asked_now
from forecourt.kernel.access import Actor
from forecourt.kernel.custom_fields.actions import change_values
from forecourt.kernel.custom_fields.definition import Definition, Kind
from forecourt.kernel.custom_fields.registry import visible
from forecourt.kernel.custom_fields.values import visible_values
from forecourt.kernel.groups import current_group

HOST = "x-custom-host"
"""In the reference of the product: whose fields stand in this object, in each group others."""


class CustomValues(serializers.Field):
    """``{code: value}`` of the fields that the caller sees; a field that has no value is null.

    In a body it names the fields to change. What a value must be is the action's to say.
    """

    def __init__(self, host: str, **options: Any) -> None:
        self.host = host
        options.setdefault("help_text", gettext_lazy("The group's own fields, by code."))
        super().__init__(**options)

    def to_representation(self, custom: Mapping[str, Any]) -> dict[str, Any]:
        asked = asked_now()
        key = f"custom.{self.host}"
        if key not in asked.memory:
            asked.memory[key] = visible(self.host, asked.actor)
        fields: list[Definition] = asked.memory[key]
        values = visible_values(custom, fields)
        return {field.code: _in_api(field, values[field.code]) for field in fields}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise ValidationError([_("An object of fields by code is expected.")])
        return dict(data)


def _in_api(field: Definition, value: Any) -> Any:
    """Money with its currency and identifiers as text, as everywhere in the API."""
    if value is None:
        return None
    if field.kind == Kind.MONEY:
        group = current_group()
        currency = group.currency if group else settings.DEFAULT_CURRENCY
        return {"amount": value, "currency": currency}
    return str(value) if field.kind == Kind.STAFF else value


def custom_body(host: str) -> type[Body]:
    """A body that carries a host's custom fields alone."""
    values = CustomValues(host)
    return type(f"{host.capitalize()}CustomBody", (Body,), {"custom": values})


def custom_change(
    host: str, key: str, representation: type[Representation], get_row: Any, **described: Any
) -> Handler:
    """PATCH of a record's custom fields; ``key`` is the name of its id in the address."""

    def change_custom(*, actor: Actor, custom: Mapping[str, Any] | None = None, **path: Any) -> Any:
        change_values(host=host, row_id=path[key], values=custom or {}, actor=actor)
        return get_row(actor=actor, **path)

    return change(change_custom, custom_body(host), representation, get_row=get_row, **described)


# -- the reference ----------------------------------------------------------------------------


class CustomValuesSchema(OpenApiSerializerFieldExtension):
    target_class = "api.custom.CustomValues"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {}, HOST: self.target.host}


def document_for(document: Mapping[str, Any], actor: Actor | None) -> Mapping[str, Any]:
    """The product's reference with the fields that the group has added and the reader sees."""
    if actor is None:
        return document
    schemas = document["components"]["schemas"]
    typed = {
        name: {**schema, "properties": {**schema["properties"], "custom": _typed(custom, actor)}}
        for name, schema in schemas.items()
        if HOST in (custom := schema.get("properties", {}).get("custom", {}))
    }
    components = {**document["components"], "schemas": {**schemas, **typed}}
    return {**document, "components": components}


def _typed(custom: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    fields = visible(custom[HOST], actor)
    properties = {field.code: _schema_of(field) for field in fields}
    return {**custom, "properties": properties, "additionalProperties": False}


def _schema_of(field: Definition) -> dict[str, Any]:
    text = " · ".join(part for part in (field.label, field.help) if part)
    return {**_SHAPES[Kind(field.kind)], **_bounds(field), "nullable": True, "description": text}


def _bounds(field: Definition) -> dict[str, Any]:
    if field.kind in (Kind.TEXT, Kind.LONG_TEXT):
        names = {"max_length": "maxLength", "pattern": "pattern"}
        return {
            name: field.options[option] for option, name in names.items() if option in field.options
        }
    if field.kind == Kind.INTEGER:
        names = {"min": "minimum", "max": "maximum"}
        return {
            name: int(field.options[option])
            for option, name in names.items()
            if option in field.options
        }
    if field.kind == Kind.CHOICE:
        return {"enum": [*_values(field), None]}
    if field.kind == Kind.CHOICES:
        return {"items": {"type": "string", "enum": _values(field)}}
    return {}


def _values(field: Definition) -> Sequence[str]:
    return [choice.value for choice in field.choices]


_SHAPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.LONG_TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "string", "format": "decimal"},
    Kind.MONEY: {
        "type": "object",
        "properties": {"amount": {"type": "string"}, "currency": {"type": "string"}},
    },
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.CHOICE: {"type": "string"},
    Kind.CHOICES: {"type": "array"},
    Kind.STAFF: {"type": "string", "pattern": "^[0-9]+$"},
    # Written as the identifier of an upload, read as what is known of the file.
    Kind.FILE: {
        "oneOf": [
            {"type": "string", "pattern": "^[0-9]+$"},
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "size": {"type": "integer"},
                    "type": {"type": "string"},
                },
            },
        ],
    },
}
