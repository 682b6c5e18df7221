"""PURE. What a tick does for one CronWorkflow, and why: ``plan`` tells it."""
