"""The ways out: one file each, all behind :class:`apps.notifications.channels.base.Channel`."""

from apps.notifications.channels.base import (
    Channel,
    Configuration,
    Message,
    NotNow,
    Refused,
    Unknown,
    channel,
    channels,
)
from apps.notifications.channels.email import EmailChannel
from apps.notifications.channels.robots import DingTalkRobot, FeishuRobot, WeComRobot
from apps.notifications.channels.sms import SmsChannel

__all__ = [
    "Channel",
    "Configuration",
    "DingTalkRobot",
    "EmailChannel",
    "FeishuRobot",
    "Message",
    "NotNow",
    "Refused",
    "SmsChannel",
    "Unknown",
    "WeComRobot",
    "channel",
    "channels",
]
