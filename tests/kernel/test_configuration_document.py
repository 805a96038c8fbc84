"""The file: what is read of it, and what is refused with its place."""

import pytest
import yaml

from forecourt.kernel.configuration import (
    Flag,
    ListOf,
    MapOf,
    OneOf,
    Record,
    Report,
    Text,
    Whole,
    document,
)
from forecourt.kernel.configuration.document import Unreadable
from forecourt.kernel.configuration.report import Change, differences

HEAD = "format: 1\nparts:\n"


def read(body: str) -> dict:
    return document.read(HEAD + body).parts


def refusal(raw: str | bytes) -> tuple[str, int]:
    with pytest.raises(Unreadable) as caught:
        document.read(raw)
    return caught.value.problem.message, caught.value.problem.line


def test_what_is_written_is_read_again_as_it_was():
    parts = {
        "texts": {
            "chinese": "华东集团：销售“顾问”",
            "number": "007",
            "time": "09:00",
            "word": "no",
            "day": "2026-01-05",
            "lines": "一\n二\n",
            "spaces": "  a ",
            "nothing": "",
            "sign": "- {}: &x *y !z # %",
            "tilde": "~",
            "emoji": "🚗",
        },
        "numbers": [0, -3, 12.5, 999_999_999_999],
        "rest": [True, False, None, [], {}],
    }

    text = document.write(parts)

    assert document.read(text).parts == parts
    assert document.write(document.read(text).parts) == text
    assert "华东集团" in text


def test_words_mean_what_people_mean_by_them():
    assert read("  a: {opens: 09:00, code: NO, day: 2026-01-05, hex: 0x1F, long: 1e5}\n") == {
        "a": {"opens": "09:00", "code": "NO", "day": "2026-01-05", "hex": "0x1F", "long": "1e5"}
    }


def test_the_lines_of_all_entries_are_known():
    found = document.read(HEAD + "  roles:\n    boss:\n      rights: [a, b]\n")

    assert found.lines["roles",] == 3
    assert found.lines["roles", "boss", "rights"] == 5
    assert found.lines["roles", "boss", "rights", "2"] == 5


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("  a: &x [1]\n  b: *x\n", 3),
        ("  a: &x {k: 1}\n  b:\n    <<: *x\n", 3),
        ("  a: 1\n  b: *nowhere\n", 4),
        ("  a: !!python/object/apply:os.system ['true']\n", 3),
        ('  a: !!int "3"\n', 3),
        ("  a: !own 3\n", 3),
        ("  a: 1\n  b: 2\n  a: 3\n", 5),
        ("  a: [1, 2\n  b: 3\n", 4),
        ("  ? [1, 2]\n  : 3\n", 3),
        ("  a: " + "[" * 200 + "]" * 200 + "\n", 3),
        ("  a: 1\n---\nformat: 1\n", 4),
    ],
    ids=[
        "alias",
        "merge",
        "lost alias",
        "object",
        "tag",
        "own tag",
        "twice",
        "broken",
        "key",
        "deep",
        "second document",
    ],
)
def test_what_could_do_harm_is_refused_with_its_line(body, line):
    assert refusal(HEAD + body)[1] == line


def test_a_bomb_of_aliases_is_refused_at_once():
    lines = ["a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    bomb = HEAD + "".join(f"  {line}\n" for line in lines)

    message, line = refusal(bomb)

    assert "*" in message
    assert line == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe\x00",
        "format: 1\nparts: {a: 华}\n".encode("gb18030"),
        b"format: 1\nparts: {a: \x00}\n",
        b"",
        b"just a sentence",
        b"- 1\n- 2\n",
        b"parts: {}\n",
        b"format: 2\nparts: {}\n",
        b"format: 1\nparts: [1]\n",
        b"format: 1\nparts: {}\nmore: 1\n",
        b"format: 1\nparts:\n  a: " + b"x" * document.MOST_BYTES,
        "format: 1\nparts: {a: \udc80}\n",
    ],
)
def test_what_is_no_configuration_is_refused_with_a_reason(raw):
    assert refusal(raw)[0]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    raw = "\ufeffformat: 1\r\nparts:\r\n  a: 华\r\n".encode()

    assert document.read(raw).parts == {"a": "华"}


