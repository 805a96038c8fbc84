"""The ways out: one file each, all behind :class:`apps.notifications.channels.base.Channel`."""

from apps.notifications.channels.base import (
    CHAT,
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
from apps.notifications.channels.people import AppChannel, DingTalkApp, FeishuApp, WeComApp
from apps.notifications.channels.robots import DingTalkRobot, FeishuRobot, WeComRobot
from apps.notifications.channels.sms import SmsChannel

__all__ = [
    "CHAT",
    "AppChannel",
    "Channel",
    "Configuration",
    "DingTalkApp",
    "DingTalkRobot",
    "EmailChannel",
    "FeishuApp",
    "FeishuRobot",
    "Message",
    "NotNow",
    "Refused",
    "SmsChannel",
    "Unknown",
    "WeComApp",
    "WeComRobot",
    "channel",
    "channels",
]
