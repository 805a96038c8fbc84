from apps.notifications.actions.channels import configure_channel, switch_channel, try_channel
from apps.notifications.actions.choosing import choose_channels, forget_choices
from apps.notifications.actions.clearing import clear_old
from apps.notifications.actions.contacts import (
    CustomerMessage,
    opt_out,
    send_to_customer,
    send_to_customers,
)
from apps.notifications.actions.inbox import mark_all_read, mark_read
from apps.notifications.actions.sending import deliver, send_again
from apps.notifications.actions.telling import Notice, notify, notify_all
from apps.notifications.actions.wording import reset_text, save_text

__all__ = [
    "CustomerMessage",
    "Notice",
    "choose_channels",
    "clear_old",
    "configure_channel",
    "deliver",
    "forget_choices",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_all",
    "opt_out",
    "reset_text",
    "save_text",
    "send_again",
    "send_to_customer",
    "send_to_customers",
    "switch_channel",
    "try_channel",
]
