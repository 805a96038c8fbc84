"""From a template's text and the facts to the blocks that are set.

Templates are Markdown (headings, lists, tables, **bold**, *underlined*) with ``{{names}}``.
Markdown is read first and facts are put in afterwards, so that a fact is never read as Markdown.

A line of its own steers: ``{{#name}}`` to ``{{/name}}`` is kept when the fact is not empty,
``{{^name}}`` to ``{{/name}}`` when it is; ``{{page_break}}``; ``{{signature:who}}``, or several of
them beside each other.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from forecourt.kernel.errors import Invalid
from forecourt.kernel.papers.vocabulary import Facts, Vocabulary

LONGEST_TEMPLATE = 60_000
LONGEST_FACT = 5_000
LONGEST_PAPER = 150_000
"""Characters of a template, of one fact, and of all that a paper says."""
MOST_ROWS = 1_000
DEEPEST = 6
"""Lists within lists."""
BLANK = "________"
"""A fact that is not known is a line to write on."""
OPTIONAL = "?"
"""Behind a name: nothing is printed instead of a line."""
LONGEST_RUN = 40
"""Letters without a place to break before they are given one."""

NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*"
PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")
STEERING = re.compile(rf"\s*\{{\{{\s*([#^/])\s*({NAME})\s*\}}\}}\s*$")
SIGNATURE = re.compile(rf"\{{\{{\s*signature:({NAME})\s*\}}\}}")
PAGE_BREAK = re.compile(r"\s*\{\{\s*page_break\s*\}\}\s*$")
LONG_RUN = re.compile(rf"[!-~]{{{LONGEST_RUN}}}(?=[!-~])")

Block = dict[str, Any]
Span = dict[str, Any]

MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .enable("table")
    .disable(
        ["autolink", "backticks", "code", "entity", "fence", "html_block", "html_inline", "image",
         "lheading", "link", "reference"]
    )
)  # fmt: skip


def check(text: str, vocabulary: Vocabulary) -> None:
    """Raise Invalid beside ``text`` for a template that could not be set whatever the facts."""
    if not text.strip():
        raise Invalid(_("A template needs a text."), field="text")
    _blocks(text, vocabulary.samples(), vocabulary, every_part=True)


def fill(text: str, facts: Facts, vocabulary: Vocabulary) -> list[Block]:
    """The blocks of a paper. Raises Invalid beside ``text``."""
    return _blocks(text, facts, vocabulary, every_part=False)


def clean(text: object) -> str:
    """A fact as it may be printed: no control characters, none that hide or turn what is read."""
    plain = unicodedata.normalize("NFC", str(text)).replace("\t", " ").replace("\r\n", "\n")
    return "".join(
        letter for letter in plain if letter == "\n" or unicodedata.category(letter)[0] != "C"
    ).strip()


def _blocks(text: str, facts: Facts, vocabulary: Vocabulary, *, every_part: bool) -> list[Block]:
    if len(text) > LONGEST_TEMPLATE:
        raise Invalid(
            _("A template may have at most %(count)s characters.")
            % {"count": f"{LONGEST_TEMPLATE:,}"},
            field="text",
        )
    filling = _Filling(facts, vocabulary, every_part)
    source = "\n".join(filling.kept_lines(text))
    tree = SyntaxTreeNode(MARKDOWN.parse(source))
    return list(filling.blocks(tree.children, source.split("\n")))


@dataclass
class _Filling:
    """One template being filled; counts what it has put in, so that nothing grows without end."""

    facts: Facts
    vocabulary: Vocabulary
    every_part: bool
    length: int = 0
    rows: int = 0

    def kept_lines(self, text: str) -> Iterator[str]:
        """The lines of the parts whose condition holds; steering lines stand by themselves."""
        open_parts: list[tuple[str, bool]] = []
        for line in clean_lines(text):
            steering = STEERING.match(line)
            if steering is None:
                if all(kept for _name, kept in open_parts):
                    stands_alone = PAGE_BREAK.match(line) or SIGNATURE.search(line)
                    yield from ("", line, "") if stands_alone else (line,)
                continue
            sign, name = steering.groups()
            if sign == "/":
                if not open_parts or open_parts[-1][0] != name:
                    raise Invalid(
                        _("{{/%(name)s}} ends a part that has not begun.") % {"name": name},
                        field="text",
                    )
                open_parts.pop()
            else:
                if name not in self.vocabulary.conditions():
                    raise _unknown(name, self.vocabulary.conditions())
                holds = bool(self.facts.get(name)) == (sign == "#")
                open_parts.append((name, holds or self.every_part))
            yield ""
        if open_parts:
            raise Invalid(
                _("The part {{#%(name)s}} is never ended: write {{/%(name)s}} on a line below.")
                % {"name": open_parts[-1][0]},
                field="text",
            )

    def blocks(
        self, nodes: Sequence[SyntaxTreeNode], lines: Sequence[str], depth: int = 0
    ) -> Iterator[Block]:
        if depth > DEEPEST:
            raise Invalid(_("Lists and quotations lie too deep within each other."), field="text")
        for node in nodes:
            yield self.block(node, lines, depth)

    def block(self, node: SyntaxTreeNode, lines: Sequence[str], depth: int) -> Block:
        if node.type == "heading":
            return {
                "kind": "heading",
                "level": min(int(node.tag[1]), 3),
                "spans": self.spans(node.children[0]),
            }
        if node.type in {"bullet_list", "ordered_list"}:
            return {
                "kind": "list",
                "ordered": node.type == "ordered_list",
                "start": int(node.attrs.get("start", 1)),
                "items": [
                    list(self.blocks(item.children, lines, depth + 1)) for item in node.children
                ],
            }
        if node.type == "blockquote":
            return {"kind": "quote", "blocks": list(self.blocks(node.children, lines, depth + 1))}
        if node.type == "table":
            return self.table(node, lines)
        if node.type == "hr":
            return {"kind": "rule"}
        return self.paragraph(node)

    def paragraph(self, node: SyntaxTreeNode) -> Block:
        content = node.children[0].content if node.children else ""
        if PAGE_BREAK.match(content):
            return {"kind": "page_break"}
        if SIGNATURE.search(content):
            return self.signatures(content)
        return {"kind": "paragraph", "spans": self.spans(node.children[0])}

    def signatures(self, content: str) -> Block:
        if SIGNATURE.sub("", content).strip():
            raise Invalid(
                _("A place to sign stands on a line of its own: %(line)s")
                % {"line": content.strip()[:60]},
                field="text",
            )
        labels = {signer.code: str(signer.label) for signer in self.vocabulary.signers}
        names = SIGNATURE.findall(content)
        for name in names:
            if name not in labels:
                raise _unknown(f"signature:{name}", self.vocabulary.names())
        return {
            "kind": "signatures",
            "fields": [{"name": name, "label": labels[name]} for name in names],
        }

    def table(self, node: SyntaxTreeNode, lines: Sequence[str]) -> Block:
        head = node.children[0].children[0]
        body = node.children[1].children if len(node.children) > 1 else []
        rows = [row for line in body for row in self.rows_of(line)]
        titles = [self.spans(cell.children[0]) for cell in head.children]
        return {
            "kind": "table",
            "widths": _widths(lines[node.map[0] + 1] if node.map else "", len(titles)),
            "align": [_alignment(cell) for cell in head.children],
            "head": titles if any(titles) else [],
            "rows": rows,
        }

    def rows_of(self, line: SyntaxTreeNode) -> Iterator[list[list[Span]]]:
        """One row as it is, or, if it names a list, one for each row of that list."""
        cells = [cell.children[0] for cell in line.children]
        named = {
            rows
            for cell in cells
            for name in PLACEHOLDER.findall(cell.content)
            if (rows := self.vocabulary.rows_of(name.rstrip(OPTIONAL)))
        }
        if len(named) > 1:
            raise Invalid(
                _("A row of a table can only repeat one list, not %(names)s.")
                % {"names": ", ".join(sorted(named))},
                field="text",
            )
        if not named:
            yield [self.spans(cell) for cell in cells]
            return
        code = named.pop()
        listed: Any = self.facts.get(code) or ()
        for number, row in enumerate(listed, start=1):
            self.rows += 1
            if self.rows > MOST_ROWS:
                raise Invalid(
                    _("A paper may have at most %(count)s rows.") % {"count": f"{MOST_ROWS:,}"},
                    field="text",
                )
            values = {f"{code}.{column}": value for column, value in row.items()}
            values[f"{code}.number"] = str(number)
            yield [self.spans(cell, values) for cell in cells]

    def spans(self, inline: SyntaxTreeNode, row: Mapping[str, str] | None = None) -> list[Span]:
        found: list[Span] = []
        for text, style in _styled(inline.children, {}):
            if text == "\n":
                found.append({"break": True})
                continue
            found.extend(
                {"break": True} if part == "\n" else {"text": part, **style}
                for part in self.filled(text, row or {})
            )
        return found

    def filled(self, text: str, row: Mapping[str, str]) -> Iterator[str]:
        """A text with its facts, cut where they have a new line."""
        whole = PLACEHOLDER.sub(lambda match: self.fact(match[1], row), text)
        self.length += len(whole)
        if self.length > LONGEST_PAPER:
            raise Invalid(
                _("The paper would become too long: more than %(count)s characters.")
                % {"count": f"{LONGEST_PAPER:,}"},
                field="text",
            )
        for place, line in enumerate(whole.split("\n")):
            if place:
                yield "\n"
            if line:
                # A place to break, which is neither seen nor copied as a space.
                yield LONG_RUN.sub(lambda match: match[0] + "\u200b", line)

    def fact(self, written: str, row: Mapping[str, str]) -> str:
        name, blank = (written[:-1], "") if written.endswith(OPTIONAL) else (written, BLANK)
        if name not in self.vocabulary.names():
            raise _unknown(name, self.vocabulary.names())
        if name in row:
            value = clean(row[name])
            return value[:LONGEST_FACT] or " "
        if self.vocabulary.rows_of(name) or name.startswith("signature:"):
            raise Invalid(
                _("{{%(name)s}} cannot stand here: a list belongs into a row of a table.")
                % {"name": name}
                if self.vocabulary.rows_of(name)
                else _("A place to sign stands on a line of its own: %(line)s") % {"line": name},
                field="text",
            )
        value = clean(self.facts.get(name, ""))
        if len(value) > LONGEST_FACT:
            raise Invalid(
                _("%(name)s is too long to be printed: more than %(count)s characters.")
                % {"name": name, "count": f"{LONGEST_FACT:,}"},
                field="text",
            )
        return value or blank


def clean_lines(text: str) -> list[str]:
    return clean(text).split("\n")


def _styled(
    nodes: Sequence[SyntaxTreeNode], style: Mapping[str, bool]
) -> Iterator[tuple[str, Any]]:
    """The texts of a line with their style; neighbours of one style are one text."""
    pending = ""
    for node in nodes:
        if node.type == "text":
            pending += node.content
            continue
        if pending:
            yield pending, style
            pending = ""
        if node.type in {"softbreak", "hardbreak"}:
            yield "\n", style
        elif node.type == "strong":
            yield from _styled(node.children, {**style, "bold": True})
        elif node.type == "em":
            yield from _styled(node.children, {**style, "underlined": True})
        else:
            pending += node.content
    if pending:
        yield pending, style


def _alignment(cell: SyntaxTreeNode) -> str:
    style = str(cell.attrs.get("style", ""))
    return next((side for side in ("center", "right") if side in style), "left")


def _widths(delimiter: str, count: int) -> list[int]:
    """How wide columns are to each other: as the dashes below their titles."""
    dashes = [part.count("-") for part in delimiter.strip().strip("|").split("|")]
    return [max(1, found) for found in dashes] if len(dashes) == count else [1] * count


def _unknown(name: str, known: set[str]) -> Invalid:
    near = get_close_matches(name, sorted(known), n=1)
    if near:
        message = _("{{%(name)s}} is not known here. Did you mean {{%(near)s}}?")
        return Invalid(message % {"name": name[:60], "near": near[0]}, field="text")
    return Invalid(_("{{%(name)s}} is not known here.") % {"name": name[:60]}, field="text")
