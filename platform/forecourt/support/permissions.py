from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import register_permissions

GRANT = "support.grant_access"

register_permissions("support", {"grant_access": _("Let Forecourt's support in, and end it")})
