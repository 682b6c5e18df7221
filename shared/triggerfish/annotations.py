"""Every annotation, label and finalizer that is read or written, by the object that it stands on.

A key is written here and nowhere else; modules import this one as ``keys``. docs/cron.md and docs/events.md
say what values each takes.
"""

from __future__ import annotations

# A key with this prefix is ours: no other program reads or writes it.
OURS = "triggerfish.dev/"

# --- CronWorkflow: annotations that people write ---

SCHEDULES = "triggerfish.dev/schedules"  # schedules, one a line, in place of spec.schedules
SCHEDULE_SYNTAX = "triggerfish.dev/schedule-syntax"  # `extended`: L, W, # and H as well
AT = "triggerfish.dev/at"  # single instants, besides the schedules or without any
EXCLUDE = "triggerfish.dev/exclude"  # slots to leave out: dates, spans, schedules, calendars
JITTER = "triggerfish.dev/jitter"  # a slot starts 0 to this many whole minutes late
NOT_BEFORE = "triggerfish.dev/not-before"  # no slot before that time
NOT_AFTER = "triggerfish.dev/not-after"  # no slot after that time
ONCE_PER_DAY = "triggerfish.dev/once-per-day-in-overlap"  # `true`: an hour that comes twice counts once
SUSPENDED = "triggerfish.dev/suspended"  # the span of a suspension with an end (`triggerfish suspend`)
SUSPENDED_BY = "triggerfish.dev/suspended-by"  # who suspended it
SUSPENDED_REASON = "triggerfish.dev/suspended-reason"  # why it was suspended
SUSPENDED_AT = "triggerfish.dev/suspended-at"  # when it was suspended
CATCH_UP = "triggerfish.dev/catch-up"  # which missed slots run later: none, latest or all
CATCH_UP_LIMIT = "triggerfish.dev/catch-up-limit"  # how many of them a tick starts
PAUSE_AFTER_FAILURES = "triggerfish.dev/pause-after-failures"  # failed runs in a row after which none starts
EXACT = "triggerfish.dev/exact"  # `true`: a finalizer of this name keeps a Workflow until it is recorded

# What says when a CronWorkflow runs; the rest says how.
TIMETABLE = (
    SCHEDULES,
    SCHEDULE_SYNTAX,
    EXCLUDE,
    JITTER,
    NOT_BEFORE,
    NOT_AFTER,
    AT,
    ONCE_PER_DAY,
    SUSPENDED,
)

# --- CronWorkflow: annotations and labels that a tick writes ---

LAST_USED_SCHEDULE = "cronworkflows.argoproj.io/last-used-schedule"  # the schedules as last used (Argo's)
CRON_COMPLETED = "cronworkflows.argoproj.io/completed"  # label: the stop strategy has stopped it (Argo's)
CLAIM = "triggerfish.dev/claim"  # the slot that a tick is about to start, and when that tick began
DECIDED = "triggerfish.dev/decided"  # up to this time all slots are decided: they ran or were skipped
SEEN = "triggerfish.dev/seen"  # the time of the last change of the timetable, and a hash of it
FAILURES = "triggerfish.dev/failures-in-a-row"  # failed runs since the last one that succeeded
OUTCOMES = "triggerfish.dev/outcomes"  # the record: what became of the slots, for a day and more
DECISIONS = "triggerfish.dev/decisions"  # the record of earlier releases; the next patch takes it over

RECORDED = frozenset((LAST_USED_SCHEDULE, CLAIM, DECIDED, SEEN, FAILURES, OUTCOMES, DECISIONS))

# --- WorkflowEventBinding: annotations that people write ---

DIALECT = "triggerfish.dev/dialect"  # the language of the expressions: expr or cel; on a CronWorkflow too
CONCURRENCY_KEY = "triggerfish.dev/concurrency-key"  # runs of equal keys come one at a time; also a label
CONCURRENCY_POLICY = "triggerfish.dev/concurrency-policy"  # Allow, Forbid or Replace
CONCURRENCY_ORDER = "triggerfish.dev/concurrency-order"  # an expression: which event is the newer one
DEDUPLICATION_KEY = "triggerfish.dev/deduplication-key"  # an expression: equal keys make one run
NAME_TAKEN = "triggerfish.dev/name-taken"  # `exists`: a fixed name that is taken already is not a failure
REPORT = "triggerfish.dev/report"  # name of the status on the commit; on a Workflow also label, finalizer
COMMANDS = "triggerfish.dev/commands"  # commands in comments that it obeys: retest, cancel, ok-to-test

# The finalizers by which we hold Workflows.
FINALIZERS = (EXACT, REPORT)

