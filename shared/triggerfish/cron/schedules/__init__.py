"""PURE. Schedules: the syntax, the next slot, zones, exclusions."""
