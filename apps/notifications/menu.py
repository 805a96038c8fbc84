from django.utils.translation import gettext_lazy as _

from apps.notifications.models import Delivery
from forecourt.kernel.menu import MenuEntry, register
from forecourt.ui import tones
from forecourt.ui.details import register_verbs, register_words
from forecourt.ui.shell import fill_slot

SECTION = _("Notifications")

register(
    MenuEntry(
        label=_("Channels"),
        url_name="notifications:channel_list",
        icon="send",
        permission="notifications.manage_channel",
        section=SECTION,
        order=700,
        on_settings_page=True,
        description=_("Mail, text messages, WeCom, DingTalk, Feishu: what leaves which way."),
    ),
    MenuEntry(
        label=_("Texts of notifications"),
        url_name="notifications:text_list",
        icon="message",
        permission="notifications.manage_text",
        section=SECTION,
        order=705,
        on_settings_page=True,
        description=_("What people and customers are told, in both languages."),
    ),
    MenuEntry(
        label=_("Delivery log"),
        url_name="notifications:delivery_list",
        icon="list-check",
        permission="notifications.view_delivery",
        section=SECTION,
        order=710,
        on_settings_page=True,
        description=_("What was sent, refused or held back, and why."),
    ),
)
tones.declare(
    Delivery,
    {
        "WAITING": "info",
        "SENDING": "info",
        "SENT": "success",
        "REFUSED": "danger",
        "UNKNOWN": "warning",
        "HELD": "neutral",
    },
    field="state",
)
register_verbs(
    {
        "tried": (_("Tried out"), "send", "info"),
        "sent_again": (_("Sent again"), "refresh", "info"),
    }
)
register_words({"ok": _("Arrived")})
fill_slot("notifications", "notifications/_bell.html")
fill_slot("user_menu", "notifications/_user_menu.html")
