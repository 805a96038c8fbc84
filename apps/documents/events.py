"""What modules above may hear of documents."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DocumentReady:
    """A version has been looked through and is what the document shows from now on."""

    document_id: int
    version_number: int


@dataclass(frozen=True, slots=True)
class DocumentRemoved:
    """The document and its files are gone; ``by_request`` where a person had her papers erased."""

    document_id: int
    by_request: bool


@dataclass(frozen=True, slots=True)
class PaperSigned:
    """A field of a paper was signed; ``is_complete`` when none is left to sign."""

    document_id: int
    field: str
    is_complete: bool
