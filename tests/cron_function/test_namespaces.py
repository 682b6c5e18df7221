"""``MANAGED_NAMESPACE=a,b``: one after the other, and one that may not be read stops no other."""

import pytest
from tests.simulation.server import NAMESPACES
from tests.support.ticks import children, put, run, team_model

from triggerfish.errors import ApiError
from triggerfish.settings import Settings

RESOURCES = ["cronworkflows", "workflows"]


@pytest.fixture
def model():
    model = team_model()
    for name in ("blue", "red"):
        model.put(NAMESPACES, None, {"metadata": {"name": name}})
    for name in ("team", "blue", "red"):
        put(model, f"of-{name}", namespace=name)
    return model


def forbid(model, resource, *namespaces):
    def allowed(user, verb, asked, subresource, namespace, name):
        return not (verb == "list" and asked.plural == resource and namespace in namespaces)

    model.server.allowed = allowed


def ran(model):
    return [name.rpartition("-")[0] for name in children(model)]


async def test_each_that_is_named_is_worked_in_and_no_other(model):
    summary = await run(model, managed_namespace="team,blue")
    assert ran(model) == ["of-blue", "of-team"]
    assert summary.evaluated == 2
    asked = [entry.call for entry in model.history.entries if entry.call.verb == "list"]
    assert [call.namespace for call in asked] == ["team", "blue"] * 2


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("order", ["blue,team", "team,blue", "blue,team,red"])
async def test_a_forbidden_one_stops_no_other(model, resource, order):
    forbid(model, resource, "blue")
    summary = await run(model, managed_namespace=order)
    assert "of-team" in ran(model)
    # Without its children nobody knows what Forbid says: nothing of it runs.
    assert "of-blue" not in ran(model)
    answer = summary.json()
    assert answer["failed"] == 1
    assert any("blue" in str(entry) for entry in summary.entries)


@pytest.mark.parametrize("resource", RESOURCES)
async def test_what_was_forbidden_for_a_while_is_made_up_for(model, resource):
    forbid(model, resource, "blue")
    await run(model, managed_namespace="blue,team")
    forbid(model, resource)
    await run(model, 75, managed_namespace="blue,team")
    assert ran(model) == ["of-blue", "of-team"]


async def test_when_none_can_be_read_the_tick_says_so(model):
    forbid(model, "cronworkflows", "blue", "team")
    with pytest.raises(ApiError, match="403"):
        await run(model, managed_namespace="blue,team")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (" a , b ,", ("a", "b")),
        ("a,b,a", ("a", "b")),
    ],
)
def test_the_names(text, names):
    settings = Settings(managed_namespace=text)
    assert settings.namespaces == names
    assert settings.scopes == (names or (None,))
    assert settings.only_namespace == ("a" if names == ("a",) else None)
    assert settings.manages("a")
    assert settings.manages("z") is (names == ())
