"""Whoever reads the log reads it in her language: each action and each fact has words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from forecourt.config import urls_group  # noqa: F401  # views register words, too
from forecourt.kernel.models import AuditEntry
from forecourt.ui.details import OWN_VERBS, READINGS, VERBS, WORDS, register_verbs, verb_of

ROOT = Path(__file__).parents[2]
FOLDERS = ("apps", "billing", "platform/forecourt", "tenants")


def entries() -> Iterator[tuple[str, ast.FunctionDef, ast.Call]]:
    """Each ``audit.record(…)``: its file, its function, the call."""
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                        yield str(path.relative_to(ROOT)), function, node


def keys_of(function: ast.FunctionDef, call: ast.Call) -> Iterator[str]:
    """The names of what a call tells, as far as they stand in its function; those that begin with
    ``_`` are for programs."""
    told = [*call.args[3:], *(each.value for each in call.keywords if each.arg == "changes")]
    names = {each.id for each in told if isinstance(each, ast.Name)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in names:
                told.append(node.value)
    for each in told:
        if isinstance(each, ast.Dict):
            names = (key.value for key in each.keys if isinstance(key, ast.Constant))
            yield from (name for name in names if not name.startswith("_"))


FOUND = list(entries())


def is_field(path: str, name: str) -> bool:
    """Whether a model of the file's app has such a field, whose label is then shown."""
    own = [m for m in apps.get_models() if m.__module__.split(".")[:2] == module_of(path)]
    return any(has_field(model, name) for model in own)


def module_of(path: str) -> list[str]:
    return path.removeprefix("platform/").split("/")[:2]


def has_field(model: type, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name))
    except FieldDoesNotExist:
        return False


def test_every_action_of_the_log_has_words() -> None:
    used = {
        node.value
        for _path, _function, call in FOUND
        for node in ast.walk(call.args[1])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert len(used) > 100
    assert sorted(used - VERBS.keys() - {verb for _app, verb in OWN_VERBS}) == []


def test_every_fact_of_the_log_has_words() -> None:
    known = WORDS.keys() | {name for _model, name in READINGS}
    told = {(path, name) for path, function, call in FOUND for name in keys_of(function, call)}

    assert len(told) > 60
    assert [each for each in sorted(told) if each[1] not in known and not is_field(*each)] == []


def test_a_verb_means_one_thing_or_is_told_apart_by_app() -> None:
    with pytest.raises(ValueError, match="created"):
        register_verbs({"created": ("Otherwise", "plus", "info")})

    lead = AuditEntry(subject_kind="crm.lead", action="returned")
    unit = AuditEntry(subject_kind="vehicles.stockunit", action="returned")
    assert verb_of(lead)[0] != verb_of(unit)[0]
