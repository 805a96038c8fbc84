"""A board: cards in lanes, moved by dragging or from a menu, with the server deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.html import escape, format_html
from django.utils.translation import gettext as _

from forecourt.ui.values import badge


@dataclass(frozen=True)
class Card:
    """`moves` are the keys of the lanes that it may go to; badges are (text, tone)."""

    id: int
    title: Any
    url: str = ""
    text: Any = ""
    badges: Sequence[tuple[Any, str]] = ()
    moves: Sequence[str] = ()


@dataclass(frozen=True)
class Lane:
    key: str
    label: Any
    cards: Sequence[Card] = ()
    tone: str = "neutral"
    note: Any = ""


@dataclass(frozen=True)
class Board:
    """`move_url` gets POST `card` and `lane` and refuses, answers the board's partial or, where a
    board holds many, `moved(...)`: the one card alone."""

    id: str
    label: Any
    move_url: str
    lanes: Sequence[Lane] = field(default_factory=tuple)

    @cached_property
    def labels(self) -> dict[str, Any]:
        return {lane.key: lane.label for lane in self.lanes}

    @cached_property
    def _menus(self) -> dict[tuple[str, ...], str]:
        """The entries of the cards' menus by where they may go: few for any number of cards."""
        return {}

    def menu_of(self, card: Card) -> str:
        moves = tuple(card.moves)
        if moves not in self._menus:
            self._menus[moves] = "".join(
                format_html(
                    '<button type="button" class="fc-menu-item" data-close-popover '
                    'data-move="{}">{}</button>',
                    key,
                    self.labels[key],
                )
                for key in moves
            )
        return self._menus[moves]


def drawn(card: Card, board: Board, handle: str) -> str:
    """A card's element, ``handle`` the icon of its menu.

    Boards hold hundreds of cards and are drawn anew whenever one is moved, so each is put together
    here, as the rows of lists are, and not by a template.
    """
    title = escape(card.title)
    head = f'<a href="{escape(card.url)}">{title}</a>' if card.url else f"<span>{title}</span>"
    menu = f"{card_id(board, card)}-menu"
    if card.moves:
        name = escape(_("Move %(title)s") % {"title": card.title})
        head += (
            f'<button type="button" class="btn btn-quiet btn-icon btn-sm" popovertarget="{menu}" '
            f'aria-expanded="false" aria-label="{name}">{handle}</button>'
            f'<div class="fc-pop is-sheet" id="{menu}" popover data-controller="popover">'
            f'<div class="fc-menu-title">{escape(_("Move to"))}</div>{board.menu_of(card)}</div>'
        )
    text = f'<div class="fc-muted">{escape(card.text)}</div>' if card.text else ""
    badges = "".join(badge(label, tone) for label, tone in card.badges)
    row = f'<div class="fc-row mt-1">{badges}</div>' if badges else ""
    return (
        f'<li class="fc-lane-card" id="{card_id(board, card)}" data-card="{card.id}" '
        f'data-moves="{" ".join(card.moves)}">'
        f'<div class="fc-lane-card-head">{head}</div>{text}{row}</li>'
    )


def card_id(board: Board, card: Card) -> str:
    """The element's id."""
    return f"{board.id}-card-{card.id}"
