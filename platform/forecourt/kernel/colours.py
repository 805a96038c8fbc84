"""Colours as ``#rrggbb``: how far two of them stand apart (WCAG 2.2), and mixtures."""

import re

ENOUGH = 4.5
"""The contrast that text needs against its ground."""
WHITE = "#ffffff"
BLACK = "#000000"
STEPS = 50


def is_colour(text: str) -> bool:
    return re.fullmatch(r"#[0-9a-f]{6}", text) is not None


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """``colour`` with this share of ``other`` in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_on(colour: str, ground: str, towards: str) -> str:
    """The colour, mixed with as little of ``towards`` as makes it readable on the ground."""
    shades = (mixed(colour, towards, step / STEPS) for step in range(STEPS))
    return next((shade for shade in shades if contrast(shade, ground) >= ENOUGH), towards)


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
