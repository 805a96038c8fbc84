"""What people are told of the platform itself: background work, colleagues, their own account."""

from django.utils.translation import gettext_lazy as _

from apps.notifications.registry import IN_APP, Event, declare

IMPORT = {
    "file": _("File"),
    "created": _("Rows added"),
    "updated": _("Rows changed"),
    "rejected": _("Rows rejected"),
    "error": _("What went wrong"),
}

IMPORT_FINISHED = declare(
    Event(
        code="notifications.import_finished",
        label=_("My import is finished"),
        receivers=_("Who started it"),
        title=_("Import finished: {file}"),
        body=_("{created} added, {updated} changed, {rejected} rejected"),
        placeholders=IMPORT,
        link="imports:run_detail",
        icon="file-import",
    )
)
IMPORT_FAILED = declare(
    Event(
        code="notifications.import_failed",
        label=_("My import has failed"),
        receivers=_("Who started it"),
        title=_("Import failed: {file}"),
        body=_("{error}"),
        placeholders=IMPORT,
        link="imports:run_detail",
        icon="alert-circle",
    )
)
ARCHIVE_READY = declare(
    Event(
        code="notifications.archive_ready",
        label=_("An archive of the group is ready"),
        receivers=_("Who ordered it"),
        title=_("The archive of the group is ready"),
        body=_("It can be fetched for a week."),
        channels=(IN_APP, "email"),
        link="organisation:archive_detail",
        icon="archive",
    )
)
JOB_FINISHED = declare(
    Event(
        code="notifications.job_finished",
        label=_("Background work of mine is done"),
        receivers=_("Who started it, if it took more than a moment"),
        title=_("Done: {work}"),
        placeholders={"work": _("Work")},
        link="ui:job_detail",
        icon="circle-check",
    )
)
JOB_FAILED = declare(
    Event(
        code="notifications.job_failed",
        label=_("Background work of mine has failed"),
        receivers=_("Who started it"),
        title=_("Failed: {work}"),
        body=_("{error}"),
        placeholders={"work": _("Work"), "error": _("What went wrong")},
        link="ui:job_detail",
        icon="alert-circle",
    )
)
STAFF_JOINED = declare(
    Event(
        code="notifications.staff_joined",
        label=_("Somebody accepted an invitation"),
        receivers=_("Her manager, and those who invite people to the store"),
        title=_("{person} has joined"),
        body=_("{store}"),
        placeholders={"person": _("Who"), "store": _("Store")},
        link="organisation:staff_detail",
        icon="user-check",
    )
)
NEW_DEVICE = declare(
    Event(
        code="notifications.new_device",
        label=_("Somebody signs in to my account with a new device"),
        receivers=_("Whose account it is"),
        title=_("Your account was used on a new device: {device}"),
        body=_("From {address}. If it was not you, change your password and sign the device out."),
        placeholders={"device": _("Device"), "address": _("Address")},
        channels=(IN_APP, "email"),
        link="account_devices",
        icon="device-laptop",
        is_urgent=True,
    )
)
WEBHOOK_OFF = declare(
    Event(
        code="notifications.webhook_off",
        label=_("A webhook of mine was switched off"),
        receivers=_("Whose rights the webhook has"),
        title=_("Webhook switched off: {webhook}"),
        body=_("{reason}"),
        placeholders={"webhook": _("Webhook"), "reason": _("Why")},
        link="webhooks:webhook_detail",
        icon="webhook",
    )
)
