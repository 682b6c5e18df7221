"""Names that schedules' tests share."""

CRON = "workflows.argoproj.io/cron-workflow"
DECISIONS = "triggerfish.dev/decisions"
