"""The cron function: POST / is the tick."""
