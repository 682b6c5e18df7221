"""One seeded story: a few CronWorkflows, half an hour of ticks with faults, and two ticks to recover."""

from collections import Counter
from dataclasses import dataclass, field

from tests.simulation.cron_actors import CronSync, Deleter, People, TemplateAuthors, WorkflowController
from tests.simulation.cron_judge import judge
from tests.simulation.cron_world import World
from tests.simulation.server import NAMESPACES as NAMESPACE

from triggerfish.kube.resources import CRON_WORKFLOWS, WORKFLOWS
from triggerfish.settings import Settings

MINUTE = 60.0
# Neither true nor false when the label is "what".
WHEN = "{{= cronworkflow.labels.go == 'what' ? 1 : cronworkflow.labels.go == 'yes' }}"
RUN = {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]}
PLACES = ("team", "closed")


@dataclass
class Outcome:
    """What one story showed; ``wrong`` is empty when all was right."""

    seed: int
    ticks: int = 0
    wrong: list[str] = field(default_factory=list)
    reasons: Counter = field(default_factory=Counter)
    pairs: set = field(default_factory=set)
    world: World | None = None


async def episode(
    seed: int,
    *,
    minutes=25,
    wanted=(),
    faulty=0.04,
    sync=False,
    expiring=0.1,
    settings=None,
    transport=None,
    behind=0,
    crowd=0.4,
) -> Outcome:
    """Run the story of that seed, and judge it."""
    world = World(seed, faulty=faulty, wanted=wanted)
    if transport:
        world.transport = transport
    world.model.behind = behind
    settings = settings or Settings()
    chance = world.chance
    for namespace in PLACES:
        world.model.put(NAMESPACE, None, {"metadata": {"name": namespace}})
    names = [_cron(world, index) for index in range(6)]
    # Of their own, so that nobody edits what is gone.
    brief = [("team", "brief-0"), ("team", "brief-1")]
    for index, place in enumerate(brief):
        _brief(world, *place, index=index)
    Deleter(world, lambda *place: _brief(world, *place, index=chance.randrange(3)), brief)
    _short(world)
    _templated(world)
    authors = TemplateAuthors(world, "team", "templated-later", every=100.0)
    controller = WorkflowController(world, expiring=expiring)
    people = People(world, names, every=70.0)
    if sync:
        CronSync(world)
    _closing(world)
    for minute in range(minutes):
        _collision(world, names, minute)
        if chance.random() < 0.93:
            start = minute * MINUTE + MINUTE + chance.choice([0.0, 1.0, 3.0, 20.0, 45.0]) * chance.random()
            world.at(start, lambda: world.tick(settings))
            while chance.random() < crowd:
                later = start + chance.choice([0.0, 0.0, 0.5, 10.0, 50.0]) * chance.random()
                world.at(later, lambda: world.tick(settings))
    await world.advance((minutes + 1) * MINUTE)
    people.stop()
    authors.stop()
    world.faulty = 0.0
    world.closed.clear()
    for run in list(world.runs.values()):
        await world.finish(run)
    await world.advance((minutes + 2) * MINUTE + 5.0)
    for minute in (0, 1):
        last = world.tick(settings)
        await world.finish(last)
        if minute == 0:
            await world.advance((minutes + 3) * MINUTE + 5.0)
            controller.resting = True
    outcome = Outcome(seed, len(world.runs), world=world, pairs=world.model.history.pairs())
    outcome.wrong = judge(world.model.history, last=last.user, alone=not sync)
    before = len(world.model.history.entries)
    await world.finish(world.tick(settings))
    # Children grow old enough to be deleted, or let go, at any time; nothing else is to be done.
    idle = [
        each
        for each in world.model.history.entries[before:]
        if each.call.user.startswith("tick") and each.call.kind_of_call == "patch cronworkflows"
    ]
    if idle:
        outcome.wrong.append(f"an idle tick wrote: {[each.call.kind_of_call for each in idle]}")
    for run in world.runs.values():
        if run.summary:
            outcome.reasons.update(each.reason.value for each in run.summary.entries if each.reason)
    return outcome


