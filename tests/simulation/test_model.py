"""What only the model can do: fail on purpose, keep a history, stand still in time."""

from datetime import UTC, datetime

import pytest
from tests.simulation.history import Call, Crash, Fault, Faults
from tests.simulation.model import Model

from triggerfish.errors import ApiError, Unanswered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CRON_WORKFLOWS, SECRETS, SERVICE_ACCOUNTS, WORKFLOWS
from triggerfish.kube.wire import Request


def body(name: str, **metadata: object) -> dict:
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    return {**kind, "metadata": {"name": name, **metadata}, "spec": {}}


@pytest.mark.parametrize(
    ("fault", "seen", "written"),
    [
        pytest.param(Fault.CONFLICT, "409 Conflict", False),
        pytest.param(Fault.TOO_MANY, "429 TooManyRequests after 1", False),
        pytest.param(Fault.ERROR, "500 InternalError", False),
        pytest.param(Fault.ERROR_AFTER, "500 InternalError", True),
        pytest.param(Fault.LOST_BEFORE, "Unanswered", False),
        pytest.param(Fault.LOST_AFTER, "Unanswered", True),
        pytest.param(Fault.CRASH_BEFORE, "Crash", False),
        pytest.param(Fault.CRASH_AFTER, "Crash", True),
    ],
    ids=lambda value: value.value if isinstance(value, Fault) else None,
)
async def test_each_fault_is_seen_and_written_down(fault: Fault, seen: str, written: bool) -> None:
    model = Model(faults=Faults(lambda call: fault if call.verb == "create" else None))
    try:
        await Client(model.acting("tick")).create(WORKFLOWS, "default", body("one"))
    except ApiError as error:
        after = f" after {error.retry_after:g}" if error.retry_after is not None else ""
        caught = f"{error.status} {error.reason}{after}"
    except (Unanswered, Crash) as error:
        caught = type(error).__name__
    assert caught == seen
    assert bool(model.objects(WORKFLOWS)) is written
    entry = model.history.entries[-1]
    assert (entry.wrote, entry.fault) == (written, fault.value)
    assert entry.call.user == "tick"
    assert entry.answer == (int(seen[:3]) if seen[0].isdigit() else None)
    assert model.history.pairs() == {(fault.value, "create workflows")}


async def test_writes_stand_in_the_order_of_their_effect() -> None:
    """A call that waits before it arrives comes after one that was sent later."""
    model = Model()
    client = Client(model)

    class Overtaken:
        async def before(self, call: Call) -> None:
            if call.request.body == body("first"):
                await client_of_the_other.create(WORKFLOWS, "default", body("second"))

        async def after(self, call: Call, response: object) -> None:
            return None

    client_of_the_other = Client(model.acting("other"))
    model.faults = Overtaken()
    await client.create(WORKFLOWS, "default", body("first"))
    names = [entry.after["metadata"]["name"] for entry in model.history.writes(WORKFLOWS) if entry.after]
    assert names == ["second", "first"]


async def test_a_stale_list_lacks_the_latest_writes() -> None:
    model = Model()
    model.put(WORKFLOWS, "default", body("one"))
    model.edit(WORKFLOWS, "default", "one", {"spec": {"a": 1}})
    model.put(WORKFLOWS, "default", body("two"))
    model.behind = 2
    path = WORKFLOWS.path("default")

    fresh = model.do(Request("GET", path))
    stale = model.do(Request("GET", path, (("resourceVersion", "0"), ("limit", "1"))))
    assert fresh.body.count(b'"uid"') == 2
    assert stale.body.count(b'"uid"') == 1
    assert b'"spec":{}' in stale.body


async def test_the_clock_is_the_tests() -> None:
    model = Model(now=datetime(2026, 3, 1, 12, 0, 0, 900_000, tzinfo=UTC))
    made = model.put(CRON_WORKFLOWS, "default", {"metadata": {"name": "one"}, "spec": {}})
    assert made["metadata"]["creationTimestamp"] == "2026-03-01T12:00:00Z"
    model.now = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
    pages = [page async for page in Client(model).pages(CRON_WORKFLOWS)]
    assert pages[0].date == datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


async def test_garbage_goes_with_its_last_owner() -> None:
    model = Model()
    uid = model.put(CRON_WORKFLOWS, "default", {"metadata": {"name": "cron"}, "spec": {}})["metadata"]["uid"]
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "CronWorkflow", "name": "cron", "uid": uid}
    model.put(WORKFLOWS, "default", body("child", ownerReferences=[owner]))
    model.put(WORKFLOWS, "default", body("kept"))
    assert model.collect_garbage() == 0
    model.remove(CRON_WORKFLOWS, "default", "cron")
    assert model.collect_garbage() == 1
    assert [item["metadata"]["name"] for item in model.objects(WORKFLOWS)] == ["kept"]


async def test_a_token_is_its_service_account_and_rbac_decides() -> None:
    def allowed(user: str, verb: str, resource: object, *_: object) -> bool:
        return user == "admin" or (user == "system:serviceaccount:default:bot" and resource is WORKFLOWS)

    model = Model(allowed=allowed)
    model.put(SERVICE_ACCOUNTS, "default", {"metadata": {"name": "bot"}})
    answer = await Client(model).request_token("default", "bot", seconds=600)
    bot = Client(model.bearer(answer["status"]["token"]))
    await bot.create(WORKFLOWS, "default", body("one"))
    with pytest.raises(
        ApiError, match='User "system:serviceaccount:default:bot" cannot get resource "secrets"'
    ):
        await bot.get(SECRETS, "default", "one")
    with pytest.raises(ApiError, match="401 Unauthorized"):
        await Client(model.bearer("no such token")).get(WORKFLOWS, "default", "one")
