"""Decisions about accounts that need no database."""

import re
from typing import NamedTuple


class Browser(NamedTuple):
    """What a device calls itself; either may be empty. ``is_phone`` chooses an icon."""

    name: str
    system: str
    is_phone: bool


_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def read_user_agent(text: str) -> Browser:
    """The browser and system named in a user agent, in the order in which the names hide others."""
    name = next((label for mark, label in _BROWSERS if mark in text), "")
    system = next((label for mark, label in _SYSTEMS if mark in text), "")
    return Browser(name, system, bool(re.search(r"Mobi|Android|iPhone|HarmonyOS", text)))
