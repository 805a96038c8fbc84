"""Every address of a group's site, read from the URL map itself: a new one is found by itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

URLCONF = "forecourt.config.urls_group"


@dataclass(frozen=True)
class Route:
    """One address: its full name (``crm:lead_detail``) and what stands in it."""

    name: str
    keywords: tuple[str, ...]
    prefix: str
    is_list: bool = False

    def __str__(self) -> str:
        return self.name or self.prefix

    @property
    def is_api(self) -> bool:
        return self.prefix.startswith("api/")

    def address(self, values: dict[str, Any]) -> str:
        if not self.name:
            return f"/{self.prefix}"
        return reverse(
            self.name, urlconf=URLCONF, kwargs={name: values[name] for name in self.keywords}
        )


def routes() -> list[Route]:
    return sorted(_walk(get_resolver(URLCONF), "", (), ()), key=str)


def _walk(
    resolver: URLResolver, prefix: str, spaces: tuple[str, ...], keywords: tuple[str, ...]
) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        found = keywords + tuple(pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLPattern):
            name = ":".join([*spaces, pattern.name]) if pattern.name else ""
            yield Route(name, found, path, _is_list(pattern))
        else:
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern, path, inner, found)


def _is_list(pattern: URLPattern) -> bool:
    return hasattr(pattern.callback, "list_page")
