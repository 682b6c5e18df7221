"""PURE. Everything about schedules that decides: the time, the settings and the objects are arguments.

Four rooms; each imports only those before it, and ``times``, which reads and writes RFC 3339:

``schedules``   one schedule's text, its next slot, zones, exclusions
``manifest``    the CronWorkflow as its author wrote it, and as ticks have recorded its state on it
``planning``    what a tick does for one CronWorkflow: ``planning.plan.plan`` tells it from top to bottom
``explaining``  what became of slots and what comes: explain, audit, forecast, backfill, shadow
"""
