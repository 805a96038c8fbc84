"""What documents are found by."""

from __future__ import annotations

from apps.documents.models import Document
from forecourt.kernel.text import ngrams, pinyin_keys, words_of

TEXT_KEPT = 20_000
"""So many characters of a file's text are searched: about ten full pages. What identifies a paper
stands on its first ones, and every character costs room in the index."""


def write_search(document: Document) -> None:
    """Keep what the document is found by: its names, its kind's, and the text of what it shows."""
    kind, version = document.kind, document.current
    names = [document.title, document.folder, *document.tags, kind.name_zh, kind.name_en]
    text = ""
    if version is not None:
        names.append(version.file.name)
        text = version.file.text[:TEXT_KEPT]
    texts = [*names, *pinyin_keys(document.title), text]
    document.search_text = " ".join(word for each in texts for word in words_of(each))
    document.grams = ngrams(*texts)
    document.save(update_fields=["search_text", "grams"])


def search_text_anew(*, file_id: int) -> None:
    """Take in the text of a file that became known after its document was shown."""
    shown = Document.objects.select_related("kind", "current__file").filter(current__file=file_id)
    for document in shown:
        write_search(document)
