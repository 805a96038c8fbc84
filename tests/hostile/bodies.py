"""Bodies that the API takes, made from its own reference: a refusal is then never the body's."""

from typing import Any

from api.schema import document

BY_NAME: dict[str, Any] = {
    "phone": "+8613912345678",
    "amount": "1.00",
    "budget_amount": "1.00",
    "mapping": {"phone": {"path": "phone"}},
    "mileage": [],
    "numbers": [1],
    "purpose": "custom_fields.file",
    "receipts": [],
    "rights": {},
    "url": "http://127.0.0.1:9999/hook",
    "types": ["lead.registered"],
    "value": 60,
}


def body_for(template: str, method: str) -> dict[str, Any] | None:
    """A valid body for the operation, None where it takes none."""
    schema = document("en")
    operation = schema["paths"].get(template, {}).get(method)
    if operation is None or "requestBody" not in operation:
        return None
    content = operation["requestBody"]["content"].get("application/json")
    return _object(schema, content["schema"]) if content else None


def takes_file(template: str, method: str) -> bool:
    """Whether the operation takes a file beside a record that the address names."""
    operation = document("en")["paths"].get(template, {}).get(method, {})
    content = operation.get("requestBody", {}).get("content", {})
    return "{" in template and "multipart/form-data" in content


def _object(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    part = _resolved(schema, part)
    needed = part.get("required", [])
    return {name: _value(schema, name, part["properties"][name]) for name in needed}


def _value(schema: dict[str, Any], name: str, part: dict[str, Any]) -> Any:
    part = _resolved(schema, part)
    if name in BY_NAME:
        return BY_NAME[name]
    if "enum" in part:
        return part["enum"][0]
    if part.get("type") == "array":
        return [_value(schema, name, part["items"])]
    if part.get("type") == "object":
        return _object(schema, part)
    if "example" in part:
        return part["example"]
    return {"integer": 1, "boolean": True, "string": "x"}[part["type"]]


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for combined in ("allOf", "oneOf"):
        if combined in part:
            return _resolved(schema, part[combined][0])
    if "$ref" in part:
        return schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return part
