"""What can be done with documents. Other modules call :func:`file_paper` for what they make."""

from apps.documents.actions.adding import (
    abandon_version,
    add_document,
    add_version,
    arrived_parts,
    complete_version,
    file_next_paper,
    file_paper,
    request_parts,
    resume_version,
)
from apps.documents.actions.changing import (
    change_document,
    link_document,
    restore_version,
    unlink_document,
)
from apps.documents.actions.erasing import erase_papers, papers_of
from apps.documents.actions.keeping import (
    release_hold,
    remove_document,
    remove_version,
    set_hold,
)
from apps.documents.actions.kinds import add_kind, change_kind, remove_kind
from apps.documents.actions.looking import note_page, open_document, read_text, thumbnail_of
from apps.documents.actions.merging import follow_merge, undo_merge
from apps.documents.actions.papers import make_paper, print_paper, print_sample
from apps.documents.actions.signing import (
    cancel_signing_request,
    note_opened,
    request_signature,
    sign_by_link,
    sign_on_screen,
    signatory_of,
)
from apps.documents.actions.templates import (
    discard_template,
    publish_template,
    restore_template,
    retire_template,
    save_template,
)

__all__ = [
    "abandon_version",
    "add_document",
    "add_kind",
    "add_version",
    "arrived_parts",
    "cancel_signing_request",
    "change_document",
    "change_kind",
    "complete_version",
    "discard_template",
    "erase_papers",
    "file_next_paper",
    "file_paper",
    "follow_merge",
    "link_document",
    "make_paper",
    "note_opened",
    "note_page",
    "open_document",
    "papers_of",
    "print_paper",
    "print_sample",
    "publish_template",
    "read_text",
    "release_hold",
    "remove_document",
    "remove_kind",
    "remove_version",
    "request_parts",
    "request_signature",
    "restore_template",
    "restore_version",
    "resume_version",
    "retire_template",
    "save_template",
    "set_hold",
    "sign_by_link",
    "sign_on_screen",
    "signatory_of",
    "thumbnail_of",
    "undo_merge",
    "unlink_document",
]
