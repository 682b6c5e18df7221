"""PURE. What one tick does for one CronWorkflow: gates, concurrency, history, the plan."""
