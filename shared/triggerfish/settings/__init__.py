"""Every setting, and the only reader of the environment: a frozen ``Settings``, made once from a mapping.

A setting is one field in ``fields``: its name in capitals is the variable.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from triggerfish.settings.fields import Settings
from triggerfish.settings.groups import CLI, CONSOLE, CRON, EVENTS

__all__ = ["CLI", "CONSOLE", "CRON", "EVENTS", "Settings", "environment", "from_process"]


def environment() -> Mapping[str, str]:
    """The environment of this process."""
    return os.environ


def from_process() -> Settings:
    """The settings of this process."""
    return Settings.of(environment())
