from collections.abc import Iterator

import pytest
from django.utils.translation import override


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Messages in the source language, whatever catalogues are compiled."""
    with override("en"):
        yield
