"""/readyz: which right is missing, whether the cluster answers, and that asking costs it little."""

import json

import pytest
from tests.kube.fakes import FakeClock, FakeTransport, answered
from tests.real.roles import shipped

import triggerfish
from triggerfish.cron_function import rights as cron
from triggerfish.errors import SettingError, Unanswered
from triggerfish.events_function import rights as events
from triggerfish.http.readiness import Readiness
from triggerfish.kube.client import Client
from triggerfish.settings import Settings


class Api:
    """An API server that grants all rights but those in ``denied``, written as ``verb resource``."""

    def __init__(self, *denied):
        self.denied, self.error, self.clock = set(denied), None, FakeClock()
        self.transport = FakeTransport(self.answer)

    def answer(self, request):
        if self.error is not None:
            if isinstance(self.error, Exception):
                raise self.error
            return self.error
        asked = request.body["spec"]["resourceAttributes"]
        allowed = f"{asked['verb']} {asked['resource']}" not in self.denied
        return answered(201, {"status": {"allowed": allowed}})

    def readiness(self, rights, namespace="argo"):
        async def own():
            return Client(self.transport)

        return Readiness(own, rights, namespace if isinstance(namespace, tuple) else (namespace,), self.clock)


ALL = cron.needed(Settings())


async def test_with_every_right_it_is_ready_and_says_version_and_zones():
    answer = await Api().readiness(ALL).answer()
    assert answer.status == 200
    assert answer.body["status"] == "ready"
    assert answer.body["version"] == triggerfish.__version__
    assert answer.body["zones"]["version"] >= "2026f"
    assert answer.body["zones"]["source"]
    assert "warning" not in answer.body


async def test_old_zones_are_told():
    api = Api()
    api.clock.advance(3 * 366 * 86400)
    answer = await api.readiness(ALL).answer()
    assert answer.status == 200
    assert "over a year old" in answer.body["warning"]


async def test_each_right_that_is_missing_is_named():
    answer = await Api("patch cronworkflows", "create workflows").readiness(ALL).answer()
    assert answer.status == 503
    assert answer.body["missing"] == [
        "patch cronworkflows.argoproj.io",
        "create workflows.argoproj.io",
    ]
    assert answer.body["message"].startswith("rights are missing in namespace argo: patch cronworkflows")
    assert answer.body["zones"]["version"] >= "2026f"


@pytest.mark.parametrize("namespace", ["argo", None])
async def test_rights_are_asked_for_where_the_function_works(namespace):
    api = Api("list workflows")
    answer = await api.readiness(ALL, namespace).answer()
    asked = [request.body["spec"]["resourceAttributes"].get("namespace") for request in api.transport.asked]
    assert set(asked) == {namespace}
    assert ("in all namespaces" in answer.body["message"]) is (namespace is None)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (Unanswered("connect to 10.0.0.1: refused"), "the cluster did not answer"),
        (answered(401, {"message": "hush"}), "the API server does not know this function's credential"),
        (answered(500, {"message": "hush"}), "refused to say which rights this function has (500)"),
        (SettingError("/hush/token cannot be read"), "this function is misconfigured; its log says why"),
    ],
)
async def test_what_keeps_it_from_the_cluster_is_told_without_its_detail(error, says):
    api = Api()
    api.error = error
    answer = await api.readiness(ALL).answer()
    assert answer.status == 503
    assert says in answer.body["message"]
    assert "hush" not in json.dumps(answer.body)
    assert "10.0.0.1" not in json.dumps(answer.body)


async def test_a_cluster_that_lets_nobody_ask_for_rights_takes_no_function_for_unready():
    api = Api()
    api.error = answered(403, {"message": "may not create selfsubjectaccessreviews"})
    assert (await api.readiness(ALL).answer()).status == 200


async def test_the_answer_is_kept_for_a_while_and_a_bad_one_for_less():
    api = Api()
    readiness = api.readiness(ALL)
    for _ in range(50):
        await readiness.answer()
    assert len(api.transport.asked) == len(ALL)
    api.error = answered(500)
    api.clock.advance(10.1)
    assert (await readiness.answer()).status == 503
    api.error = None
    assert (await readiness.answer()).status == 503
    api.clock.advance(2.1)
    assert (await readiness.answer()).status == 200


def granted(*roles):
    """As the roles that are shipped write it."""
    return {
        (right.verb, right.group, right.resource, name)
        for role in roles
        for right in shipped()[role]
        for name in (right.names or ("",))
    }


def asked(rights):
    return {(right.verb, right.resource.group, right.resource.plural, right.name) for right in rights}


def test_the_cron_function_asks_for_what_its_role_grants():
    assert asked(cron.needed(Settings())) == granted("triggerfish-cron")
    shadow = asked(cron.needed(Settings(mode="shadow")))
    assert {verb for verb, *_ in shadow} == {"list"}


def test_the_events_function_asks_for_what_its_roles_grant():
    usual = granted("triggerfish-events")
    tokens = {each for each in usual if each[2] == "serviceaccounts/token"}
    assert asked(events.needed(Settings())) == usual - tokens
    every = Settings(
        delivery_record=5, k_sink="http://b/", sink_identity="system:serviceaccount:knative:broker"
    )
    more = granted("triggerfish-events-record", "triggerfish-events-broker")
    assert asked(events.needed(every)) == (usual - tokens) | more
    assert asked(events.needed(Settings(secret_store="file"))) == {("create", "", "events", "")}
