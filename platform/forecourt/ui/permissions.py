from django.utils.translation import gettext_lazy as _

from forecourt.kernel.access import register_permissions

register_permissions("platform", {"see_gallery": _("See the gallery of components")})