SHAPE = MapOf(
    Record(
        {
            "name": Text(5),
            "kind": OneOf(["A", "B"]),
            "count": Whole(1, 9, empty=True),
            "on": Flag(),
            "words": ListOf(Text(3), most=2),
        },
        {"count": None, "on": True, "words": []},
    ),
    Text(4, pattern="[a-z]+"),
)


def test_a_shape_fills_in_what_was_left_out():
    report = Report()

    read = SHAPE.read({"x": {"name": "n", "kind": "A"}}, ("part",), report)

    assert read == {"x": {"name": "n", "kind": "A", "count": None, "on": True, "words": []}}
    assert report.problems == []


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "part"),
        ({"X": {"name": "n", "kind": "A"}}, "part › X"),
        ({"x": 3}, "part › x"),
        ({"x": {"kind": "A"}}, "part › x"),
        ({"x": {"name": 3, "kind": "A"}}, "part › x › name"),
        ({"x": {"name": "", "kind": "A"}}, "part › x › name"),
        ({"x": {"name": "nnnnnn", "kind": "A"}}, "part › x › name"),
        ({"x": {"name": "a\nb", "kind": "A"}}, "part › x › name"),
        ({"x": {"name": "n", "kind": "C"}}, "part › x › kind"),
        ({"x": {"name": "n", "kind": []}}, "part › x › kind"),
        ({"x": {"name": "n", "kind": "A", "count": 10}}, "part › x › count"),
        ({"x": {"name": "n", "kind": "A", "count": True}}, "part › x › count"),
        ({"x": {"name": "n", "kind": "A", "on": "yes"}}, "part › x › on"),
        ({"x": {"name": "n", "kind": "A", "words": "abc"}}, "part › x › words"),
        ({"x": {"name": "n", "kind": "A", "words": ["a", 2]}}, "part › x › words › 2"),
        ({"x": {"name": "n", "kind": "A", "words": ["a", "b", "c"]}}, "part › x › words"),
        ({"x": {"name": "n", "kind": "A", "nmae": "n"}}, "part › x › nmae"),
    ],
)
def test_what_has_the_wrong_form_is_reported_with_its_place(value, place):
    report = Report()

    SHAPE.read(value, ("part",), report)

    assert [problem.where for problem in report.problems] == [place]


def test_differences_are_told_by_place():
    before = {"a": {"x": 1, "y": [1]}, "gone": 1, "rules": [{"name": "r"}, {"name": "s"}]}
    after = {"a": {"x": 2, "y": [1]}, "new": 1, "rules": [{"name": "s"}, {"name": "t"}]}

    found = {(change.kind, ".".join(change.place)) for change in differences(before, after, ("p",))}

    assert found == {
        (Change.CHANGED, "p.a.x"),
        (Change.REMOVED, "p.gone"),
        (Change.ADDED, "p.new"),
        (Change.REMOVED, "p.rules.r"),
        (Change.ADDED, "p.rules.t"),
    }


def test_another_order_of_the_same_is_a_difference():
    before = [{"name": "r"}, {"name": "s"}]

    found = list(differences(before, before[::-1], ("p",)))

    assert [(change.before, change.after) for change in found] == [(["r", "s"], ["s", "r"])]


def test_what_is_true_is_not_the_number_one():
    assert len(list(differences(1, True, ("p",)))) == 1


def test_what_we_write_is_yaml_that_others_read_too():
    parts = {"a": {"zh": "中", "list": [{"name": "x"}]}}

    assert yaml.safe_load(document.write(parts)) == {"format": 1, "parts": parts}
