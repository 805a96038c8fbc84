"""Tables that people bring: CSV and XLSX files in whatever shape they come.

`open_table` finds out encoding, delimiter, sheet and header row, and streams the rows; `profile`
reads them once and says what each column seems to hold; `parse_number` and `parse_date` turn cells
into values.
"""

from forecourt.kernel.tabular.profiling import ColumnProfile, profile
from forecourt.kernel.tabular.reading import (
    ENCODINGS,
    Limits,
    Row,
    Shape,
    Table,
    column_letter,
    open_table,
)
from forecourt.kernel.tabular.values import (
    DateOrder,
    DateOrderEvidence,
    DecimalMark,
    DecimalMarkEvidence,
    parse_date,
    parse_datetime,
    parse_number,
)

__all__ = [
    "ENCODINGS",
    "ColumnProfile",
    "DateOrder",
    "DateOrderEvidence",
    "DecimalMark",
    "DecimalMarkEvidence",
    "Limits",
    "Row",
    "Shape",
    "Table",
    "column_letter",
    "open_table",
    "parse_date",
    "parse_datetime",
    "parse_number",
    "profile",
]
