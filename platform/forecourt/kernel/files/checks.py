"""What `manage.py verify` looks at of stored files."""

from collections.abc import Iterator

from forecourt.kernel.clock import now
from forecourt.kernel.files.orphans import LEFT_ALONE, lost_files, stray_names
from forecourt.kernel.models import StoredFile
from forecourt.kernel.storage import StorageUnavailable
from forecourt.kernel.verify import Problem, check


@check("every file that is ready is in the store")
def files_are_there() -> Iterator[Problem]:
    if not StoredFile.objects.filter(state=StoredFile.State.READY).exists():
        return
    try:
        for file in lost_files():
            yield Problem(f"File {file.pk}", "has no bytes in the store")
    except StorageUnavailable as error:
        yield Problem("The file store", f"cannot be asked: {error.reason}")


@check("nothing lies in the store that belongs to no file")
def store_has_no_strays() -> Iterator[Problem]:
    if not StoredFile.objects.exists():
        return
    try:
        # Twice as old as what the daily sweep leaves alone: it had its chance.
        for name in stray_names(before=now() - 2 * LEFT_ALONE):
            yield Problem(name, "belongs to no file")
    except StorageUnavailable as error:
        yield Problem("The file store", f"cannot be asked: {error.reason}")
