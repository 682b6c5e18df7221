"""Every screen, in the order of the links; the first is shown first. A new one is its entry here."""

from __future__ import annotations

from triggerfish.console.screen import Screen
from triggerfish.console.screens import deliveries, playground, schedules, submit

SCREENS: tuple[Screen, ...] = (schedules.SCREEN, deliveries.SCREEN, submit.SCREEN, playground.SCREEN)
