"""The language that the reader's texts are in, and what a name in two languages is called in it."""

from django.utils.translation import get_language


def is_chinese() -> bool:
    """Whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def in_active_language(zh: str, en: str) -> str:
    """Of a name in both languages the reader's, or the only one that there is."""
    first, second = (zh, en) if is_chinese() else (en, zh)
    return first or second
