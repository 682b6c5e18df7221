"""Bounds, guards and checks, each taken away in turn: some test must notice."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """``before`` stands once in ``file`` and becomes ``after``; one of ``tests`` must fail then."""

    name: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


CONNECTION = "shared/triggerfish/http/connection.py"
READING = "shared/triggerfish/http/reading.py"
PLACES = "shared/triggerfish/runtime/places.py"


def at(file: str, *tests: str) -> Callable[[str, str, str], Mutant]:
    """Mutants of one file: name, before, after."""
    return lambda name, before, after: Mutant(name, file, before, after, tests)


connection = at(CONNECTION, "tests/http/test_connection.py", "tests/isolation/test_connections.py")
reading = at(READING, "tests/http/test_reading.py")
body_room = at("shared/triggerfish/http/body_room.py", "tests/http/test_reading.py")
places = at(PLACES, "tests/runtime/test_places.py")
event_runs = at("shared/triggerfish/queries/event_runs.py", "tests/queries/test_event_runs.py")
meeting = at("shared/triggerfish/events/concurrency.py", "tests/events/test_concurrency.py")
applying = at("shared/triggerfish/events_function/execution.py", "tests/functions/test_events_surface.py")
ordering = at("shared/triggerfish/events/commands.py", "tests/events_function/test_commands.py")
conversing = at(
    "shared/triggerfish/hosts/reports/conversations.py", "tests/hosts/reports/test_conversations.py"
)
dispatching = at("shared/triggerfish/events_function/dispatch.py", "tests/events_function/test_reporting.py")
turns = at("shared/triggerfish/runtime/turns.py", "tests/runtime/test_turns.py")
expr = at("shared/triggerfish/expressions/program.py", "tests/expressions/test_budget.py")
cel = at("shared/triggerfish/expressions/cel/program.py", "tests/expressions/test_budget.py")
matching = at("shared/triggerfish/events/match.py", "tests/isolation/test_bindings.py")
planning = at("shared/triggerfish/events/plan.py", "tests/isolation/test_bindings.py")
conditions = at("shared/triggerfish/cron/planning/conditions.py", "tests/isolation/test_conditions.py")
order = at("shared/triggerfish/cron/planning/order.py", "tests/cron/test_order.py")
sharing = at("shared/triggerfish/cron_function/sharing.py", "tests/cron_function/test_sharing.py")
calendars = at("shared/triggerfish/cron/schedules/calendar_bounds.py", "tests/cron/test_calendar_bounds.py")
shares = at(
    "shared/triggerfish/runtime/shares.py",
    "tests/runtime/test_shares.py",
    "tests/cron_function/test_fairness.py",
)
apart = at("shared/triggerfish/runtime/apart.py", "tests/runtime/test_apart.py")
read_calendars = at("shared/triggerfish/kube/calendars.py", "tests/kube/test_calendars.py")
cached = at("shared/triggerfish/runtime/cache.py", "tests/runtime/test_cache.py")
refusing = at("shared/triggerfish/events/plan.py", "tests/events/test_plan.py")
told_as = at("shared/triggerfish/events/reporting.py", "tests/events/test_plan.py")
cheap = at("shared/triggerfish/cron/schedules/calendar_bounds.py", "tests/kube/test_calendars.py")
first = at("shared/triggerfish/cron/planning/record.py", "tests/cron/test_first_sight.py")
first_facts = at("shared/triggerfish/cron/manifest/cron_workflow.py", "tests/cron/test_first_sight.py")
asleep = at("shared/triggerfish/cron/planning/asleep.py", "tests/cron/test_asleep.py")
quiet = at("shared/triggerfish/cron/planning/quiet.py", "tests/cron/test_asleep.py")
on_time = at("shared/triggerfish/cron/planning/due.py", "tests/cron/test_asleep.py")
sleeping = at("shared/triggerfish/cron_function/memory.py", "tests/cron_function/test_asleep.py")
walking = at("shared/triggerfish/cron/schedules/walk.py", "tests/cron/test_schedule_rare.py")
stepping = at("shared/triggerfish/cron/schedules/robfig_walk.py", "tests/cron/test_schedule_rare.py")
zone_days = at("shared/triggerfish/cron/schedules/zones.py", "tests/cron/test_schedule_rare.py")
extended = at("shared/triggerfish/cron/schedules/extended.py", "tests/cron/test_schedule_extended.py")
timetable = at("shared/triggerfish/cron/manifest/timetable.py", "tests/cron/test_timetable.py")
exclusions = at("shared/triggerfish/cron/schedules/exclusions.py", "tests/cron/test_calendar_bounds.py")
memory = at("shared/triggerfish/cron_function/memory.py", "tests/cron_function/test_memory.py")
pages = at("shared/triggerfish/kube/client.py", "tests/kube/test_client.py")
heap = at("shared/triggerfish/runtime/heap.py", "tests/runtime/test_heap.py")
connections = at("shared/triggerfish/kube/connections.py", "tests/kube/test_connections.py")
sessions = at("shared/triggerfish/kube/sessions.py", "tests/kube/test_connections.py")
starting = at("shared/triggerfish/runtime/starting.py", "tests/functions/test_starting.py")
numbers = at("shared/triggerfish/settings/reading.py", "tests/runtime/test_starting.py")
readiness = at("shared/triggerfish/http/readiness.py", "tests/http/test_readiness.py")
operating = at("shared/triggerfish/http/operating.py", "tests/functions/test_readiness.py")
ticker = at("shared/triggerfish/cron_function/ticker.py", "tests/cron_function/test_ticker.py")
CRON = "shared/triggerfish/cron/"
EDITS = "tests/simulation/test_edits.py"
SUSPENDED = "tests/simulation/test_suspended.py"
CASES = "tests/cron_function/test_cases.py"
SIMULATION = "tests/simulation/test_cron_simulation.py"
CLOCKS = "tests/simulation/test_cron_clocks.py"
dates_of_edits = at(f"{CRON}manifest/edits.py", "tests/cron/test_believed.py", "tests/cron/test_plan.py")
written_by_edits = at(f"{CRON}manifest/cron_workflow.py", EDITS, SUSPENDED)
beliefs = at(f"{CRON}manifest/believed.py", "tests/cron/test_believed.py", CLOCKS)
due = at(f"{CRON}planning/due.py", "tests/cron/test_believed.py", "tests/cron/test_plan.py")
gates = at(f"{CRON}planning/gates.py", "tests/cron/test_each_slot.py", CASES)
rest = at(f"{CRON}planning/rest.py", SUSPENDED)
reasons = at(f"{CRON}planning/reasons.py", SUSPENDED)
children = at("shared/triggerfish/cron_function/creation.py", "tests/cron_function/test_around_a_run.py")
execution = at("shared/triggerfish/cron_function/execution.py", SIMULATION)
clients = at("shared/triggerfish/webhooks/clients.py", "tests/webhooks/test_clients.py")

FACTS = "tests/events_function/test_facts.py"
NEEDS = "tests/events/test_needs.py"
entitled = at("shared/triggerfish/events_function/hosting.py", FACTS)
inquiry = at("shared/triggerfish/events_function/facts.py", FACTS)
needs = at("shared/triggerfish/events/needs.py", NEEDS)
told_facts = at("shared/triggerfish/events/given.py", "tests/events/test_given.py")
addresses = at("shared/triggerfish/hosts/api/addresses.py", "tests/hosts/api/test_addresses.py")
short_way = at("shared/triggerfish/http/short_way.py", "tests/http/test_short_way.py")
host_connections = at("shared/triggerfish/hostapi/connection.py", "tests/hostapi/test_connections.py")
requests = at(
    "shared/triggerfish/hostapi/sender.py",
    "tests/hostapi/test_sender.py",
    "tests/hostapi/test_connections.py",
)
host_facts = at("shared/triggerfish/hostapi/hosts.py", "tests/hostapi/test_hosts.py")
apps = at("shared/triggerfish/hostapi/apps.py", "tests/hostapi/test_hosts.py")
host_keys = at("shared/triggerfish/hosts/api/credentials.py", "tests/hosts/api/test_credentials.py")
talking = at("shared/triggerfish/hosts/api/conversation.py", "tests/hosts/api/test_github_like.py")
github_api = at("shared/triggerfish/hosts/api/github.py", "tests/hosts/api/test_github_like.py")
gitlab_api = at("shared/triggerfish/hosts/api/gitlab.py", "tests/hosts/api/test_gitlab.py")
server_api = at("shared/triggerfish/hosts/api/bitbucketserver.py", "tests/hosts/api/test_bitbucketserver.py")
bitbucket_api = at("shared/triggerfish/hosts/api/bitbucket.py", "tests/hosts/api/test_bitbucket.py")
attempts = at("shared/triggerfish/hosts/api/attempts.py", "tests/hosts/api/test_attempts.py")
lost = at("shared/triggerfish/hosts/api/lost.py", "tests/hosts/api/test_attempts.py")
weights = at("shared/triggerfish/hostapi/weighing.py", "tests/hostapi/test_weighing.py")
planned = at("shared/triggerfish/cron/planning/plan.py", "tests/cron/test_plan_record.py")
past = at("shared/triggerfish/cron/explaining/past.py", "tests/cron/test_explain.py")
recovery = at("shared/triggerfish/hostapi/recovery.py", "tests/hostapi/test_recovery.py")
recovering = at("shared/triggerfish/cron_function/recovering.py", "tests/cron_function/test_recovering.py")
patterns = at("shared/triggerfish/webhooks/repositories.py", "tests/webhooks/test_repositories.py")
reports = at("shared/triggerfish/hosts/reports/planning.py", "tests/hosts/reports/test_planning.py")
seals = at("shared/triggerfish/hosts/reports/intent.py", "tests/cron_function/test_reporting.py")
trust = at("shared/triggerfish/hosts/reports/trust.py", "tests/cron_function/test_reporting.py")
report_runs = at("shared/triggerfish/hosts/reports/progress.py", "tests/cron_function/test_reporting.py")
ticks_told = at("shared/triggerfish/cron_function/app.py", "tests/cron_function/test_app.py")
objects = at("shared/triggerfish/kube/client.py", "tests/kube/test_client.py")
report_steps = at("shared/triggerfish/cron_function/report_steps.py", "tests/cron_function/test_reporting.py")
report_pass = at("shared/triggerfish/cron_function/reporting.py", "tests/cron_function/test_reporting.py")
reports_under_faults = at(
    "shared/triggerfish/hosts/reports/planning.py",
    "tests/simulation/test_reports.py::test_each_commit_shows_its_newest_run_whatever_goes_wrong",
)
announced = at("shared/triggerfish/events_function/reporting.py", "tests/events_function/test_reporting.py")
FORKS = "tests/events/test_commands.py"
COMMANDED = "tests/events_function/test_commands.py"
ruling = at("shared/triggerfish/events/commands.py", FORKS, COMMANDED)
commanded = at("shared/triggerfish/events_function/commands.py", COMMANDED)
orders = at("shared/triggerfish/events/orders.py", FORKS)
bound = at("shared/triggerfish/events/binding.py", FORKS)
said = at("shared/triggerfish/hosts/reports/conversations.py", COMMANDED)
prospects = at("shared/triggerfish/expressions/prospects.py", "tests/expressions/test_prospects.py")

TOLD = "tests/events_function/test_deliveries_told.py"
notices = at("shared/triggerfish/events_function/notices.py", TOLD)
warnings = at("shared/triggerfish/kube/warnings.py", TOLD, "tests/kube/test_warnings.py")
narration = at("shared/triggerfish/events_function/narration.py", TOLD)
recorder = at("shared/triggerfish/events_function/recorder.py", "tests/events_function/test_recorder.py")
refusals = at("shared/triggerfish/events/refusals.py", "tests/events/test_refusals.py")
runs = at("shared/triggerfish/cli/lint/runs.py", "tests/cli/test_lint_silent.py")
own_page = at("shared/triggerfish/console/own_page.py", "tests/console/test_submit.py")
endless = at("shared/triggerfish/cli/lint/checks.py", "tests/cli/test_lint_silent.py")
EVENTS = "shared/triggerfish/events_function/"
creation = at(EVENTS + "creation.py", "tests/events_function/test_creation.py")
bindings = at(EVENTS + "bindings.py", "tests/events_function/test_bindings.py")
dispatch = at(EVENTS + "dispatch.py", "tests/events_function/test_dispatch.py")
proving = at(EVENTS + "authenticator.py", "tests/events_function/test_proving.py")
watches = at(EVENTS + "watches.py", "tests/events_function/test_watching.py")
listing = at(EVENTS + "api/requests.py", "tests/isolation/test_memory.py::test_a_list_by_the_megabyte")
parsing_room = at("shared/triggerfish/runtime/parsing_room.py", "tests/runtime/test_parsing_room.py")
cache = at("shared/triggerfish/runtime/cache.py", "tests/runtime/test_cache.py")
credentials = at(
    "shared/triggerfish/webhooks/credentials.py",
    "tests/webhooks/test_credentials.py",
    "tests/events_function/test_recorder.py",
)
laptop = at(
    "infra/laptop/triggerfish_laptop/cluster/store.py",
    "tests/laptop/test_store.py",
    "tests/laptop/test_state.py",
)
CLOUDS = "shared/triggerfish/runtime/clouds/"
asking = at(CLOUDS + "asking.py", "tests/runtime/test_clouds.py")
aws = at(CLOUDS + "aws.py", "tests/runtime/test_clouds.py")
azure = at(CLOUDS + "azure.py", "tests/runtime/test_clouds.py")
cloud_stores = at("shared/triggerfish/secrets/backend.py", "tests/secrets/test_clouds.py")
aws_store = at("shared/triggerfish/secrets/aws.py", "tests/secrets/test_clouds.py")
azure_store = at("shared/triggerfish/secrets/azure.py", "tests/secrets/test_clouds.py")
vault_store = at("shared/triggerfish/secrets/vault.py", "tests/secrets/test_clouds.py")
eks = at("shared/triggerfish/kube/identities/eks.py", "tests/kube/test_identities.py")
namespaces = at("shared/triggerfish/cron_function/tick.py", "tests/cron_function/test_namespaces.py")
reading_crons = at("shared/triggerfish/cron_function/reading.py", "tests/cron_function/test_namespaces.py")
guard = at("infra/laptop/triggerfish_laptop/dev/guard.py", "tests/laptop/test_guard.py")
samples = at("infra/laptop/triggerfish_laptop/dev/samples.py", "tests/laptop/test_samples.py")
DOCTOR = "shared/triggerfish/cli/doctor/"
doctor_ticks = at(DOCTOR + "checks/ticks.py", "tests/cli/test_doctor.py::TestTicks")
doctor_argo = at(DOCTOR + "checks/argo.py", "tests/cli/test_doctor.py::TestArgo")
stores = at("shared/triggerfish/secrets/store.py", "tests/secrets/test_store.py")
parts = "tests/expressions/test_bounds.py::test_parts_are_counted_before_they_are_made"
gitea_host = at(
    "shared/triggerfish/hosts/gitea.py",
    "tests/functions/test_connect.py::test_what_a_host_sends_again_by_hand_runs_once",
)
wanted = at("shared/triggerfish/cli/connecting/wanted.py", "tests/cli/connecting/test_wanted.py")
webhook_client = at("shared/triggerfish/cli/connecting/client.py", "tests/cli/connecting/test_client.py")
merging = at("shared/triggerfish/cron/manifest/merging.py", "tests/cron/test_outcomes.py")
outcomes = at("shared/triggerfish/cron/manifest/outcomes.py", "tests/cron/test_outcomes.py")
stretches = at("shared/triggerfish/cron/manifest/stretches.py", "tests/cron/test_outcomes.py")
kept_children = at("shared/triggerfish/cron/manifest/children.py", "tests/cron/test_history.py")
beside = at(
    "shared/triggerfish/workflows/finalizers.py",
    "tests/cron/test_history.py",
    "tests/cron_function/test_reporting.py",
)
history = at("shared/triggerfish/cron/planning/history.py", "tests/cron/test_history.py")
remembering = at(
    "shared/triggerfish/cron/planning/remembering.py",
    "tests/cron_function/test_record.py",
    "tests/cron/test_plan_decisions.py",
)

MUTANTS = (
    connection("connections without end", "most_connections = 512", "most_connections = 1 << 30"),
    connection("the connection that comes last is ended", "if each is not self), self)", "), self)"),
    connection("who is being answered keeps his place", "self._senders, self._served)", "self._senders)"),
    connection(
        "who was answered is being answered",
        "self._served.pop(self, None)\n            self._kept",
        "self._kept",
    ),
    connection("who idles keeps his place", "self._kept[self] = None", "pass"),
    connection(
        "who takes an answer idles",
        "self._kept.pop(self, None)\n        self._look_at_stall()",
        "self._look_at_stall()",
    ),
    connection(
        "who has taken an answer idles no more",
        "super().resume_writing()\n        self._note_kept()",
        "super().resume_writing()",
    ),
    connection("what is closed stays", "_bound_by_system(transport)\n        self", "self"),
    connection(
        "who idles may not begin again",
        "        self._kept.pop(self, None)\n        super().data_received",
        "        super().data_received",
    ),
    connection("who takes nothing stays", "self._stalled.get(self) == left", "False"),
    connection("answers wait without end", "self._stalled) > most_unsent_bytes", "self._stalled) < 0"),
    connection("who takes nothing keeps his place", "self._kept, self._stalled,", "self._kept,"),
    connection("what is not taken is kept", "self.transport.abort if self", "self.transport.close if self"),
    connection("one too many ends all", "self.connections.discard(self)", "pass"),
    connection(
        "a byte is a new place",
        "self._senders[self] = None\n",
        "self._complete()\n        self._senders[self] = None\n",
    ),
    connection("header bytes without end", "self._overhead > most_header_bytes", "False"),
    connection("a whole head of any length", "(self.headers))) > most_header_bytes", "(self.headers))) < 0"),
    connection("fields without end", "len(self.headers) >= most_header_fields", "False"),
    connection("pipelined requests without end", "len(self.pipeline) >= most_pipelined", "False"),
    connection("half-sent requests stay", "self.loop.call_at(self._until, self._look)", "None"),
    body_room(
        "bodies held without end",
        "lacks or self.held > self._most + self._beyond else",
        "lacks else",
    ),
    body_room(
        "made-up namespaces are as good as known ones", "if body.owner not in self._known:", "if False:"
    ),
    body_room("any number of namespaces is known", "len(self._known) > _most_known", "False"),
    body_room(
        "the largest body goes",
        "key=lambda body: self._of[body.owner])",
        "key=lambda body: (self._of[body.owner], body.size))",
    ),
    body_room("a crowd takes all the room for bodies", "own > self._most // 2 and own < self.held", "False"),
    body_room("no large body beside a crowd", "own > self._most // 8", "True"),
    reading("large bodies take the place of small ones", "body.size + size > small_bytes", "False"),
    at("shared/triggerfish/http/router.py", "tests/http/test_router.py")(
        "bodies of nobody", "deadline_seconds, work, owner)", "deadline_seconds, work)"
    ),
    reading(
        "a body that never comes",
        "Deadline(begun + body_seconds)",
        "Deadline(begun + 60)",
    ),
    places("one namespace takes all places", "own < max(1, self._total // 2)", "True"),
    places("no room beyond for others", "own < max(1, self._total // 8)", "False"),
    at("shared/triggerfish/runtime/deadline.py", "tests/runtime/test_deadline.py")(
        "work that never ends", "self._task.cancel()", "pass"
    ),
    at("shared/triggerfish/runtime/logs.py", "tests/runtime/test_logs.py")(
        "writes that others may cut in two", "size + len(line) > _whole_bytes", "False"
    ),
    at("shared/triggerfish/kube/transport.py", "tests/kube/test_transport.py")(
        "a certificate for others", "if self.has_certificate or beside.has_certificate:", "if False:"
    ),
    turns("work without turns", "turn_seconds = 0.005", "turn_seconds = 1e9"),
    turns(
        "a turn for each request",
        "async with self._lane(namespace):",
        "if True:",
    ),
    turns(
        "long work on the event loop",
        "await loop.run_in_executor(self._thread, self._turn, work)",
        "await asyncio.sleep(0, self._turn(work))",
    ),
    turns(
        "each long work begins on the event loop",
        " and (until is None or until <= self._clock.monotonic()):",
        ":",
    ),
    turns("work on something large on the event loop", "if size < _large_bytes and (", "if ("),
    turns(
        "a busy machine makes work long",
        " and self._clock.worked() - worked >= turn_seconds",
        "",
    ),
    turns("work of one kind makes all of it long", "which = namespace, kind", 'which = namespace, ""'),
    expr("evaluations are for free", "budget.pay(steps - run.left)", "pass"),
    expr(
        "explanations are for free",
        "self._conditions.explain(environment, now, seed, budget)",
        "self._conditions.explain(environment, now, seed)",
    ),
    cel("evaluations in CEL are for free", "budget.pay(2 * steps - fast.left - careful.left)", "pass"),
    matching("selectors without a budget", "now=now, seed=seed, budget=budget)", "now=now, seed=seed)"),
    planning("arguments without a budget", "seed=self.event.key, budget=self.budget", "seed=self.event.key"),
    conditions(
        "conditions without a budget",
        "program.evaluate(environment, now=now, budget=budget)\n    except TooCostly",
        "program.evaluate(environment, now=now)\n    except TooCostly",
    ),
    at("shared/triggerfish/cron/planning/conditions.py", "tests/cron/test_conditions.py")(
        "texts filled in without end", "length > SOURCE_LIMIT", "False"
    ),
    at("shared/triggerfish/cron/planning/conditions.py", "tests/cron/test_conditions.py")(
        "texts of the object for free", "budget.take(texts >> _CHARACTERS_SHIFT)", "pass"
    ),
    at("shared/triggerfish/cron/planning/conditions.py", "tests/cron/test_conditions.py")(
        "programs kept without end", "self.characters > _KEPT_CHARACTERS", "False"
    ),
    at("shared/triggerfish/runtime/few.py", "tests/runtime/test_few.py")(
        "labels without end", "len(self._known) >= _most", "False"
    ),
    order("the same namespace first in every tick", "minute = int(now.timestamp()) // 60", "minute = 0"),
    order(
        "namespaces do not take turns",
        "row[place] for place in range(max(map(len, rows), default=0)) for row in rows if place < len(row)",
        "cron for row in rows for cron in row",
    ),
    sharing("a namespace takes the whole tick", "spent[cron.namespace] > share", "False"),
    sharing("planning gives nothing back", "now - begun >= turn_seconds", "False"),
    calendars("calendars of any length", "size > MOST_BYTES", "False"),
    calendars("events without end", "occurrences > MOST_OCCURRENCES", "False"),
    calendars("a day that never comes", "any(name in parts for name in _RARE)", "False"),
    calendars("since the year 1", "int(year[1]) < _FIRST_YEAR", "False"),
    shares("one namespace has all calls of a tick", "own < self._half", "True"),
    shares("no call beyond for others", "own < self._eighth and", "False and"),
    shares("no call for one that has none", "own == 0 and", "False and"),
    shares("calls without end", "self._taken < 3 * self._total", "True"),
    apart("memory without end", "limit(resource.RLIMIT_AS, memory)", "pass"),
    apart("processor time without end", "limit(resource.RLIMIT_CPU, seconds)", "pass"),
    apart("files", "limit(resource.RLIMIT_FSIZE, 0)", "pass"),
    apart("it is never killed", "timeout=self.patience", "timeout=None"),
    apart("our environment", 'env={"LC_ALL": "C.UTF-8"}', "env=None"),
    read_calendars("calendars without number", "len(names) > MOST_CALENDARS", "False"),
    read_calendars("failures are forgotten", "calendar.problem or", "False or"),
    read_calendars("every calendar in this process", "calendar_bounds.is_cheap(text, year)", "True"),
    read_calendars("calendars kept without end", "held.total() > _most_bytes", "False"),
    cheap("long ones are cheap", "len(text) > _CHEAP_CHARACTERS", "False"),
    cheap("rules of any kind are cheap", "not _PLAIN_RULE.fullmatch(value)", "False"),
    cheap("any number of events is cheap", "occurrences <= _CHEAP_OCCURRENCES", "True"),
    cheap("old ones are cheap", "abs(int(begun[1]) - year) > _CHEAP_YEARS", "False"),
    first("noted never", "due.coming - plan.situation.now >= ahead", "True"),
    first("noted at once", "return ahead is not None and not due and", "return False and"),
    first_facts(
        "an edit of something else passes for a new one", "_before_a_slot if is_new", "_none if is_new"
    ),
    first_facts("noted too late where a zone may go", 'and not body["spec"].get("timezone")', ""),
    first_facts("noted too late where it is suspended", "or suspended or any(notes)", "or any(notes)"),
    first_facts("noted too late where an annotation may go", "or suspended or any(notes)", "or suspended"),
    first_facts("noted too late where it may pause", "or read.spec.pause_after or", "or"),
    first_facts("a zone that is gone is dated", "noted and edited and edited < noted", "False"),
    first_facts("an annotation is not dated", "if edited and noted and edited > noted else", "if False else"),
    asleep("asleep with a claim", "            or state.claim\n", ""),
    asleep("asleep with an active run", "            or state.active\n", ""),
    asleep("asleep with a condition", "            or state.conditions\n", ""),
    asleep(
        "asleep with an edit that nobody saw",
        "            or (cron.unseen and cron.note_ahead is None)\n",
        "",
    ),
    asleep("asleep with an error", "            or cron.error\n", ""),
    asleep("asleep though it has stopped", "            or cron.halt\n", ""),
    asleep("asleep with marks of the future", "            or not can_be_true(cron, by)\n", ""),
    asleep("asleep over a slot", "until <= by", "False"),
    asleep("asleep over the time of waking", "now >= self.until", "False"),
    asleep("asleep beside a run", "not child.finished or", "False or"),
    asleep("asleep beside one that is held", "child.held or", "False or"),
    asleep("asleep beside one that nobody counted", "(child.slot and child.slot > self.decided)", "False"),
    asleep("asleep with too many children", "len(children) - failed <= self.successes_kept", "True"),
    asleep("asleep with too many failures", "failed <= self.failures_kept", "True"),
    sleeping("woken at each tick", " and self.awake.get(uid) != version", ""),
    sleeping("forgotten when it sleeps", "earlier or slept, self.read", "earlier, self.read"),
    sleeping("awake for ever", "self.awake.items() if uid in kept", "self.awake.items()"),
    walking("a hidden midnight is overlooked", "first <= hidden <= coming", "False"),
    walking(
        "a walk to every rare slot",
        "started and on.day != 1 and not fields.months >> on.month & 1",
        "True",
    ),
    stepping(
        "from month to month",
        "on.day == 1 and local % DAY == 0 and not self.zone.hidden_firsts(on.year)",
        "False",
    ),
    stepping("a jump over hidden midnights", " and not self.zone.hidden_firsts(on.year)", ""),
    stepping("seconds one by one", "60 - second if self._is_steady(60) else 1", "1"),
    stepping("minutes one by one", "if not self._is_steady(3600):", "if True:"),
    stepping("over a change in one step", "if not self._is_steady(3600):", "if False:"),
    walking("back without end", "if slot <= after else", "if False else"),
    walking("from within a change", "min(zone.instant(day * DAY), until) - 2 * DAY", "until - 60"),
    zone_days("years without end", "len(self._firsts) > _MOST_YEARS", "False"),
    extended("seven weekdays are no star", "len({weekday for weekday, _ in pairs}) == 7", "False"),
    extended("a step of one", "(found[3] and step < 2)", "False"),
    extended("out of the field", "not bounds.least <= low < high <= bounds.most", "not low < high"),
    timetable(
        "excluded slots without end", "search.goes_on(self._cost):\n            for", "True:\n            for"
    ),
    timetable(
        "excluded slots backwards without end",
        "after < until and search.goes_on(self._cost)",
        "after < until",
    ),
    timetable("very many schedules cost nothing", "2 + len(self.schedules) + len(self.exclusions)", "4"),
    timetable("a search begins again", "self._barren[:] = after, search.reached", "pass"),
    asleep("it sleeps for ever after a search", "barren or _never", "_never"),
    quiet("it is quiet for ever after a search", "made.due.barren or _never", "_never"),
    on_time("what is on time is behind what is excluded", "if barren and barren < punctual:", "if False:"),
    exclusions("calendars without number", "len(calendars(text)) > MOST_CALENDARS", "False"),
    at("shared/triggerfish/cron_function/reading.py", "tests/cron_function/test_memory.py")(
        "a page is read in one go", "access.clock.monotonic() - begun >= turn_seconds", "False"
    ),
    memory("large ones are kept", "len(source) > most_of_one", "False"),
    memory("all memory for one namespace", "self.held[namespace] + weight > most_of_namespace", "False"),
    memory("memory without end", "self.total + weight > most_of_all", "False"),
    memory("schedules weigh nothing", "_of_schedule * (", "0 * ("),
    memory("a status weighs nothing", "_of_status_byte * max", "0 * max"),
    pages("pages need no room", "if room is None:", "if True:"),
    at("shared/triggerfish/cron_function/tidying.py", "tests/cron_function/test_around_a_run.py")(
        "what ended is read without room", ", room=access.room", ""
    ),
    pages("pages of any length", "most=page_bytes if asked > 1 else 0", "most=0"),
    connections("API: answers of any length", "self._size > self._most", "False"),
    connections("API: headers without end", "self._size > _longest_head", "False"),
    connections("API: connections without end", "asyncio.Semaphore(most)", "asyncio.Semaphore(1 << 20)"),
    connections("API: closed connections stay", "del self._parser", "pass"),
    connections("API: errors hold their connections", "del waiting", "pass"),
    cached("what is raised again stays", "raise again(entry.error)", "raise entry.error"),
    cached("what is kept has its frames", "again(error), self._life_of_error", "error, self._life_of_error"),
    refusing("a wrong binding keeps its events", "raise again(binding.submit)", "raise binding.submit"),
    told_as("a wrong report keeps its events", "raise again(report)", "raise report"),
    heap("large blocks stay", "library.mallopt(", "bool("),
    connections("API: old connections are used", "connection.idle_since >= oldest", "True"),
    connections("API: a line break in a header", 'head.count("\\n") != len(lines) + 1', "False"),
    connections("API: a carriage return in a header", 'head.count("\\r") != len(lines) + 1', "False"),
    connections("API: a blank in a path", '" " in target', "False"),
    connections("API: a write is sent two times", "if method not in _repeatable", "if False"),
    connections(
        "API: a second answer is the next one's",
        "            # A second one, which nobody asked for: it must not be the next request's.\n"
        "            self.is_kept = False",
        "            pass",
    ),
    connections(
        "API: a late answer is the next one's",
        "            connection.close()\n            raise",
        "            raise",
    ),
    sessions("API: answers of any length through a proxy", "size > most", "False"),
    clients("clients without end", "number >= most_clients", "False"),
    clients("bytes of clients without end", "size > most_bytes", "False"),
    clients("secrets without end", "len(texts) > most_secrets", "False"),
    warnings("an Event for each refusal", "now - last < between_seconds", "False"),
    warnings("all Events for one namespace", "self._held[namespace] >= _most_of_namespace", "False"),
    notices("Events for namespaces that nobody knows", "not refusal.known or refusal", "refusal"),
    warnings("Events that wait without end", "len(self._waiting) >= _most_waiting", "False"),
    recorder(
        "a record for namespaces that nobody knows", "not refusal.known and namespace", "False and namespace"
    ),
    recorder(
        "strangers push namespaces out of the record",
        "if namespace not in self._kept and len(self._kept) >= _namespaces_kept:",
        "if False:",
    ),
    recorder("a write for each refusal", "_refused_pause = 30.0", "_refused_pause = 0.0"),
    refusals("refusals without end", "len(kept) > self._each", "False"),
    refusals(
        "strangers push out other reasons",
        "next(each for each in kept if each.reason == frequent)",
        "kept[0]",
    ),
    narration("a stranger's words of any length", '""))[:_longest_text]', '""))'),
    own_page("submissions without the page's header", 'delivery.first(HEADER) != "submit"', "False"),
    own_page("submissions from other sites", "if elsewhere or", "if"),
    own_page("submissions of forms", "or media != _json", ""),
    runs("problems of a Workflow without end", "most=most_problems", "most=1 << 30"),
    endless("an alias of itself is followed", "if id(value) in around:", "if False:"),
    starting("wrong settings are served", "if found.wrong:", "if False:"),
    numbers("numbers of any size", "least <= int(text) <= most", "True"),
    numbers("a token with a line break", "if text != text.strip():", "if False:"),
    readiness("every probe asks the cluster", "_unready_seconds if found else _ready_seconds", "0.0"),
    readiness(
        "what is bad is kept like what is good", "_unready_seconds if found", "_ready_seconds if found"
    ),
    operating("metrics for everybody", "if policy is not None:", "if False:"),
    connection(
        "each piece of a request gives the sender more time",
        "self._next, self._until = None, self.loop",
        "self._until = self.loop",
    ),
    connection("who has sent all is sending", "self._until = self._next = None", "self._until = None"),
    short_way(
        "an agent's middleware left out", "[each.cls for each in app.user_middleware] != _known", "False"
    ),
    short_way("no execution ids in logs", " or _enable_execution_id_logging()", ""),
    short_way("the framework's own paths", 'and scope["path"] not in self._others', "and True"),
    short_way("methods that the framework refuses", 'and scope["method"] in self._methods', "and True"),
    short_way("any last route", '!= "/{path:path}":\n        return app', '!= "/{path:path}":\n        pass'),
    connection("a control socket", "ControlSocketDisable.default = True", "ControlSocketDisable"),
    connection("half a minute for a tick", "GracefulTimeout.default = drain_seconds", "GracefulTimeout"),
    ticker(
        "a ticker for each request", "if self._running is not None and not self._running.done():", "if False:"
    ),
    ticker("the minute of our own clock", "skew if abs(skew) > _negligible_skew else 0.0", "0.0"),
    connection("a body takes all day", "self._next = request_seconds", "self._next = None"),
    reading(
        "bodies of any length", "if size > self._limit:\n            raise", "if False:\n            raise"
    ),
    creation(
        "a name is proof enough", "if annotations.get(keys.DELIVERY) == workflow", "if True or workflow"
    ),
    creation("nobody is told that it is not verified", 'return f"not verified: workflow', 'return "" and f"'),
    bindings("bindings are read without end", "if listed.read > most_read_bytes:", "if False:"),
    bindings("bindings are compiled without end", "if weight > most_weight:", "if False:"),
    bindings("bindings are kept without end", "while sum(self._weights.values()) >", "while False and 0 >"),
    bindings("all large lists at once", "await self._lock.acquire()", "await asyncio.sleep(0)"),
    bindings("pages of any length", "most = _page_bytes if asked > 1 else _object_bytes", "most = 1 << 40"),
    at("shared/triggerfish/events/binding.py", "tests/events_function/test_bindings.py")(
        "a binding of any length", "        if found > most:", "        if False:"
    ),
    at("shared/triggerfish/kube/cache.py", "tests/events_function/test_dispatch.py")(
        "bindings of two seconds ago", "fresh_seconds = 0.25", "fresh_seconds = 2.0"
    ),
    dispatch("templates without end", "template if left >= 0 else _too_large", "template"),
    dispatch("whole templates are kept", "ref.name, part=referenced)", "ref.name)"),
    dispatch(
        "a budget for each event of a batch",
        "self._outcome(client, event, budget, explaining)",
        "self._outcome(client, event, event_budget(), explaining)",
    ),
    at("shared/triggerfish/events/trees.py", "tests/events/test_trees.py")(
        "conditions of any length are remembered", "if len(told.text) <= _longest_kept", "if True"
    ),
    at("shared/triggerfish/events/occurrences.py", "tests/events/test_occurrences.py")(
        "values without number", "if _values(body) > most_values:", "if False:"
    ),
    at("shared/triggerfish/events/occurrences.py", "tests/isolation/test_payloads.py")(
        "batches without end", "len(events) > most_in_batch", "False"
    ),
    at(EVENTS + "intake.py", "tests/events_function/test_room_for_bodies.py")(
        "payloads for free", "weight_of_json(plain)", "0"
    ),
    at(EVENTS + "app.py", "tests/events_function/test_room_for_bodies.py")(
        "strangers' bodies for free",
        "unproved_room.hold(namespace, weight)",
        "unproved_room.hold(namespace, 0)",
    ),
    at("shared/triggerfish/webhooks/forms.py", "tests/webhooks/test_forms.py")(
        "a form decoded in one go", "part_bytes = 16 << 10", "part_bytes = 16 << 20"
    ),
    parsing_room("all large bodies at once", "self.held + queue[0].weight > self._total", "False"),
    parsing_room("no rest after it was used", "if self._rest:", "if False:"),
    bindings("lists pile up", "coming = self._coming.get(key)", "coming = None"),
    bindings("no pause between pages", "await self._clock.sleep(_pause_seconds)", "pass"),
    parsing_room("one namespace after the other", "self._queues.move_to_end(namespace)", "pass"),
    parsing_room(
        "who gives up keeps its room", "                self.held -= weight\n", "                pass\n"
    ),
    cache("what is kept weighs nothing", "self.held + weight > self._most", "False"),
    stores("clients are kept without end", "self._held + weight > most_kept_bytes", "False"),
    listing("lists without end", "most=most_listed_bytes)", "most=0)"),
    proving("a Secret for every request", "if not _may_prove(delivery):", "if False:"),
    proving("all made-up namespaces at once", "_asked_at_once = 4", "_asked_at_once = 1000"),
    proving("proofs on the event loop", 'namespace, "proving", size=size)', 'namespace, "proving")'),
    proving(
        "one namespace's proofs after another's",
        'complete(work, namespace, "proving"',
        'complete(work, "", ""',
    ),
    at("shared/triggerfish/webhooks/authenticate.py", "tests/events_function/test_proving.py")(
        "all secrets in one turn",
        "            yield\n",
        "            if not failed:\n                yield\n",
    ),
    watches("watches without end", "self._open.total() >= _most", "False"),
    watches("all watches for one", "self._open[identity] >= _most_of_one", "False"),
    at("shared/triggerfish/events/environment.py", "tests/events/test_environment.py")(
        "a payload in a circle",
        'return self if name == "event" else super().__missing__(name)',
        'return self.setdefault("event", self) if name == "event" else super().__missing__(name)',
    ),
    at("shared/triggerfish/events/match.py", "tests/events/test_environment.py")(
        "an error with its frames", "Faulty(binding, _alone(error))", "Faulty(binding, error)"
    ),
    at("shared/triggerfish/http/router.py", "tests/http/test_router.py")(
        "a refused request in a circle",
        "error.__traceback__ = error.__context__ = error.__cause__ = None",
        "pass",
    ),
    at("shared/triggerfish/expressions/builtins/strings.py", parts)(
        "parts without number", "    run.elements(count)\n    run.spend(count)\n    found", "    found"
    ),
    at("shared/triggerfish/expressions/sprig/texts.py", parts)(
        "parts without number in sprig", "min(parts, count)) > ELEMENTS", "min(parts, count)) < 0"
    ),
    at("shared/triggerfish/expressions/cel/functions/strings.py", parts)(
        "parts without number in CEL",
        "run.elements(count if most < 0 else min(count, most))",
        "pass",
    ),
    at("shared/triggerfish/sinks/sink.py", "tests/isolation/test_payloads.py")(
        "a broker that never answers", "_timeout_seconds = 3.0", "_timeout_seconds = 60.0"
    ),
    credentials("pwd is no credential", "|passphrase|pwd|", "|passphrase|"),
    credentials("auth is no credential", "|auth(?!or)|authori[sz]", ""),
    credentials("numbers are shown", r"|(?<![\w.)\]])\.?\d[\w.]*", ""),
    credentials("a URL's user is shown", "text = _URL_USER.sub(_without_user, text)", "pass"),
    credentials("pairs are shown", "_PAIR.sub(_without_value, text) if", "text if"),
    doctor_ticks(
        "ticks may be hours late", "_patience = timedelta(minutes=3)", "_patience = timedelta(hours=3)"
    ),
    doctor_ticks(
        "a tick may not be late", "_patience = timedelta(minutes=3)", "_patience = timedelta(minutes=1)"
    ),
    doctor_ticks(
        "what rests is waited for", "if resting or spec.timetable is None", "if spec.timetable is None"
    ),
    doctor_argo("old runs prove something", "now - child.created > _lately", "False"),
    doctor_argo("who wrote last made it", "_maker(body).startswith(_CONTROLLER)", "_CONTROLLER in str(body)"),
    at("shared/triggerfish/cli/remains.py", "tests/cli/test_uninstall.py")(
        "the manifests' own bindings are told", "get(label) == value", "get(label) == label"
    ),
    at("shared/triggerfish/cli/remains.py", "tests/cli/test_uninstall.py")(
        "a role of that name elsewhere goes",
        "(place, role) in going.roles",
        "role in dict(going.roles).values()",
    ),
    at("shared/triggerfish/cli/remains.py", "tests/cli/test_uninstall.py")(
        "an account of that name elsewhere goes",
        "whose in going.accounts",
        "whose[1] in dict(going.accounts).values()",
    ),
    at("shared/triggerfish/cli/installed.py", "tests/cli/test_uninstall.py")(
        "the functions are in one namespace",
        "ours(client, DEPLOYMENTS, named or None)",
        "ours(client, DEPLOYMENTS, HOME)",
    ),
    laptop("what was refused stays", "written.asked or written.place in places", "False"),
    laptop("any table will do", "if found != columns:", "if False:"),
    places("room beyond without end", "self.taken < self._total + self._total // 2", "True"),
    dates_of_edits(
        "the second edit of a second is an old one",
        "return edited >= self.until",
        "return edited > self.until",
    ),
    dates_of_edits("a removal is dated by ticks", 'return f"f:{keys.SEEN}" not in notes', "return True"),
    dates_of_edits(
        "a removal came any time", "PERIOD = timedelta(seconds=60)", "PERIOD = timedelta(days=60)"
    ),
    written_by_edits("a removal came just now", "min(max(now - edits.PERIOD, *known), now)", "now"),
    written_by_edits("what the last tick had read is forgotten", "replace(self, edited=read)", "self"),
    written_by_edits("a reset pause leaves no time", "(keys.FAILURES,) if state.resumed else ()", "()"),
    beliefs("times ahead are believed", "time is not None and time > latest", "False"),
    beliefs(
        "marks from before the creation are believed", "time is not None and time < cron.created", "False"
    ),
    beliefs(
        "one that was replaced is new",
        "return Believed(_after_replace(",
        "return Believed((lambda it, *_: it)(",
    ),
    due("a claim may start at any time", "return late <= grace or", "return True or"),
    gates(
        "what is being deleted starts runs",
        "SkipReason.DELETING) if self._cron.deleting",
        "SkipReason.DELETING) if False",
    ),
    gates("two slots pass one throttle", "self._state = replace(self._state, last_scheduled=latest)", "pass"),
    rest(
        "an end of a pause is just now", "(end for end in ends if end), default=now - edits.PERIOD", "(now,)"
    ),
    rest("a removal is dated by an older write", 'or "suspend" in (cron.body.get("spec") or ())', "or True"),
    reasons(
        "paused slots are written one by one",
        "SkipReason.SUSPENDED, SkipReason.PAUSED)",
        "SkipReason.SUSPENDED)",
    ),
    children("a Workflow of another is ours", "child.owner != cron.uid", "False"),
    execution(
        "templates are not read",
        "and (problem := await self.access.problem(self.cron))",
        "and (problem := None)",
    ),
    merging("a record of any size", "len(found) <= bounds.size", "True"),
    merging("messages of any length", "LONGEST_MESSAGE = 160", "LONGEST_MESSAGE = 1 << 30"),
    merging(
        "a full record loses its newest", "known = known[max(len(known) // _free, 1) :]", "known = known[:-1]"
    ),
    merging("a run that has ended is pending again", "each.kind != Kind(RAN) or", "True or"),
    merging("old messages stay, old slots go", "kind=each.kind.bare, took=UNTIMED", "took=UNTIMED"),
    stretches(
        "a slot looks at all before it",
        "bisect_left(known, first, key=_last)",
        "0",
    ),
    stretches("a slot looks at all after it", "bisect_right(known, last, key=_first)", "len(known)"),
    beside("finalizers of any length are kept", "_most = 256", "_most = 1 << 30"),
    beside("finalizers are kept without need", "return ()", "return others(metadata, own)"),
    kept_children("an owner's name of any length", "_longest_name = 253", "_longest_name = 1 << 30"),
    history("what is active is read for each child", "not in self._active", "not in self._state.active_uids"),
    outcomes("somebody's record of any number of slots", "_most_later = 1000", "_most_later = 2000"),
    outcomes("a row goes back in time", "row[0] < 0 or", "False or"),
    remembering("each failed run is read again", "and child.uid not in plan.ends", ""),
    remembering("a run that is gone goes on for ever", "found[slot] = End(DELETED)", "pass"),
    remembering(
        "the record is the reason for a patch", "if not fresh and state == plan.recorded:", "if False:"
    ),
    asking("a cloud's answer of any length", "if len(content) > _longest:", "if False:"),
    asking("a cloud is waited for without end", "timeout=timeout", "timeout=None"),
    asking("redirects of a cloud are followed", "allow_redirects=False", "allow_redirects=True"),
    aws("a pod's token goes to any host", "or not _is_container(parts.netloc)", ""),
    aws("keys are used to their end", "max(left - _early_seconds, left / 2)", "left"),
    aws("any text is a region", r'not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d+", self.region)', "False"),
    azure("a tenant is a path", r'not re.fullmatch(r"[\w.-]+", settings.azure_tenant_id)', "False"),
    azure(
        "tokens are used to their end", "max(int(lasting) - _early_seconds, int(lasting) / 2)", "int(lasting)"
    ),
    cloud_stores("one secret for all namespaces", "and not settings.only_namespace", "and False"),
    cloud_stores("a namespace is any path", "if not is_namespace(namespace):", "if False:"),
    aws_store("keys that ended are kept", "_kind(answer) in _ended:", "False:"),
    azure_store(
        "a token that ended is kept",
        "if answer.status == 401:\n                # The",
        "if False:\n                # The",
    ),
    vault_store(
        "a login that ended is kept", "if answer.status == 403 and self._settings.vault_role:", "if False:"
    ),
    vault_store("secrets in plain text", 'startswith("https://")', 'startswith("http")'),
    eks("a token for any cluster", '{"x-k8s-aws-id": cluster}', '{"x-k8s-aws-id": "x"}'),
    eks("a token to its end", "_good_seconds = 840.0", "_good_seconds = 900.0"),
    reading_crons(
        "a forbidden namespace stops all", "if scope is None or len(settings.scopes) == 1:", "if True:"
    ),
    namespaces("what has unknown children runs", "if each.namespace != scope", "if True"),
    gitea_host("a redelivery runs again", "keeps_id = False", "keeps_id = True"),
    wanted("a repository leads elsewhere", "or not _is_plain(repository)", ""),
    wanted("an account of any length", "[:_most_account]", ""),
    wanted("a user in the address", "or parts.username is not None", ""),
    webhook_client(
        "another host's client is changed", 'if fields and fields.get("type") != kind:', "if False:"
    ),
    webhook_client("a secret that is there is lost", "new = rotate or not secrets", "new = True"),
    webhook_client("the secret before is lost", "[fresh, *secrets]", "[fresh]"),
    guard("what is deaf goes on", "_signal(group, signal.SIGKILL)", "pass"),
    guard("a bystander is ended", "groups.discard(group)", "pass"),
    entitled("anybody asks a host", "if host is None or not event.origin.account:", "if host is None:"),
    entitled("a client of another host asks", "if each.sender.type == host.type", "if True"),
    entitled("a client asks about any repository", "if not client.repositories:", "if False:"),
    entitled(
        "a payload names a foreign repository",
        "if not repositories.fits(client.repositories, facts.repository):",
        "if False:",
    ),
    inquiry("a question has no end", "async with asyncio.timeout(self._left):", "if True:"),
    inquiry("a host says when, in a century", "min(math.ceil(retry_after), _longest_retry_seconds)", "9"),
    inquiry("a long list makes an event come for ever", "if listing.pages < _many_pages:", "if True:"),
    inquiry("a host that stops answering loses files", "if listing.pages < _many_pages:", "if False:"),
    inquiry("a question is asked twice", "if question not in self._answers:", "if True:"),
    needs("what cannot match asks", "if found.may:", "if True:"),
    needs("what the payload tells is asked for", "if getattr(found, name) is None", "if True"),
    told_facts("a file without end", "if len(text) > MOST_BYTES:", "if False:"),
    prospects("a false side is not looked at", "if condition.in_order and not through:", "if False:"),
    ruling("a fork runs with write of one", "sender.may_write and opener.may_write", "opener.may_write"),
    ruling(
        "a fork runs with write of another", "(sender.may_write and opener.may_write)", "sender.may_write"
    ),
    ruling("what is not known is no fork", "if head.fork is False or (sender", "if not head.fork or (sender"),
    ruling("anybody commands", "if not sender.may_write:", "if False:"),
    ruling("an ok of any commit", "if order.arguments != head.sha:", "if False:"),
    ruling(
        "an ok of a part of a commit",
        "order.arguments != head.sha",
        "not head.sha.startswith(order.arguments or '')",
    ),
    ruling("what is closed runs", "if not head.open:", "if False:"),
    ruling("retest needs no rights of the opener", "if head.fork is False or opener.may_write:", "if True:"),
    ruling("rights of nobody", "return self.person is not None and", "return"),
    ruling(
        "any event runs a fork",
        "if found is not None and (found.fork is False",
        "if True or (found.fork is False",
    ),
    commanded("an ok of another commit counts", "approved_of(run) == head.sha", "approved_of(run)"),
    ruling("a key has seen the commit", "replace(submit, deduplication=None)", "submit"),
    ruling("what has ended is ended", "if run_of(run).finished:", "if False:"),
    orders("a comment on an issue commands", "or not found.pull", ""),
    bound(
        "a wrong annotation holds nothing",
        "return Binding(*identity, dialect, error, None)",
        "commands = frozenset()",
    ),
    bound("commands read the payload", "if self.facts_alone and", "if False and"),
    said("a comment changes a run's status", "(State.PENDING, State.RUNNING) and not waiting", "()"),
    samples("what somebody deleted comes back", "if key not in before:", "if True:"),
    reports("a pass posts without end", "MOST_POSTS = MOST_CHECKS = 60", "MOST_POSTS = MOST_CHECKS = 6000"),
    reports("an older run is told once the newer is gone", "if newest.is_superseded:", "if False:"),
    reports("a report rests too soon", "now - run.mark.at >= settle", "now - run.mark.at >= 0"),
    reports("an older run rests unseen", "if run.is_superseded)))", "if True)))"),
    reports("final states wait", "return 0 if state in FINAL else 1", "return 1 if state in FINAL else 0"),
    reports("the newest run is the oldest", "return run.created, ", "return -run.created, "),
    reports("the same run is left out each time", "digest(post.run.uid, turn)", "digest(post.run.uid)"),
    reports("a first post may come later", "max(deadline, FIRST_POST_SECONDS)", "deadline"),
    seals(
        "a seal is good for another Workflow",
        "orjson.dumps([namespace, workflow, fields]",
        "orjson.dumps([namespace, fields]",
    ),
    seals(
        "a seal is good in another namespace",
        "orjson.dumps([namespace, workflow, fields]",
        "orjson.dumps([workflow, fields]",
    ),
    seals("any seal will do", "return hmac.compare_digest(", "return True or hmac.compare_digest("),
    seals("no field is sealed", "workflow, fields], option", "workflow], option"),
    trust(
        "a credential tells any repository",
        "if not repositories.fits(",
        "if False and not repositories.fits(",
    ),
    trust("a url does not change the key", "{credential.type}\\0{credential.url}\\0", "{credential.type}\\0"),
    report_steps("a dead host is asked for every run", "or unanswered >= _most_unanswered", ""),
    report_steps("a label is moved back", ', "resourceVersion": run.version}', "}"),
    report_steps("a conflict ends a report", "for _ in range(_moves_tried)", "for _ in range(1)"),
    report_steps("nothing is read back", "if not await self._say(", "if False and not await self._say("),
    report_steps(
        "a report is given up at once",
        "if ended is None or self.now.timestamp() - ended <= longest:",
        "if ended is None:",
    ),
    report_steps(
        "a Workflow is held for ever",
        'failed: %s", reason)\n        await self._kept(run, partial(self._give_up, run))',
        'failed: %s", reason)',
    ),
    report_steps(
        "behind a dead host a Workflow is held for ever",
        "self.summary.left += 1\n            await self._kept(run, partial(self._give_up, run))",
        "self.summary.left += 1",
    ),
    report_steps(
        "a host that shows nothing is told for ever", "if not await self._give_up(run):", "if True:"
    ),
    report_steps(
        "what is not ours is listed for ever",
        "if self.now.timestamp() - run.created > _ignored_after",
        "if False and _ignored_after",
    ),
    report_steps("what is deleted runs on", "        body |= TERMINATE", "        pass"),
    report_pass(
        "a forged run counts",
        "if isinstance(verdict, Distrust):",
        "if isinstance(verdict, Distrust) and not verdict.forged:",
    ),
    reports_under_faults(
        "simulated: every run of a commit is told",
        "newest, older = runs[-1], runs[:-1]",
        "newest, older = runs[-1], ()",
    ),
    reports_under_faults(
        "simulated: the newest run is the oldest", "return run.created, ", "return -run.created, "
    ),
    announced(
        "an old state is posted on waking", "> timedelta(seconds=FIRST_POST_SECONDS)", "> timedelta(days=9)"
    ),
    announced(
        "a run that was there is pending again", "if one.created and not one.unclear", "if one.created"
    ),
    announced("a redelivery is pending again", "if one.created and not one.unclear", "if not one.unclear"),
    announced("a fork that nobody named is told", "and found.covers(source)", "and source"),
    addresses("metadata is asked", "_in(found, _NEVER)", "_in(found, ())"),
    addresses("a mapped address is another", "found = found.ipv4_mapped or found", "pass"),
    addresses("a zone chooses an interface", "if found.scope_id:", "if False:"),
    addresses("NAT64 is asked", '"64:ff9b::/96",  # NAT64', '"64:ff9b::/128",  # NAT64'),
    addresses("6to4 is asked", '"2002::/16",  # 6to4', '"2002::/128",  # 6to4'),
    addresses("Azure's platform is asked", '"168.63.129.16/32"', '"168.63.129.17/32"'),
    addresses("any IPv6 is public", "address not in _UNICAST", "False"),
    addresses("what is special is public", "and not _in(address, _SPECIAL)", ""),
    addresses(
        "private is everything", "return _is_public(found) or _in(found, self.networks)", "return True"
    ),
    addresses("http is taken", 'parts.scheme != "https"', 'parts.scheme not in ("http", "https")'),
    addresses("a user is taken", 'if "@" in parts.netloc:', "if False:"),
    addresses("port 0 is taken", "if port == 0:", "if False:"),
    addresses("a query is taken", 'if "?" in url or "#" in url:', "if False:"),
    addresses("a step up is taken", '{".", ".."} & set(parts.path.split("/"))', "False"),
    addresses("a number is a host", "if _NUMBER.fullmatch(", "if False and _NUMBER.fullmatch("),
    addresses("another port is the same host", "port or (443", "(443"),
    host_connections("an answer is kept", "use_dns_cache=False", "use_dns_cache=True, ttl_dns_cache=600"),
    host_connections("proxies of the environment are asked", "trust_env=False", "trust_env=True"),
    host_connections("no authority of one's own", "if authority:", "if False:"),
    host_connections("an address is not checked", "if not rules.allowed(str(info[4][0])):", "if False:"),
    requests("a redirect leads anywhere", "if origin(url) != self._origin:", "if False:"),
    requests("a request leads anywhere", "if not self._is_own(request.url):", "if False:"),
    requests("a redirect makes a GET of a POST", "and response.status not in _same_method:", "and False:"),
    requests("an answer has no bound", "if len(content) > most_bytes:", "if False:"),
    requests("what may be done is done twice", "request.once and response.status not in _undone", "False"),
    requests("a lost POST is sent twice", "if last or request.once or not", "if last or not"),
    requests(
        "a host is waited for in vain", "if self._clock.monotonic() + seconds >= deadline:", "if False:"
    ),
    host_facts("facts have no bound", "if len(asked) >= most:", "if False:"),
    host_facts("strangers take all", " - SPARED_CALLS if by_anybody else CALLS_A_MINUTE", ""),
    apps(
        "a revoked token stays",
        "self._tokens.drop((credential, number),",
        "(lambda *_: None)((credential, number),",
    ),
    apps("a token is used to its end", "_margin = 300.0", "_margin = 0.0"),
    apps(
        "a JWT lasts longer than GitHub takes",
        "_jwt_seconds, _skew_seconds = 540, 60",
        "_jwt_seconds, _skew_seconds = 600, 60",
    ),
    host_keys("a credential is for everything", 'if "repositories" not in fields:', "if False:"),
    host_keys(
        "credentials have no bound", "if number >= most_credentials or size > most_bytes:", "if False:"
    ),
    host_keys("the host's type does not count", "if each.type == host_type and", "if"),
    host_keys("a token breaks the header", "or not token.isprintable()", ""),
    talking("pages have no bound", "if len(found) >= MOST_PAGES:", "if False:"),
    talking("a name leads elsewhere", 'name in (".", "..")', "False"),
    talking("a used-up rate is a refusal", "and _rate_is_used(response)", "and False"),
    talking("a wait has no bound", "return min(float(said[:9]), _longest_wait)", "return float(said[:9])"),
    github_api(
        "a part of the files is all", "None if len(changes) >= _MOST_FILES else", "None if False else"
    ),
    github_api(
        "a part of a comparison is all", "None if len(changes) >= _MOST_COMPARED else", "None if False else"
    ),
    gitlab_api("another user's rights count", 'if text(found, "username") != user.login:', "if False:"),
    gitlab_api("a blocked member may push", 'if at(member, "state") not in (None, "active"):', "if False:"),
    gitlab_api(
        "another state is the same",
        "if found is not None and found.state is self.as_read(status).state:",
        "if True:",
    ),
    gitlab_api("a status that is being updated is refused", "if response.status == 409:", "if False:"),
    server_api("a page of a pull request is all", "return found if complete else None", "return found"),
    bitbucket_api("a nickname tells people apart", "if user.id is None:", "if False:"),
    bitbucket_api("the next page is anywhere", "if origin(following) != origin(self.url):", "if False:"),
    attempts(
        "what was refused is asked for",
        "return self.code in (0, 429) or self.code >= 500",
        "return self.code == 0 or self.code >= 400",
    ),
    attempts("a delivery is asked for without end", "and asked < MOST_ASKED", ""),
    attempts("the newest attempt does not count", "newest = max(tried", "newest = min(tried"),
    lost("a pass has no bound", "[:MOST_OF_A_PASS]", ""),
    lost("two passes ask twice", "if not _is_under_way(each, now)", ""),
    lost("a webhook has no bound", "for each in ready[:most]", "for each in ready"),
    recovery(
        "lists take the whole pass",
        "self._left(_list_seconds, self._listed)",
        "self._left(_list_seconds, self._deadline)",
    ),
    recovery(
        "asking waits for a host that hangs",
        "work.put(namespace, partial(self._ask, own))",
        "await self._ask(own)",
    ),
    recovery("a host that hangs has every place", "work.put(hook.namespace,", 'work.put("",'),
    ruling("a late /cancel ends newer runs", " or created - found.occurred <= _longest_way", " or True"),
    weights("a conversation without end", "if self._held + weight > MOST_OF_A_CONVERSATION:", "if False:"),
    weights("answers without end", "self._taken + weight > self._total or", "False or"),
    weights("all answers are one namespace's", " or held + weight > self._total // 2", ""),
    weights("what was read is held", "self._values.give_back(self._namespace, self._held)", "pass"),
    weights("what arrives weighs nothing", "self._bytes.take(self._namespace, more)", "pass"),
    weights("what has arrived is held", "self._bytes.give_back(self._namespace, self._arriving)", "pass"),
    host_connections("a namespace has all connections", "async with host, every:", "async with host:"),
    host_connections("one host has all connections", "async with host, every:", "async with every:"),
    ticks_told("thousands of lines at once", "if clock.monotonic() - begun >= turn_seconds:", "if False:"),
    objects("all long lists at once", "async with self.large.lane(namespace):", "async with nullcontext():"),
    objects("long lists are read in vain", "self.large.note_long_list(namespace)", "pass"),
    objects("a large object waits for nobody", ", most=short_bytes), namespace)", "), namespace)"),
    objects(
        "all large objects at once", 'self.large.room.hold(namespace or "", large_bytes)', "nullcontext()"
    ),
    report_steps("a long list of finalizers is lost", "or run.rest is not None:", "or True:"),
    report_steps("all that fails is told", "if self._logged[run.namespace] <= _most_lines:", "if True:"),
    report_runs("a name by the megabyte is kept", ', "")[:_longest_name]', ', "")'),
    report_runs("a mark by the megabyte is kept", '[:_longest_mark].partition(" ")', '.partition(" ")'),
    seals("ids without end", "len(value) <= _most_ids and ", ""),
    report_pass(
        "dear keys hold up the event loop",
        "await asyncio.to_thread(seal_key, credential)",
        "seal_key(credential)",
    ),
    weights("a list is held whole", " or request.passing", ""),
    host_facts("answers weigh nothing", "weight.check(request, response)", "pass"),
    planned(
        "the record is read for each child",
        "cache(lambda: cron.recorded.record)",
        "lambda: cron.recorded.record",
    ),
    planned("a child of long ago is noted again", "child.created > young and ", ""),
    planned(
        "a child that ended unlisted is not counted", "and record().has_skipped(child.slot)", "and False"
    ),
    past("slots of today before an edit", "record.last_before(edited)", "record.until(after)"),
    recovery("a pass has no end", "if left <= 0:", "if False:"),
    recovery("a host that refuses is asked on", "left.add(lost.of)", "pass"),
    recovering("every tick is a pass", "due = self._ticks % _ticks_between == 0", "due = True"),
    patterns(
        "a pattern fits a longer name",
        "if not repository or len(repository) > most_characters:",
        "if not repository:",
    ),
    patterns("capitals count", "repository.casefold()", "repository"),
    event_runs("any number of runs is asked for", "list(names)[:_most_named]", "list(names)"),
    event_runs("a trouble that is over is told", "trouble.at < self.mark.at", "False"),
    event_runs("an old trouble is told", "found[key].at <= trouble.at", "False"),
    event_runs("any Event is a trouble", 'event.get("reason") in _trouble_reasons', "True"),
    announced("bad news after the answer", "if stands_alone(one[1])", "if False"),
    announced(
        "a late answer waits for a host",
        "min(_before_seconds, until - self._clock.monotonic())",
        "_before_seconds",
    ),
    at("shared/triggerfish/hosts/reports/announcement.py", "tests/events_function/test_reporting.py")(
        "what was told is told once more", "if one not in said", ""
    ),
    commanded(
        "what is waited for is cut short", "head = self._head = await self._in_full(head, found)", "pass"
    ),
    commanded("another head is waited for", 'or not pull["sha"].startswith(head.sha)', ""),
    meeting("another's run of the same key stays", "if not run.finished and run != stays)", "if False)"),
    meeting(
        "who stays depends on who was received",
        "min(going, key=lambda run: (run.created, run.received",
        "min(going, key=lambda run: (run.received, run.created",
    ),
    meeting("what ends already stays", "not run.finished and not run.ending", "not run.finished"),
    dispatching(
        "a first post counts from the end of its calls",
        "case.budget, decided, waiting",
        "case.budget, self._clock.now(), waiting",
    ),
    ordering("a cancel ends what came after it", "return math.floor(event) <= found.occurred", "return True"),
    conversing("a link to an older run agrees", "not expected.url or found.url", "True or found.url"),
    planned("what others have decided is not due yet", "<= max(now, after)", "<= now"),
    planned(
        "a run that is counted is not noted",
        "child.created > young and record().has_skipped",
        "child.uid not in known and child.created > young and record().has_skipped",
    ),
    meeting("a run made later brings back one that ended", "made[: place + 1]", "made"),
    meeting(
        "who came first is compared first",
        "made = sorted(runs, key=lambda run: (run.created, ",
        "made = sorted(runs, key=lambda run: (",
    ),
    applying(
        "what a delivery that died left runs on",
        "await self._end_surplus(create.policy, runs, namespace)\n        return blocker",
        "return blocker",
    ),
)
