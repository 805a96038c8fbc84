"""The figures of the sales floor."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.crm.figures import SETS
from forecourt.ui.access import requires
from forecourt.ui.figures import figures_page


@require_GET
@requires("crm.view_lead")
def figures(request: HttpRequest) -> HttpResponseBase:
    return figures_page(request, SETS, title=_("Sales figures"))
