"""The rows of a list as HTML.

Written in Python, not as a template: a page has hundreds of cells, and each variable of a template
costs several times what joining strings costs. Whatever is not marked as safe is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forecourt.kernel.access import Actor
from forecourt.ui.lists.columns import Column
from forecourt.ui.values import safe


def render(
    rows: Iterable[Any],
    columns: Sequence[Column],
    actor: Actor,
    *,
    url_of: Callable[[Any], str | None],
    label_of: Callable[[Any], str],
    form_id: str = "",
) -> SafeString:
    """The `tr` elements. With `form_id` each row begins with a box that belongs to that form."""
    title, *others = columns
    openings = [f'" data-label="{escape(str(column.label))}">' for column in others]
    choose = escape(_("Choose %(name)s"))
    parts: list[str] = []
    for row in rows:
        url = url_of(row)
        href = escape(url) if url else ""
        parts.append(f'<tr data-href="{href}">' if url else "<tr>")
        if form_id:
            name = choose % {"name": escape(label_of(row))}
            parts.append(
                '<td class="is-select"><label><input class="form-check-input m-0" type="checkbox"'
                f' name="row" value="{row.pk}" form="{form_id}" data-row aria-label="{name}">'
                "</label></td>"
            )
        heading = safe(title.cell(row, actor))
        if url and title.link is None:
            heading = f'<a href="{href}">{heading}</a>'
        parts.append(f'<th scope="row" class="is-title {title.css}">{heading}</th>')
        for column, opening in zip(others, openings, strict=True):
            blank = " is-blank" if column.is_blank(row) else ""
            cell = safe(column.cell(row, actor))
            parts.append(f'<td class="{column.css}{blank}{opening}{cell}</td>')
        parts.append("</tr>")
    return SafeString("".join(parts))
