"""Reads a request's form body by the parameter types that the ``stripe`` library publishes.

``items[0][price]=…`` becomes nested values of the declared types; a name that is not declared, a
required one that is not there, a value of another type or outside of a list of words is refused
with Stripe's code and the name of the parameter.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

from infra.stripe.refusals import Refused

PART = re.compile(r"\[([^\]]*)\]")
# The library's own options of a call; they never stand in a body.
OPTIONS = {
    "api_key", "stripe_version", "stripe_account", "stripe_context", "max_network_retries",
    "idempotency_key", "content_type", "headers",
}  # fmt: skip
UNIONS = (Union, types.UnionType)
MAPPINGS = (dict, Mapping)
NOTHING = object()
"""No value of the type can be read from what was sent."""


def read(params: type, body: str) -> dict[str, Any]:
    """The values of a form body or a query. Raises Refused."""
    return _typed_dict(params, nested(body), "")


def nested(body: str) -> dict[str, Any]:
    """``a[b][0]=x`` as ``{"a": {"b": ["x"]}}``."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        head, _bracket, _rest = name.partition("[")
        path = [head, *PART.findall(name)]
        place = root
        for step, following in pairwise(path):
            place = place.setdefault(step or str(len(place)), {})
            if not isinstance(place, dict):
                raise Refused(f"Invalid parameter: {name} ({following})", param=name)
        place[path[-1] or str(len(place))] = value
    return {name: _with_lists(value) for name, value in root.items()}


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(each) for name, each in value.items()}
    if inner and set(inner) == {str(number) for number in range(len(inner))}:
        return [inner[str(number)] for number in range(len(inner))]
    return inner


@cache
def _fields(params: type) -> dict[str, Any]:
    names = {
        **vars(sys.modules[params.__module__]),
        "Mapping": Mapping,
        "Decimal": Decimal,
        "StripeContext": object,
        "HTTPClient": object,
        "UntypedStripeObject": dict,
    }
    hints = get_type_hints(params, globalns=names)
    return {name: hint for name, hint in hints.items() if name not in OPTIONS}


def _typed_dict(params: type, sent: Any, path: str) -> dict[str, Any]:
    fields = _fields(params)
    for name in sent:
        if name not in fields:
            full = _join(path, name)
            raise Refused(
                f"Received unknown parameter: {full}", code="parameter_unknown", param=full
            )
    for name in params.__required_keys__ - OPTIONS:
        if name not in sent:
            full = _join(path, name)
            raise Refused(f"Missing required param: {full}.", code="parameter_missing", param=full)
    found = {}
    for name, value in sent.items():
        full = _join(path, name)
        typed = _value(fields[name], value, full)
        if typed is NOTHING:
            raise Refused(f"Invalid {full}: {value!r}", code="parameter_invalid", param=full)
        found[name] = typed
    return found


def _value(hint: Any, sent: Any, path: str) -> Any:
    """``sent`` as the type, or NOTHING. Raises Refused for what is wrong deeper inside."""
    origin = get_origin(hint)
    if origin in UNIONS:
        return _one_of(get_args(hint), sent, path)
    if origin is Literal:
        return sent if sent in get_args(hint) else NOTHING
    if origin is list:
        return _list(get_args(hint)[0], sent, path)
    if hint is dict or origin in MAPPINGS:
        return _mapping(get_args(hint), sent, path)
    if hasattr(hint, "__required_keys__"):
        return _typed_dict(hint, sent, path) if isinstance(sent, dict) else NOTHING
    return _scalar(hint, sent) if isinstance(sent, str) else NOTHING


def _one_of(options: tuple[Any, ...], sent: Any, path: str) -> Any:
    """By the first type that fits. A list of words is kept to, though the library also allows any
    text there, so that it can be used with words of a later version."""
    words = [option for option in options if get_origin(option) is Literal]
    for option in options:
        if option is str and any("" not in get_args(each) for each in words):
            continue
        typed = _value(option, sent, path)
        if typed is not NOTHING:
            return typed
    return NOTHING


def _mapping(hints: tuple[Any, ...], sent: Any, path: str) -> Any:
    """Names of the caller's own, each with a value of the declared type."""
    if not isinstance(sent, dict):
        return NOTHING
    if len(hints) != 2:
        return sent
    found = {name: _value(hints[1], value, _join(path, name)) for name, value in sent.items()}
    return NOTHING if any(value is NOTHING for value in found.values()) else found


def _list(hint: Any, sent: Any, path: str) -> Any:
    if not isinstance(sent, list):
        return NOTHING
    found = []
    for number, each in enumerate(sent):
        typed = _value(hint, each, f"{path}[{number}]")
        if typed is NOTHING:
            return NOTHING
        found.append(typed)
    return found


def _scalar(hint: Any, sent: str) -> Any:
    if hint is bool:
        return {"true": True, "false": False}.get(sent, NOTHING)
    if hint is str:
        return sent
    try:
        if hint is int:
            return int(sent)
        if hint in (float, Decimal):
            return Decimal(sent)
    except (ValueError, InvalidOperation):
        return NOTHING
    return NOTHING


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
