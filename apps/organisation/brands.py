"""The brands that stores are authorised for.

A store keeps the name of each. The catalogue, a module above, says what else a brand is called
(``hooks.brand_source``): whoever compares brands or shows them asks here, so that ``BYD`` and
``比亚迪`` are one. A name that the catalogue lacks, as in a group that has only begun, stays as it
was typed and counts once the catalogue has it.
"""

from collections.abc import Collection, Iterable

from apps.organisation import hooks
from apps.organisation.hooks import BrandNames
from forecourt.kernel.language import in_active_language
from forecourt.kernel.remembered import Remembered

KNOWN: Remembered[list[BrandNames]] = Remembered("organisation.brands", hooks.known_brands)
"""To be forgotten by whoever changes the catalogue."""


def _key(name: str) -> str:
    return "".join(name.split()).casefold()


def _known(name: str) -> BrandNames | None:
    key = _key(name)
    return next((brand for brand in KNOWN.get() if key and key in map(_key, brand)), None)


def standard_name(name: str) -> str:
    """The one name under which a brand is kept and compared: the Chinese one, if it has one."""
    brand = _known(name)
    return brand.name_zh or brand.name_en if brand else name.strip()


def standard_names(names: Iterable[str]) -> list[str]:
    """Each brand once, by its standard name, in the order given."""
    return list(dict.fromkeys(standard_name(name) for name in names if name.strip()))


def only_brand(names: Collection[str]) -> str:
    """The brand of a store that sells one alone; empty for none and for several."""
    found = standard_names(names)
    return found[0] if len(found) == 1 else ""


def is_same(one: str, other: str) -> bool:
    """Whether two names mean one brand."""
    return _key(standard_name(one)) == _key(standard_name(other))


def all_names(name: str) -> list[str]:
    """Everything that a brand is called, in small letters; for conditions in the database."""
    names = {name, *(_known(name) or ())}
    return sorted(each.strip().lower() for each in names if each.strip())


def shown(name: str) -> str:
    """The brand's name in the reader's language, as far as it has one."""
    brand = _known(name)
    if brand is None:
        return name
    return in_active_language(brand.name_zh, brand.name_en)


def all_shown(names: Iterable[str]) -> list[str]:
    return [shown(name) for name in standard_names(names)]


def choices(present: Collection[str] = ()) -> list[tuple[str, str]]:
    """(standard name, name to read) of the catalogue's brands and of those that a store has."""
    offered = standard_names([*(brand.name_zh or brand.name_en for brand in KNOWN.get()), *present])
    return sorted(((name, shown(name)) for name in offered), key=lambda pair: pair[1].casefold())