# What people write on a CronWorkflow, and on a WorkflowEventBinding.
OF_CRON_WORKFLOWS = (
    *TIMETABLE,
    *(SUSPENDED_BY, SUSPENDED_REASON, SUSPENDED_AT),
    *(CATCH_UP, CATCH_UP_LIMIT, PAUSE_AFTER_FAILURES, EXACT, DIALECT),
)
OF_BINDINGS = (
    *(DIALECT, CONCURRENCY_KEY, CONCURRENCY_POLICY, CONCURRENCY_ORDER),
    *(DEDUPLICATION_KEY, NAME_TAKEN, REPORT, COMMANDS),
)

# --- Workflow: labels (Argo's) ---

WORKFLOW_TEMPLATE = "workflows.argoproj.io/workflow-template"  # the template that it was submitted from
CLUSTER_WORKFLOW_TEMPLATE = "workflows.argoproj.io/cluster-workflow-template"  # likewise, of the cluster
CRON_WORKFLOW = "workflows.argoproj.io/cron-workflow"  # the CronWorkflow whose child it is
WORKFLOW_EVENT_BINDING = "workflows.argoproj.io/workflow-event-binding"  # the binding that submitted it
INSTANCE_ID = "workflows.argoproj.io/controller-instanceid"  # the installation that it belongs to
CREATOR = "workflows.argoproj.io/creator"  # the subject that it was created for
CREATOR_EMAIL = "workflows.argoproj.io/creator-email"  # the e-mail address of that subject
CREATOR_PREFERRED_USERNAME = "workflows.argoproj.io/creator-preferred-username"  # the name that it prefers
ACTOR = "workflows.argoproj.io/actor"  # on each object that was changed here: the subject that changed it
ACTOR_EMAIL = "workflows.argoproj.io/actor-email"  # the e-mail address of that subject
ACTOR_PREFERRED_USERNAME = "workflows.argoproj.io/actor-preferred-username"  # the name that it prefers
ACTION = "workflows.argoproj.io/action"  # what that subject did: Update, Stop, …
COMPLETED = "workflows.argoproj.io/completed"  # `true` once it has ended
PHASE = "workflows.argoproj.io/phase"  # Running, Succeeded, …
BACKFILL = "workflows.argoproj.io/backfill"  # the backfill that created it
RESUBMITTED_FROM = "workflows.argoproj.io/resubmitted-from-workflow"  # the Workflow that it repeats

CREATORS = (CREATOR, CREATOR_EMAIL, CREATOR_PREFERRED_USERNAME)
ACTORS = (ACTOR, ACTOR_EMAIL, ACTOR_PREFERRED_USERNAME, ACTION)

# --- Workflow: annotations ---

SCHEDULED_TIME = "workflows.argoproj.io/scheduled-time"  # the slot, RFC 3339 (Argo's)
POD_NAME_FORMAT = "workflows.argoproj.io/pod-name-format"  # how its pods are named (Argo's)
TITLE = "workflows.argoproj.io/title"  # on templates as well: its name for people (Argo's)
DESCRIPTION = "workflows.argoproj.io/description"  # likewise: what it is for (Argo's)
DELIVERY = "triggerfish.dev/delivery"  # the delivery that it was made for, as a hash
DELIVERY_ID = "triggerfish.dev/delivery-id"  # the id of that delivery, as its sender shows it
TRACE = "triggerfish.dev/trace"  # the id of the trace in which it was created
RECEIVED = "triggerfish.dev/received"  # when that event was received
OCCURRED = "triggerfish.dev/occurred"  # when it occurred, if that is known
COMMITS = "triggerfish.dev/commits"  # the commits that it led from and to, `before..after`
REPORTED = "triggerfish.dev/reported"  # what was told of it on its commit, and when
SUPERSEDED_BY = "triggerfish.dev/superseded-by"  # the run of its key for whose sake it was ended
PULL_REQUEST = "triggerfish.dev/pull-request"  # label: the binding and the pull request that it runs for
EVENT_TIME = "triggerfish.dev/event-time"  # when its pull request's event occurred, as the host says
APPROVED = "triggerfish.dev/approved"  # the commit of a fork that /ok-to-test has named
SIMULATE = "triggerfish.dev/simulate"  # how it goes on the embedded cluster: how long it takes, how it ends

# --- ServiceAccount and Secret ---

TOKEN_NAME = "workflows.argoproj.io/service-account-token.name"  # noqa: S105  which Secret has its token
SERVICE_ACCOUNT_NAME = "kubernetes.io/service-account.name"  # on a token's Secret: whose token it is
SERVICE_ACCOUNT_UID = "kubernetes.io/service-account.uid"  # likewise, by uid

# --- ConfigMap ---

RECORD = "triggerfish.dev/record"  # label: what is recorded in it

# --- every object ---

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # what `kubectl apply` sent last
NAMESPACE_NAME = "kubernetes.io/metadata.name"  # label of a Namespace: its name
INITIAL_EVENTS_END = "k8s.io/initial-events-end"  # on a bookmark: a watch has sent everything there was
