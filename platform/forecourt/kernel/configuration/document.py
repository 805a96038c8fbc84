"""The file itself: YAML that people can read and change, and that can do no harm.

Only what a configuration needs is understood: texts, whole and decimal numbers, true and false,
lists and entries. Aliases (with which a few lines swell to gigabytes), tags (which make objects),
a key that comes twice and anything too large or too deep are refused with their line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from forecourt.kernel.configuration.report import Place, Problem

FORMAT = 1
MOST_BYTES = 2 * 1024 * 1024
MOST_DEPTH = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_PLAIN_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Unreadable(Exception):
    """The text is no configuration; the problem says where and why."""

    def __init__(self, message: str, line: int = 0, place: Place = ()) -> None:
        super().__init__(message)
        self.problem = Problem(place, message, line)


@dataclass(slots=True)
class Document:
    """What a file holds of each part, and where everything stands in it."""

    parts: dict[str, Any] = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)


def write(parts: Mapping[str, Any]) -> str:
    """The file's text. The same data gives the same text, letter for letter."""
    return yaml.dump(
        {"format": FORMAT, "parts": parts},
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=100,
    )


def read(raw: str | bytes) -> Document:
    """Raises Unreadable."""
    text = _decoded(raw)
    try:
        _require_harmless(text)
        root = _LOADER(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Unreadable(_("This is not valid YAML: %s") % (error.problem or ""), line) from error
    except yaml.YAMLError as error:
        raise Unreadable(_("The file holds characters that YAML does not allow.")) from error
    return _document(root)


def _decoded(raw: str | bytes) -> str:
    size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise Unreadable(
            _("The file is larger than %(size)s MB.") % {"size": MOST_BYTES // 1024**2}
        )
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw.removeprefix("\ufeff")
        text.encode()
    except UnicodeError as error:
        raise Unreadable(_("The file is not text in UTF-8.")) from error
    return text


def _require_harmless(text: str) -> None:
    """Look at the stream of events, before anything is built of it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(_("Aliases and anchors (& and *) are not allowed here."), line)
        if isinstance(event, yaml.NodeEvent) and _is_tagged(event):
            raise Unreadable(_("Tags (!) are not allowed here."), line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise Unreadable(_("The entries are nested too deep."), line)


def _is_tagged(event: Any) -> bool:
    tag = getattr(event, "tag", None)
    return tag is not None and tag != "!"


def _document(root: Any) -> Document:
    found = Document()
    data = _plain(root, (), found.lines) if root is not None else None
    if not isinstance(data, dict) or "format" not in data:
        raise Unreadable(_("This is no Forecourt configuration: “format” is missing."), 1)
    if data["format"] != FORMAT:
        raise Unreadable(
            _("The format %(found)s is not known; this release reads format %(known)s.")
            % {"found": data["format"], "known": FORMAT},
            found.lines.get(("format",), 1),
        )
    for key in data:
        if key not in ("format", "parts"):
            raise Unreadable(
                _("There is no “%(name)s” here; known are: %(known)s.")
                % {"name": key, "known": "format, parts"},
                found.lines[key,],
            )
    parts = data.get("parts")
    if not isinstance(parts, dict):
        raise Unreadable(_("“parts” must hold the parts by name."), found.lines.get(("parts",), 1))
    found.parts = parts
    found.lines = {place[1:]: line for place, line in found.lines.items() if place[0] == "parts"}
    return found


def _plain(node: Any, place: Place, lines: dict[Place, int]) -> Any:
    """Plain data of a node; notes the line of everything that has a place."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for position, item in enumerate(node.value, start=1):
            lines[(*place, str(position))] = item.start_mark.line + 1
            items.append(_plain(item, (*place, str(position)), lines))
        return items
    entries: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Unreadable(_("A key must be a word."), line, place[1:])
        key = key_node.value
        if key in entries:
            raise Unreadable(_("“%(name)s” stands here twice.") % {"name": key}, line, place[1:])
        lines[(*place, key)] = line
        entries[key] = _plain(value_node, (*place, key), lines)
    return entries


def _scalar(node: Any) -> Any:
    """What is written without quotation marks and looks like a number is one.

    YAML's own habits are left out: no, on and 12:30 are the words that people mean by them.
    """
    text = node.value
    if node.style:
        return text
    if text in _PLAIN_WORDS:
        return _PLAIN_WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such, indents lists, and repeats rather than refers."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
