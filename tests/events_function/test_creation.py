"""A name that is taken: by this very delivery, by another, or nobody may look."""

import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered

from triggerfish.errors import ApiError, Unanswered
from triggerfish.events_function.creation import WorkflowCreator
from triggerfish.kube.client import Client
from triggerfish.kube.retry import Retry
from triggerfish.workflows import submitted
from triggerfish.workflows.names import Naming

IDENTITY = b"i" * 32
TAKEN = answered(409, {"reason": "AlreadyExists", "message": "it already exists"})
MAY_NOT = answered(403, {"reason": "Forbidden", "message": "may not get"})
GONE = answered(404, {"reason": "NotFound", "message": "not found"})


def derived():
    workflow, naming = submitted.named({"metadata": {"generateName": "w-"}}, IDENTITY, repeatable=True)
    assert naming is Naming.DERIVED
    return workflow


def existing(**annotations):
    return answered(200, {"metadata": {"name": derived()["metadata"]["name"], "annotations": annotations}})


OURS = existing(
    **{"triggerfish.dev/delivery": derived()["metadata"]["annotations"]["triggerfish.dev/delivery"]}
)


def creating(*answers, workflow=None, naming=Naming.DERIVED):
    """What becomes of it, and the methods that the API server was asked with."""
    left, asked = list(answers), []

    def answer(request):
        asked.append(request.method)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    creator = WorkflowCreator(Client(FakeTransport(answer)), FakeClock(), Retry(attempts=2))
    return creator.create("ns", workflow or derived(), naming), asked


async def test_a_redelivery_finds_the_workflow_of_its_delivery():
    work, asked = creating(TAKEN, OURS)
    created = await work
    assert (created.new, created.unverified, asked) == (False, "", ["POST", "GET"])


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(existing(), id="of nobody"),
        pytest.param(existing(**{"triggerfish.dev/delivery": "another"}), id="of another delivery"),
        pytest.param(answered(200, {"metadata": {"name": "w"}}), id="without annotations"),
    ],
)
async def test_another_s_workflow_of_the_name_is_an_error_that_names_it(found):
    work, _ = creating(TAKEN, found)
    with pytest.raises(ApiError) as told:
        await work
    assert told.value.reason == "AlreadyExists"
    name = derived()["metadata"]["name"]
    assert told.value.told == (
        f"workflow {name!r} exists, and this delivery did not make it: triggerfish.dev/delivery differs"
    )


async def test_who_may_not_look_is_told_that_it_is_not_verified(caplog):
    work, _ = creating(TAKEN, MAY_NOT)
    created = await work
    assert not created.new
    assert created.unverified.startswith(f"not verified: workflow {created.name!r}")
    assert f"ns/{created.name} exists, which is not verified: 403" in caplog.text


async def test_a_workflow_that_went_meanwhile_is_made():
    work, asked = creating(TAKEN, GONE, answered(201, derived()))
    created = await work
    assert created.new
    assert asked == ["POST", "GET", "POST"]


async def test_a_create_that_was_not_answered_is_looked_for_too():
    work, _ = creating(Unanswered("silence"), TAKEN, existing())
    with pytest.raises(ApiError, match="this delivery did not make it"):
        await work
    work, _ = creating(Unanswered("silence"), TAKEN, OURS)
    assert (await work).new


async def test_a_random_name_that_another_took_meanwhile_is_chosen_again():
    workflow, naming = submitted.named({"metadata": {"generateName": "w-"}}, IDENTITY, repeatable=False)
    made = answered(201, {"metadata": {"name": "w-other"}})
    work, asked = creating(Unanswered("silence"), TAKEN, existing(), made, workflow=workflow, naming=naming)
    assert (await work).name == "w-other"
    assert asked == ["POST", "POST", "GET", "POST"]


@pytest.mark.parametrize("found", [MAY_NOT, existing()], ids=["nobody may look", "another's"])
async def test_a_fixed_name_is_another_s_unless_it_is_seen_to_be_ours(found):
    workflow, naming = submitted.named({"metadata": {"name": "fixed"}}, IDENTITY, repeatable=True)
    assert naming is Naming.FIXED
    work, _ = creating(TAKEN, found, workflow=workflow, naming=naming)
    with pytest.raises(ApiError, match="it already exists"):
        await work
