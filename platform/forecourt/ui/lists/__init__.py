"""The one framework for every list page: declare what is shown, get everything else.

See docs/ui.md for a worked example.
"""

from forecourt.ui.lists.bulk import BulkAction
from forecourt.ui.lists.columns import (
    BooleanColumn,
    Column,
    DateColumn,
    DateTimeColumn,
    MoneyColumn,
    NumberColumn,
    StatusColumn,
    TagsColumn,
)
from forecourt.ui.lists.filters import (
    BooleanFilter,
    ChoiceFilter,
    DateRangeFilter,
    Filter,
    NumberRangeFilter,
    OptionFilter,
    RelatedFilter,
    SearchFilter,
    StoreFilter,
)
from forecourt.ui.lists.page import Empty, ListPage

__all__ = [
    "BooleanColumn",
    "BooleanFilter",
    "BulkAction",
    "ChoiceFilter",
    "Column",
    "DateColumn",
    "DateRangeFilter",
    "DateTimeColumn",
    "Empty",
    "Filter",
    "ListPage",
    "MoneyColumn",
    "NumberColumn",
    "NumberRangeFilter",
    "OptionFilter",
    "RelatedFilter",
    "SearchFilter",
    "StatusColumn",
    "StoreFilter",
    "TagsColumn",
]
