"""Files in the group's store: brought by people straight to the store, checked, handed out.

A module says in its ``file_purposes.py`` what it takes files for (:func:`declare_purpose`) and
which column holds them (:func:`declare_holder`), keeps a foreign key to :class:`StoredFile`, and
asks its own question who may see one before it calls :func:`link_to`. docs/files.md tells the way
of a file from beginning to end.
"""

from forecourt.kernel.files.checking import check_file
from forecourt.kernel.files.errors import NotReady, OverQuota
from forecourt.kernel.files.events import FileChecked, FileDescribed, FileGivenUp
from forecourt.kernel.files.holders import declare_holder
from forecourt.kernel.files.keeping import link_to, opened, remove, thumbnail_link
from forecourt.kernel.files.making import adopt, keep_bytes
from forecourt.kernel.files.purposes import FilePurpose, Limits, declare_purpose, purpose_of
from forecourt.kernel.files.quota import quota_bytes, used_bytes
from forecourt.kernel.files.uploads import (
    Upload,
    abandon_upload,
    arrived_parts,
    begin_upload,
    complete_upload,
    request_parts,
    resume_upload,
)
from forecourt.kernel.inspection.kinds import OFFICE, PAPERS, PICTURES
from forecourt.kernel.models import StoredFile

__all__ = [
    "OFFICE",
    "PAPERS",
    "PICTURES",
    "FileChecked",
    "FileDescribed",
    "FileGivenUp",
    "FilePurpose",
    "Limits",
    "NotReady",
    "OverQuota",
    "StoredFile",
    "Upload",
    "abandon_upload",
    "adopt",
    "arrived_parts",
    "begin_upload",
    "check_file",
    "complete_upload",
    "declare_holder",
    "declare_purpose",
    "keep_bytes",
    "link_to",
    "opened",
    "purpose_of",
    "quota_bytes",
    "remove",
    "request_parts",
    "resume_upload",
    "thumbnail_link",
    "used_bytes",
]
