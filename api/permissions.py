"""The door of the API. Rights on rows are asked by queries and actions, not here."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class IsStaffMember(BasePermission):
    """Somebody who works here at present."""

    message = _("Your account belongs to nobody who works here at present.")

    def has_permission(self, request: Request, view: Any) -> bool:
        return getattr(request, "actor", None) is not None
