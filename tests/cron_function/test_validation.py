"""Validation before a run: the templates that a CronWorkflow refers to, over a model of the API."""

from datetime import timedelta

import pytest
from tests.simulation.statuses import refusal
from tests.support.ticks import NOON, Patient, children, finish, put, run, team_model

from triggerfish.cron_function import tick
from triggerfish.kube.calendars import Calendars
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CLUSTER_WORKFLOW_TEMPLATES, CRON_WORKFLOWS, WORKFLOW_TEMPLATES
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings

MAIN = {"name": "main", "suspend": {}}
LATER = {"workflowTemplateRef": {"name": "later"}}


@pytest.fixture
def model():
    return team_model()


def template(model, name="later", *, resource=WORKFLOW_TEMPLATES, **spec):
    namespace = "team" if resource is WORKFLOW_TEMPLATES else None
    body = {"metadata": {"name": name}, "spec": {"entrypoint": "main", "templates": [MAIN]} | spec}
    return model.put(resource, namespace, body)


def status(model, name="job"):
    return next(each["status"] for each in model.objects(CRON_WORKFLOWS) if each["metadata"]["name"] == name)


def spec_error(model, name="job"):
    conditions = status(model, name).get("conditions") or ()
    return "".join(each["message"] for each in conditions if each["type"] == "SpecError")


def reads(model, since=0):
    kinds = (WORKFLOW_TEMPLATES, CLUSTER_WORKFLOW_TEMPLATES)
    calls = [entry.call for entry in model.history.entries[since:]]
    return [call.name for call in calls if call.resource in kinds and call.verb == "get"]


async def test_a_template_that_comes_late(model):
    put(model, stopStrategy={"expression": "cronworkflow.failed >= 2"}, workflowSpec=LATER)
    for minute in (1, 2, 3):
        summary = await run(model, minute * 60 + 2)
        assert [entry.reason.value for entry in summary.entries] == ["spec-error"]
    assert children(model) == []
    assert (
        spec_error(model) == "spec.workflowSpec.workflowTemplateRef: WorkflowTemplate 'later' was not found"
    )
    assert (status(model)["failed"], status(model)["phase"]) == (0, "")
    template(model)
    await run(model, 242)
    assert len(children(model)) == 1
    assert spec_error(model) == ""


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({}, "spec.workflowSpec.entrypoint: there is none", id="an empty spec"),
        pytest.param(
            {"templates": [MAIN]}, "spec.workflowSpec.entrypoint: there is none", id="no entrypoint"
        ),
        pytest.param(
            {"entrypoint": "mian", "templates": [MAIN]}, "template 'mian' is not defined", id="a typing error"
        ),
        pytest.param(
            {"entrypoint": "main", "templates": [MAIN], "arguments": {"parameters": [{"name": "day"}]}},
            "there is no value for day",
            id="a parameter without a value",
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "wanting"}}, "there is no value for day", id="of a template"
        ),
        pytest.param(
            {"workflowTemplateRef": {"name": "shared", "clusterScope": True}},
            "ClusterWorkflowTemplate 'shared' was not found",
            id="a template of the cluster",
        ),
        pytest.param(
            {
                "entrypoint": "main",
                "templates": [
                    {
                        "name": "main",
                        "steps": [[{"name": "a", "templateRef": {"name": "x", "template": "y"}}]],
                    }
                ],
            },
            "WorkflowTemplate 'x' was not found",
            id="a step's template",
        ),
    ],
)
async def test_what_argo_would_refuse_starts_nothing(model, spec, said):
    template(model, "wanting", arguments={"parameters": [{"name": "day"}]})
    put(model, workflowSpec=spec)
    put(model, "neighbour")
    for minute in (1, 2, 3):
        await run(model, minute * 60 + 2)
    assert {name.rpartition("-")[0] for name in children(model)} == {"neighbour"}
    assert said in spec_error(model)
    assert (status(model)["failed"], status(model)["succeeded"]) == (0, 0)


async def test_a_typing_error_is_told_before_anything_is_due(model):
    put(model, schedules=["0 0 1 1 *"], workflowSpec={"entrypoint": "main"})
    await run(model)
    assert "template 'main' is not defined" in spec_error(model)


