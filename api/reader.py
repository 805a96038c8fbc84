"""The reference, laid out for the page that shows it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from api.errors import GENERAL_CODES, TITLES
from forecourt.kernel.errors import DomainError

METHODS = ("get", "post", "patch", "put", "delete")
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    place: str
    text: str
    is_needed: bool


@dataclass(frozen=True)
class Described:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    paragraphs: "list[Paragraph]"
    parameters: list[Value]
    body: list[Value]
    body_example: str
    answer: list[Value]
    statuses: list[tuple[str, str]]

    @property
    def path_parameters(self) -> list[Value]:
        return [value for value in self.parameters if value.place == "path"]

    @property
    def query_parameters(self) -> list[Value]:
        return [value for value in self.parameters if value.place == "query"]

    @property
    def takes_key(self) -> bool:
        return any(value.name == "Idempotency-Key" for value in self.parameters)

    @property
    def takes_condition(self) -> bool:
        return any(value.name == "If-Match" for value in self.parameters)


Paragraph = list[tuple[str, bool]]
"""Pieces of text, each with whether it is code."""


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a description, what stands between backticks told apart."""
    return [
        [(piece, bool(place % 2)) for place, piece in enumerate(part.split("`")) if piece]
        for part in text.split("\n\n")
        if part
    ]


def sections(document: Schema) -> list[tuple[str, list[Described]]]:
    """The operations by tag, in the order of their addresses."""
    found: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                described = _described(document, path, method, operation)
                found.setdefault(operation["tags"][0], []).append(described)
    return sorted(found.items())


def problems() -> list[tuple[str, int, str]]:
    """Every code that a refusal may carry, with its status and meaning."""
    known = {code: (status, str(TITLES[status])) for status, code in GENERAL_CODES.items()}
    for refusal in _refusals(DomainError):
        meaning = (refusal.__doc__ or "").strip().split("\n")[0]
        known.setdefault(refusal.code, (refusal.status, meaning))
    return [(code, *known[code]) for code in sorted(known)]


def _refusals(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _refusals(child)


def _described(document: Schema, path: str, method: str, operation: Schema) -> Described:
    body = _content(operation.get("requestBody", {}))
    answers = operation["responses"]
    good = next(status for status in sorted(answers) if status.startswith(("2", "3")))
    return Described(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        paragraphs=paragraphs(operation.get("description", "")),
        parameters=[_parameter(parameter) for parameter in operation.get("parameters", [])],
        body=list(_fields(document, body)) if body else [],
        body_example=_pretty(_example(document, body)) if body else "",
        answer=list(_fields(document, _content(answers[good]))),
        statuses=[(status, answer["description"]) for status, answer in sorted(answers.items())],
    )


def _parameter(parameter: Schema) -> Value:
    return Value(
        name=parameter["name"],
        kind=_kind({}, parameter["schema"]),
        place=parameter["in"],
        text=parameter.get("description", ""),
        is_needed=parameter.get("required", False),
    )


def _content(part: Schema) -> Schema:
    for media in part.get("content", {}).values():
        return media["schema"]
    return {}


def _resolved(document: Schema, schema: Schema) -> Schema:
    """The schema behind a reference, which may stand in an allOf or oneOf of its own."""
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return _resolved(document, schema[combined][0])
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolved(document, target)
    return schema


def _fields(document: Schema, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Value]:
    schema = _resolved(document, schema)
    needed = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(document, field)
        yield Value(
            name=prefix + name,
            kind=_kind(document, inner),
            place="body",
            text=field.get("description", ""),
            is_needed=name in needed,
        )
        if depth >= 2:
            continue
        if inner.get("type") == "array":
            yield from _fields(document, inner["items"], f"{prefix}{name}[].", depth + 1)
        elif inner.get("properties"):
            yield from _fields(document, inner, f"{prefix}{name}.", depth + 1)


def _kind(document: Schema, schema: Schema) -> str:
    schema = _resolved(document, schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return _("list of %s") % _kind(document, schema["items"])
    return schema.get("format") or schema.get("type") or "object"


def _example(document: Schema, schema: Schema) -> Any:
    schema = _resolved(document, schema)
    if "example" in schema:
        return schema["example"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(document, schema["items"])]
    if "properties" in schema:
        return {name: _example(document, field) for name, field in schema["properties"].items()}
    samples = {"integer": 1, "number": 1, "boolean": True, "date": "2026-01-31"}
    return samples.get(schema.get("format", ""), samples.get(schema.get("type", ""), ""))


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