def _cron(world: World, index: int) -> tuple[str, str]:
    chance = world.chance
    policy = ("Allow", "Forbid", "Replace")[index % 3]
    name, namespace = f"{'fixed' if index < 3 else 'any'}-{index}", "closed" if index == 5 else "team"
    notes = {}
    spec = {
        "schedules": chance.choice([["* * * * *"], ["* * * * *"], ["*/2 * * * *"]]),
        "concurrencyPolicy": policy,
        "workflowSpec": RUN,
    }
    if chance.random() < 0.3:
        spec["startingDeadlineSeconds"] = chance.choice([200, 600])
        notes["triggerfish.dev/catch-up"] = chance.choice(["none", "latest", "all"])
    if chance.random() < 0.3:
        notes["triggerfish.dev/exact"] = "true"
    if chance.random() < 0.2:
        notes["triggerfish.dev/pause-after-failures"] = "3"
    if chance.random() < 0.3:
        spec["successfulJobsHistoryLimit"] = chance.randrange(3)
        spec["failedJobsHistoryLimit"] = chance.randrange(3)
    if index == 4 and chance.random() < 0.8:
        spec["when"] = "{{= cronworkflow.labels.go == 'yes' }}" if chance.random() < 0.5 else WHEN
    if index == 3 and chance.random() < 0.4:
        spec["stopStrategy"] = {"expression": f"cronworkflow.succeeded >= {chance.randrange(3, 12)}"}
    metadata = {"name": name, "annotations": notes, "labels": {"go": "yes"}}
    world.model.put(CRON_WORKFLOWS, namespace, {"metadata": metadata, "spec": spec}, user="kubectl")
    return namespace, name


def _brief(world: World, namespace: str, name: str, index: int) -> None:
    """One that does not live long."""
    policy = ("Forbid", "Allow", "Replace")[index]
    spec = {"schedules": ["* * * * *"], "concurrencyPolicy": policy, "workflowSpec": RUN}
    notes = {"triggerfish.dev/exact": "true"} if world.chance.random() < 0.4 else {}
    body = {"metadata": {"name": name, "annotations": notes}, "spec": spec}
    world.model.put(CRON_WORKFLOWS, namespace, body, user="kubectl")


def _short(world: World) -> None:
    """One whose Workflows are deleted seconds after their end."""
    chance = world.chance
    workflow = {**RUN, "ttlStrategy": {"secondsAfterCompletion": chance.choice([0, 5, 20])}}
    policy = chance.choice(["Allow", "Forbid", "Replace"])
    spec = {"schedules": ["* * * * *"], "concurrencyPolicy": policy, "workflowSpec": workflow}
    world.model.put(CRON_WORKFLOWS, "team", {"metadata": {"name": "short"}, "spec": spec}, user="kubectl")


def _templated(world: World) -> None:
    """One whose template comes and goes."""
    policy = world.chance.choice(["Allow", "Forbid", "Replace"])
    workflow = {"workflowTemplateRef": {"name": "templated-later"}}
    spec = {"schedules": ["* * * * *"], "concurrencyPolicy": policy, "workflowSpec": workflow}
    world.model.put(CRON_WORKFLOWS, "team", {"metadata": {"name": "templated"}, "spec": spec}, user="kubectl")


def _closing(world: World) -> None:
    """The namespace takes no Workflows for a while, now and then."""

    def turn() -> None:
        if world.faulty:
            world.closed.symmetric_difference_update({"closed"})
        world.after(world.chance.uniform(60.0, 300.0), turn)

    world.after(200.0, turn)


def _collision(world: World, names, minute: int) -> None:
    """Somebody's own Workflow has the name that the next child wants."""
    if world.chance.random() > 0.03:
        return
    namespace, name = world.chance.choice(names)

    def make() -> None:
        slot = int(world.model.now.timestamp()) // 60 * 60 + 60
        metadata = {"name": f"{name}-{slot}"}
        if not any(each["metadata"]["name"] == metadata["name"] for each in world.model.objects(WORKFLOWS)):
            world.model.put(WORKFLOWS, namespace, {"metadata": metadata, "spec": {}}, user="kubectl")

    world.at(minute * MINUTE + 30.0, make)
