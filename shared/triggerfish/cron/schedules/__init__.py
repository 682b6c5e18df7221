"""PURE. Schedules: the syntax, the next slot, zones, exclusions."""

from triggerfish.cron.schedules.schedule import Schedule, parse
from triggerfish.errors import ScheduleError

__all__ = ["Schedule", "ScheduleError", "parse"]
