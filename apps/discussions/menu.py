"""The module's part of records' pages, and how its verbs look."""

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from apps.discussions import subjects
from forecourt.ui import details

for subject in subjects.declared():
    details.register_tab(
        apps.get_model(subject.model),
        details.Tab(
            "discussion",
            _("Discussion"),
            "discussions/_tab.html",
            permission="discussions.take_part",
        ),
    )
details.register_verbs({"posted": (_("Wrote in a discussion"), "message-circle", "info")})
