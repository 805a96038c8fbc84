"""Why a file cannot be brought or handed out."""

from forecourt.kernel.errors import Conflict


class OverQuota(Conflict):
    """The group's space for files is used up; nothing that is there is touched."""

    code = "over_quota"


class NotReady(Conflict):
    """The file is still on its way, being checked, or was refused."""

    code = "file_not_ready"
