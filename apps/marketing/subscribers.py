"""What this module adds to the log of what people did."""

from django.utils.translation import gettext_lazy as _

from apps.organisation import logbook

logbook.register_kind("marketing.segment", _("Segment"), page="marketing:segment_edit")
logbook.register_kind("marketing.tagrule", _("Rule for a tag"))
