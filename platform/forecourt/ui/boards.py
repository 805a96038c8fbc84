"""A board: cards in lanes, moved by dragging or from a menu, with the server deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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
    """`move_url` gets POST `card` and `lane` and refuses, or answers `responses.moved_card(...)`:
    the one card alone, in its new lane."""

    id: str
    label: Any
    move_url: str
    lanes: Sequence[Lane] = field(default_factory=tuple)

    @cached_property
    def labels(self) -> dict[str, Any]:
        return {lane.key: lane.label for lane in self.lanes}

    @cached_property
    def _menus(self) -> dict[tuple[str, ...], SafeString]:
        """The entries of the cards' menus by where they may go: few for any number of cards."""
        return {}

    def menu_of(self, card: Card) -> SafeString:
        moves = tuple(card.moves)
        if moves not in self._menus:
            self._menus[moves] = format_html_join(
                "",
                '<button type="button" class="fc-menu-item" data-close-popover '
                'data-move="{}">{}</button>',
                ((key, self.labels[key]) for key in moves),
            )
        return self._menus[moves]


def card_html(card: Card, board: Board, handle: SafeString) -> SafeString:
    """A card's element, ``handle`` the icon of its menu.

    Boards hold hundreds of cards and are drawn anew whenever they are opened, so each is put
    together here, as the rows of lists are, and not by a template.
    """
    if card.url:
        name = format_html('<a href="{}">{}</a>', card.url, card.title)
    else:
        name = format_html("<span>{}</span>", card.title)
    text = format_html('<div class="fc-muted">{}</div>', card.text) if card.text else ""
    badges = SafeString("".join(badge(label, tone) for label, tone in card.badges))
    return format_html(
        '<li class="fc-lane-card" id="{}" data-card="{}" data-moves="{}">'
        '<div class="fc-lane-card-head">{}{}</div>{}{}</li>',
        card_id(board, card),
        card.id,
        " ".join(card.moves),
        name,
        _menu(card, board, handle) if card.moves else "",
        text,
        format_html('<div class="fc-row mt-1">{}</div>', badges) if badges else "",
    )


def _menu(card: Card, board: Board, handle: SafeString) -> SafeString:
    menu = f"{card_id(board, card)}-menu"
    return format_html(
        '<button type="button" class="btn btn-quiet btn-icon btn-sm" popovertarget="{}" '
        'aria-expanded="false" aria-label="{}">{}</button>'
        '<div class="fc-pop is-sheet" id="{}" popover data-controller="popover">'
        '<div class="fc-menu-title">{}</div>{}</div>',
        menu,
        _("Move %(title)s") % {"title": card.title},
        handle,
        menu,
        _("Move to"),
        board.menu_of(card),
    )


def card_id(board: Board, card: Card) -> str:
    """The element's id."""
    return f"{board.id}-card-{card.id}"
