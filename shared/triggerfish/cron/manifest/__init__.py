"""PURE. The CronWorkflow as it was written, and what is recorded on it."""
