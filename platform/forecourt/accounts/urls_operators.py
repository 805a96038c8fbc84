"""Accounts of the platform's own people, on the bare domain: signing in and the second factor.

By the same names as in a group, and fewer: there are no tokens, and who they are is not theirs to
change.
"""

from django.urls import URLPattern

from forecourt.accounts.urls import urlpatterns as of_groups

LEFT_OUT = {
    "account_profile",
    "account_devices",
    "account_devices_end_others",
    "account_device_end",
    "account_tokens",
    "account_token_create",
    "account_token_revoke",
}
urlpatterns: list[URLPattern] = [pattern for pattern in of_groups if pattern.name not in LEFT_OUT]
