from django.utils.safestring import SafeString

from forecourt.ui.boards import Board, Card, Lane, card_html


def test_whatever_a_card_is_given_is_text_in_it():
    sign = '"><b>'
    board = Board(id=sign, label="", move_url="/", lanes=[Lane(key=sign, label=sign)])
    card = Card(id=1, title=sign, url=sign, text=sign, badges=[(sign, "info")], moves=[sign])

    drawn = card_html(card, board, SafeString("<svg></svg>"))

    assert sign not in drawn
    assert "<svg></svg>" in drawn
    assert drawn.count("&quot;&gt;&lt;b&gt;") == 11
