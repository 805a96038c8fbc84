"""Papers: a template that people edit, filled with facts, set as a PDF, sealed and signed.

    vocabulary = Vocabulary(placeholders=(Placeholder("customer.name", _("Customer")), …))
    check(text, vocabulary)                                  # refuses what cannot be set
    made = render(text, facts, vocabulary, look=look, …)     # made.content, made.fields
    signed = put_mark(made.content, made.fields[0], mark)    # earlier bytes stay as they are
    sealed = seal(signed, certificate=…, key=…)
    verify_seal(sealed)

What a person wrote is parsed here and handed to one fixed program (paper.typ) as data, so that no
text can read a file, reach a network or run for long; docs/papers.md says how templates are
written.
"""

from forecourt.kernel.papers.certificates import KeyPair, make_key_pair
from forecourt.kernel.papers.marks import Mark, append_pages, put_mark, read_strokes, require_name
from forecourt.kernel.papers.seals import Seal, SealBroken, seal, verify_seal
from forecourt.kernel.papers.setting import COLOUR, Look, Printed, render
from forecourt.kernel.papers.templates import check
from forecourt.kernel.papers.vocabulary import (
    Facts,
    Placeholder,
    Rows,
    SignatureField,
    Signer,
    Vocabulary,
)

__all__ = [
    "COLOUR",
    "Facts",
    "KeyPair",
    "Look",
    "Mark",
    "Placeholder",
    "Printed",
    "Rows",
    "Seal",
    "SealBroken",
    "SignatureField",
    "Signer",
    "Vocabulary",
    "append_pages",
    "check",
    "make_key_pair",
    "put_mark",
    "read_strokes",
    "render",
    "require_name",
    "seal",
    "verify_seal",
]
