"""The annotations, labels and finalizers that the cron function reads or writes on a CronWorkflow."""

from __future__ import annotations

from triggerfish.cron.manifest import decisions

# Written by Argo's controller and by us alike.
LAST_USED_SCHEDULE = "cronworkflows.argoproj.io/last-used-schedule"
COMPLETED = "cronworkflows.argoproj.io/completed"

# Ours, written by the tick.
CLAIM = "triggerfish.dev/claim"
DECIDED = "triggerfish.dev/decided"
SEEN = "triggerfish.dev/seen"
FAILURES = "triggerfish.dev/failures-in-a-row"

WRITTEN = frozenset((LAST_USED_SCHEDULE, CLAIM, DECIDED, SEEN, FAILURES, decisions.ANNOTATION))

# Ours, written by people.
CATCH_UP = "triggerfish.dev/catch-up"
CATCH_UP_LIMIT = "triggerfish.dev/catch-up-limit"
PAUSE_AFTER_FAILURES = "triggerfish.dev/pause-after-failures"
EXACT = "triggerfish.dev/exact"
DIALECT = "triggerfish.dev/dialect"

# Ours, written by `triggerfish suspend` and taken away by `triggerfish resume`.
SUSPENDED = "triggerfish.dev/suspended"
SUSPENDED_BY = "triggerfish.dev/suspended-by"
SUSPENDED_REASON = "triggerfish.dev/suspended-reason"
SUSPENDED_AT = "triggerfish.dev/suspended-at"
