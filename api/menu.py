from django.utils.translation import gettext_lazy as _

from forecourt.kernel.menu import MenuEntry, register

register(
    MenuEntry(
        label=_("API"),
        url_name="api:docs",
        icon="link",
        section=_("Organisation"),
        permission="platform.use_api",
        order=952,
    ),
)