async def test_each_template_is_read_once_a_tick_and_only_for_what_is_due(model):
    template(model)
    template(model, "shared", resource=CLUSTER_WORKFLOW_TEMPLATES)
    for number in range(5):
        put(model, f"job-{number}", workflowSpec=LATER)
    put(model, "cluster", workflowSpec={"workflowTemplateRef": {"name": "shared", "clusterScope": True}})
    put(model, "yearly", schedules=["0 0 1 1 *"], workflowSpec={"workflowTemplateRef": {"name": "other"}})
    await run(model)
    assert sorted(reads(model)) == ["later", "shared"]
    assert len(children(model)) == 6
    before = len(model.history.entries)
    await run(model, 70)
    assert reads(model, before) == []


@pytest.mark.parametrize("cold", [True, False])
async def test_the_error_stays_between_two_slots(model, cold):
    put(model, schedules=["*/5 * * * *"], workflowSpec=LATER)
    memory = tick.Memory(Calendars(Clock()))
    await run(model, 302, memory=memory)
    assert spec_error(model)
    before = len(model.history.writes(CRON_WORKFLOWS))
    for minute in (6, 7, 8):
        await run(model, minute * 60 + 2, memory=None if cold else memory)
    assert spec_error(model)
    assert len(model.history.writes(CRON_WORKFLOWS)) == before


@pytest.mark.parametrize("status_code", [403, 500])
async def test_a_template_that_may_not_be_read_refuses_nothing(model, status_code):
    put(model, workflowSpec=LATER)

    class Refusing:
        """The model, whose templates nobody may read."""

        def __getattr__(self, name):
            return getattr(model, name)

        async def send(self, request, **more):
            if "/workflowtemplates/" in request.path:
                return refusal(status_code, "Forbidden", "not for you")
            return await model.send(request, **more)

    model.now = NOON + timedelta(seconds=62)
    await tick.run(Client(Refusing()), Settings(), Patient())
    assert len(children(model)) == 1


async def test_the_settings_leave_it_to_argo_or_give_what_argo_gives(model):
    put(model, workflowSpec={"templates": [MAIN]})
    await run(model, validate="off")
    assert len(children(model)) == 1
    await run(model, 122, workflow_defaults='{"spec": {"entrypoint": "main"}}')
    assert len(children(model)) == 2
    await run(model, 182)
    assert len(children(model)) == 2


async def test_a_claim_is_given_up_when_the_template_is_gone(model):
    template(model)
    put(model, concurrencyPolicy="Forbid", workflowSpec=LATER)
    await run(model)
    [first] = children(model)
    finish(model, first)
    model.remove(WORKFLOW_TEMPLATES, "team", "later")
    await run(model, 122)
    assert children(model) == [first]
    assert spec_error(model)


async def test_a_plan_made_again_is_validated_too(model):
    """Somebody writes between the list and the claim: the template is asked for what is there now."""
    put(model, concurrencyPolicy="Forbid", workflowSpec={"entrypoint": "main", "templates": [MAIN]})
    await run(model)
    finish(model, children(model)[0])

    class Editing:
        """The model; just before the next claim somebody lets the CronWorkflow refer to a template."""

        edited = False

        def __getattr__(self, name):
            return getattr(model, name)

        async def send(self, request, **more):
            if request.method == "PATCH" and not self.edited:
                self.edited = True
                spec = {"workflowSpec": {"entrypoint": None, "templates": None} | LATER}
                model.edit(CRON_WORKFLOWS, "team", "job", {"spec": spec})
            return await model.send(request, **more)

    editing = Editing()
    model.now = NOON + timedelta(seconds=122)
    await tick.run(Client(editing), Settings(), Patient())
    assert editing.edited
    assert len(children(model)) == 1
    assert "WorkflowTemplate 'later' was not found" in spec_error(model)


async def test_a_name_of_52_characters_makes_a_child_of_63(model):
    put(model, "a" * 52)
    await run(model)
    assert [len(name) for name in children(model)] == [63]
