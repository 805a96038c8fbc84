"""What a group decides about documents whose time is over."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel.group_settings import Setting, WholeNumber, YesNo, declare

MANAGE = "documents.manage_kind"
REMOVED_BY_ITSELF = "documents.removed_by_itself"
NOTICE_DAYS = "documents.notice_days"

declare(
    Setting(
        REMOVED_BY_ITSELF,
        label=_("Documents whose time is over are removed by themselves"),
        help=_(
            "Every night, once who is responsible was told and the notice is over; never one with a"
            " legal hold. Otherwise they are only listed."
        ),
        kind=YesNo(),
        default=False,
        permission=MANAGE,
    ),
    Setting(
        NOTICE_DAYS,
        label=_("Notice before a document is removed"),
        help=_("So many days before, who is responsible for it is told, and can still keep it."),
        kind=WholeNumber(1, 365, unit=_("days")),
        default=30,
        permission=MANAGE,
    ),
)
