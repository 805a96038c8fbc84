"""What documents do when a file has been looked through, or never came."""

from apps.documents.actions.adding import forget_version, settle_version
from apps.documents.actions.searching import search_text_anew
from forecourt.kernel.events import subscribe
from forecourt.kernel.files import FileChecked, FileDescribed, FileGivenUp


@subscribe(FileChecked)
def take_in(event: FileChecked) -> None:
    settle_version(file_id=event.file_id)


@subscribe(FileGivenUp)
def give_up(event: FileGivenUp) -> None:
    forget_version(file_id=event.file_id)


@subscribe(FileDescribed)
def find_by_text(event: FileDescribed) -> None:
    search_text_anew(file_id=event.file_id)
