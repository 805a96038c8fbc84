from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HeadquartersConfig(AppConfig):
    name = "apps.headquarters"
    label = "headquarters"
    verbose_name = _("Headquarters")
