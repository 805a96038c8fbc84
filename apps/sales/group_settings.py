"""How a group numbers its sales orders."""

from django.utils.translation import gettext_lazy as _

from forecourt.kernel import numbering

numbering.declare("SO", _("Sales orders"))
