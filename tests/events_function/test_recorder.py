"""The record of deliveries is written in batches, by several processes, and never in the way."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from tests.kube.fakes import FakeClock
from tests.simulation.model import Model

from triggerfish.errors import ExpressionError, SettingError
from triggerfish.events import binding, deliveries
from triggerfish.events.answer import EventOutcome, Made
from triggerfish.events.environment import Event, Origin, environment
from triggerfish.events.match import Explainer, Faulty
from triggerfish.events.refusals import Refusal, RefusalCause
from triggerfish.events.trees import redacting
from triggerfish.events_function.recorder import Recorder, delivered
from triggerfish.kube.client import Client
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.kube.wire import Request, Response
from triggerfish.runtime.clock import Clock
from triggerfish.workflows.labels import Creator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NoWait(Clock):
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return NOW

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@dataclass
class Rotating:
    """A transport whose token file is not there at first."""

    model: Model
    ready: bool = False

    async def send(self, request: Request, *, timeout: float) -> Response:
        if not self.ready:
            self.ready = True
            raise SettingError("no token")
        return await self.model.send(request, timeout=timeout)


def event(delivery: str = "d-1", namespace: str = "default", *, size: int = 0) -> Event:
    origin = Origin("github", "push", delivery)
    payload = {
        "password": "hunter2",
        "user": "alice",
        "db": [{"PWD": 271828, "basicAuth": "hunter3"}],
        "clone": "https://ann:hunter4@git.example.com/x?pass_phrase=hunter5&depth=1",
    }
    return Event(
        namespace,
        "",
        payload,
        {},
        Creator(),
        bytes(32),
        repeatable=True,
        received=NOW,
        origin=origin,
        size=size,
    )


def some_binding(name: str, selector: str = "true") -> binding.Binding:
    return binding.parse({"metadata": {"name": name}, "spec": {"event": {"selector": selector}}}, "expr")


def outcome(*, made=(), others=()) -> EventOutcome:
    return EventOutcome(
        tuple(Made(some_binding(name), f"{name}-1", created=True) for name in made),
        (),
        (),
        (),
        tuple(some_binding(name, 'payload.user == "mallory"') for name in others),
        (),
        redacting(Explainer(environment(event()), NOW, b"")),
    )


def recorder(model: Model, *, limit: int = 10) -> Recorder:
    return Recorder(Client(model), NoWait(), limit=limit, retention=timedelta(hours=1))


async def kept(model: Model) -> list[dict]:
    response = await Client(model).get(CONFIG_MAPS, "default", deliveries.CONFIG_MAP)
    return deliveries.read("default", response["data"], since=NOW - timedelta(days=1))


async def test_what_became_of_a_delivery_can_be_read_and_its_payload_cannot():
    model = Model(now=NOW)
    it = recorder(model)
    it(event(), outcome(made=["build"], others=["docs"]))
    await it.flushed()
    (record,) = await kept(model)
    assert (record["id"], record["sender"], record["event"], record["result"]) == (
        "d-1",
        "github",
        "push",
        "created",
    )
    assert record["workflows"] == ["build-1"]
    assert record["bindings"][1]["reason"] == 'payload.user == "mallory" is false: payload.user is "alice"'
    assert [binding["tree"]["value"] for binding in record["bindings"]] == ["true", "false"]
    assert "hunter2" not in orjson.dumps(record).decode()


async def test_a_burst_is_one_write():
    model = Model(now=NOW)
    it = recorder(model)
    for number in range(50):
        it(event(f"d-{number}"), outcome())
    await it.flushed()
    calls = [entry.call.kind_of_call for entry in model.history.entries]
    assert [call for call in calls if call.endswith("configmaps")] == ["get configmaps", "create configmaps"]
    assert [record["id"] for record in await kept(model)] == [f"d-{number}" for number in range(40, 50)]


async def test_processes_write_side_by_side():
    model = Model(now=NOW)
    one, other = recorder(model), recorder(model)
    for it, name in ((one, "a"), (other, "b"), (one, "c")):
        it(event(name), outcome())
        await it.flushed()
    assert sorted(record["id"] for record in await kept(model)) == ["a", "b", "c"]


async def test_a_config_map_that_somebody_deleted_is_made_again():
    model = Model(now=NOW)
    it = recorder(model)
    it(event("a"), outcome())
    await it.flushed()
    await Client(model).delete(CONFIG_MAPS, "default", deliveries.CONFIG_MAP)
    for name in ("b", "c"):
        it(event(name), outcome())
        await it.flushed()
    assert [record["id"] for record in await kept(model)] == ["a", "b", "c"]


async def test_a_namespace_that_cannot_be_written_is_logged_and_nobody_else_s_harm(caplog):
    model = Model(now=NOW)
    it = recorder(model)
    it(event("a", "nowhere"), outcome())
    it(event("b"), outcome())
    await it.flushed()
    assert [record["id"] for record in await kept(model)] == ["b"]
    assert "nowhere" in caplog.text


async def test_a_token_that_cannot_be_read_is_logged_and_nobody_else_s_harm(caplog):
    model = Model(now=NOW)
    it = Recorder(Client(Rotating(model)), NoWait(), limit=10, retention=timedelta(hours=1))
    it(event("a", "another"), outcome())
    it(event("b"), outcome())
    await it.flushed()
    assert [record["id"] for record in await kept(model)] == ["b"]
    assert "namespace another was not written: no token" in caplog.text


async def test_in_a_burst_only_what_is_written_is_explained():
    asked = []
    whole = outcome(others=["docs"])
    counted = replace(whole, explain=lambda binding: asked.append(binding) or whole.explain(binding))
    it = recorder(Model(now=NOW), limit=3)
    for number in range(50):
        it(event(f"d-{number}", size=100), counted)
    assert asked == []
    await it.flushed()
    assert len(asked) == 3


async def test_large_payloads_do_not_wait():
    asked = []
    whole = outcome(others=["docs"])
    counted = replace(whole, explain=lambda binding: asked.append(binding) or whole.explain(binding))
    it = recorder(Model(now=NOW), limit=100)
    for number in range(100):
        it(event(f"d-{number}", size=1 << 18), counted)
    # Four of them are a mebibyte: no more payloads than that are held.
    assert len(asked) == 96
    await it.flushed()
    assert len(asked) == 100
    # And those that were written make room again.
    it(event("later", size=1 << 18), counted)
    assert len(asked) == 100


async def test_of_many_long_records_the_newest_have_their_trees():
    long = 'payload.user == "' + "x" * 5000 + '"'
    whole = outcome()
    many = replace(whole, others=tuple(some_binding(f"b{n}", long) for n in range(20)))
    model = Model(now=NOW)
    it = recorder(model, limit=100)
    for turn in range(3):
        for number in range(60):
            it(event(f"d-{turn}-{number}"), many)
        await it.flushed()
    records = await kept(model)
    assert records[-1]["id"] == "d-2-59"
    assert 0 < sum("tree" in record["bindings"][0] for record in records) < len(records) < 100


async def test_what_was_pushed_out_makes_room_too():
    asked = []
    whole = outcome(others=["docs"])
    counted = replace(whole, explain=lambda binding: asked.append(binding) or whole.explain(binding))
    it = recorder(Model(now=NOW), limit=2)
    for number in range(100):
        it(event(f"d-{number}", size=1 << 18), counted)
    for number in range(300):
        it(event("d", f"namespace-{number}", size=1 << 11), counted)
    assert asked == []


@pytest.mark.parametrize(
    ("it", "result"),
    [
        pytest.param(outcome(made=["a"], others=["b"]), "created", id="one matched"),
        pytest.param(outcome(others=["b"]), "nothing", id="none matched"),
    ],
)
def test_the_result_in_one_word(it, result):
    assert delivered(event(), it).result == result


def test_of_a_thousand_non_matches_only_those_that_are_kept_are_explained():
    asked = []
    many = outcome(others=[f"b{number}" for number in range(1000)])
    counted = EventOutcome(*many_fields(many), lambda other: asked.append(other) or many.explain(other))
    assert delivered(event(), counted).more == 1000 - deliveries.most_bindings
    assert len(asked) == deliveries.most_bindings


def many_fields(it: EventOutcome):
    return it.made, it.skipped, it.failures, it.idle, it.others, it.faulty


async def test_a_selector_s_error_is_kept_without_its_source():
    failed = Faulty(some_binding("x"), ExpressionError("cannot fetch b", "payload.a.b", 10))
    it = EventOutcome((), (), (), (), (), (failed,), lambda other: None)
    (verdict,) = delivered(event(), it).verdicts
    assert "\n" not in verdict.reason
    assert verdict.tree is None


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        pytest.param(
            'payload.password == "guess"',
            'payload.password == "…" is false: payload.password is (hidden)',
            id="false",
        ),
        pytest.param('payload.password == "hunter2" && payload.user == "alice"', "", id="true"),
        pytest.param('payload["password"] startsWith "hunter3"', None, id="a key in brackets"),
        pytest.param('metadata["x-any"] == payload.password + "x"', None, id="a part of a part"),
        pytest.param(
            "payload.db[0].PWD == 314159",
            "payload.db[0].PWD == … is false: payload.db[0].PWD is (hidden)",
            id="a number",
        ),
        pytest.param("any(payload.db, .PWD in [314159, -1])", None, id="numbers in a list"),
        pytest.param("payload.db[0].basicAuth == `guess`", None, id="in backticks"),
        pytest.param(
            'payload.clone == ""',
            'payload.clone == "" is false: payload.clone is '
            '"https://…@git.example.com/x?pass_phrase=…&depth=1"',
            id="in a URL",
        ),
        pytest.param('[payload.clone] == ["https://b:guess@h"]', None, id="in a URL in a list"),
    ],
)
def test_a_credential_in_the_payload_is_in_no_record(selector, reason):
    bound = some_binding("secret", selector)
    explain = redacting(Explainer(environment(event()), NOW, b""))
    it = EventOutcome((), (), (), (), (bound,), (), explain)
    if reason == "":
        it = EventOutcome((Made(bound, "w", created=True),), (), (), (), (), (), explain)
    text = deliveries.line(delivered(event(), it)).text
    assert not any(word in text for word in ("hunter", "guess", "271828", "314159"))
    (verdict,) = delivered(event(), it).verdicts
    assert reason in (None, verdict.reason)
    assert verdict.tree is not None


def refusal(
    number: int = 0, namespace: str = "default", *, cause=RefusalCause.SIGNATURE, known=True
) -> Refusal:
    at = NOW + timedelta(seconds=number)
    return Refusal(at, namespace, "github", "push", f"r-{number}", "refused", cause, "why", known=known)


async def test_strangers_do_not_flush_the_record_nor_what_was_refused_for_another_cause():
    model = Model(now=NOW)
    it = recorder(model, limit=10)
    it(event("d-1"), outcome(made=["build"]))
    it.refused(refusal(0, cause=RefusalCause.ACCOUNT))
    for number in range(1, 1000):
        it.refused(refusal(number))
    await it.flushed()
    records = await kept(model)
    assert [record["id"] for record in records if record["result"] == "created"] == ["d-1"]
    assert [record["id"] for record in records if record["result"] == "refused"] == [
        "r-0",
        *(f"r-{number}" for number in range(995, 1000)),
    ]


async def test_a_namespace_that_may_be_made_up_has_no_record():
    model = Model(now=NOW)
    it = recorder(model)
    before = len(model.history.entries)
    it.refused(refusal(known=False))
    await it.flushed()
    assert len(model.history.entries) == before
    # One whose deliveries were taken exists.
    it(event("d-1"), outcome())
    it.refused(refusal(known=False))
    await it.flushed()
    assert [record["id"] for record in await kept(model)] == ["d-1", "r-0"]


async def test_refusals_push_no_namespace_out_of_the_record():
    it = recorder(Model(now=NOW))
    for number in range(256):
        it(event("d", f"namespace-{number}"), outcome())
    for number in range(300):
        it.refused(refusal(namespace=f"other-{number}"))
    assert len(it._kept) == 256
    assert {name.partition("-")[0] for name in it._kept} == {"namespace"}
    assert not it._refused
    it._writing.cancel()


async def test_a_storm_of_refusals_is_a_write_in_half_a_minute():
    model, clock = Model(now=NOW), FakeClock()
    it = Recorder(Client(model), clock, limit=10, retention=timedelta(hours=1))
    before = len(model.history.entries)
    for number in range(100):
        it.refused(refusal(number))
        await it.flushed()
    writes = [
        entry for entry in model.history.entries[before:] if not entry.call.kind_of_call.startswith("get")
    ]
    assert len(writes) == 100
    assert clock.monotonic() >= 99 * 30
