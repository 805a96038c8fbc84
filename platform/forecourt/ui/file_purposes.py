"""Files that the gallery takes, to try the upload component; nothing keeps them."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.files import OFFICE, PAPERS, FilePurpose, declare_purpose
from forecourt.kernel.files.holders import declare_holding
from forecourt.kernel.files.purposes import MEGABYTE

GALLERY = "ui.gallery"
declare_purpose(
    FilePurpose(
        GALLERY,
        _("Gallery"),
        types=(*PAPERS, *OFFICE, "mp4"),
        largest_bytes=200 * MEGABYTE,
        permission="platform.see_gallery",
    )
)
declare_holding(list, GALLERY)
