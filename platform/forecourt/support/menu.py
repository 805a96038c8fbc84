from django.utils.translation import gettext_lazy as _

from forecourt.kernel.menu import MenuEntry, register
from forecourt.support.permissions import GRANT
from forecourt.ui.details import register_verbs
from forecourt.ui.shell import fill_slot

register(
    MenuEntry(
        label=_("Support access"),
        url_name="support_access:home",
        icon="heart-handshake",
        permission=GRANT,
        section=_("Organisation"),
        order=988,
        on_settings_page=True,
        description=_("Let Forecourt's support in for some hours, see who was there, end it."),
    )
)
fill_slot("notices", "support/_banner.html")
register_verbs(
    {
        "support_granted": (_("Support let in"), "lock-open", "warning"),
        "support_ended": (_("Support access ended"), "lock", "success"),
        "support_entered": (_("Support came in"), "login", "warning"),
        "support_viewed": (_("Support saw"), "eye", "accent"),
        "support_sent": (_("Support sent"), "edit", "danger"),
    }
)
