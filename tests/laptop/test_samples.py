"""Samples on a kept cluster: only what their files changed since is changed there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulation.rules import merge
from tests.support import embedded as support

from triggerfish.errors import ApiError
from triggerfish.kube.client import Client
from triggerfish.kube.cluster import Cluster
from triggerfish.kube.resources import CONFIG_MAPS
from triggerfish.runtime.clock import Clock
from triggerfish.settings import Settings
from triggerfish_laptop.dev import manifests, samples
from triggerfish_laptop.dev.accounts import NAMESPACE

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)
objects = st.dictionaries(st.text(max_size=2), json, max_size=4)


def sample(name: str, **data: str) -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
async def client(tmp_path):
    with support.start(tmp_path, "--no-controller") as running:
        cluster = await Cluster.open(Settings(kubeconfig=str(running.kubeconfig)), Clock())
        await manifests.apply(
            cluster.own, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        )
        yield cluster.own
        await cluster.close()


async def data(client: Client, name: str) -> dict:
    return (await client.get(CONFIG_MAPS, "default", name))["data"]


async def test_what_somebody_changed_or_deleted_stays_so(client):
    first = await samples.apply(
        client, [sample("edited", a="1", b="1"), sample("deleted", a="1"), sample("same", a="1")]
    )
    assert (first.created, first.said) == (3, "")
    await client.patch(CONFIG_MAPS, "default", "edited", {"data": {"a": "mine"}})
    await client.delete(CONFIG_MAPS, "default", "deleted")
    again = await samples.apply(
        client, [sample("edited", a="1", b="1"), sample("deleted", a="1"), sample("same", a="1")]
    )
    assert (again.created, again.changed, again.kept) == (0, 0, 3)
    assert await data(client, "edited") == {"a": "mine", "b": "1"}
    with pytest.raises(ApiError, match="404"):
        await client.get(CONFIG_MAPS, "default", "deleted")


async def test_a_changed_file_changes_what_it_changed_alone(client):
    await samples.apply(client, [sample("x", a="1", b="1", c="1")])
    await client.patch(CONFIG_MAPS, "default", "x", {"data": {"a": "mine"}})
    found = await samples.apply(client, [sample("x", a="1", b="2"), sample("y", a="1")])
    assert (found.created, found.changed, found.kept) == (1, 1, 0)
    assert found.said == "samples: 1 new, 1 updated from their files (--fresh starts with an empty cluster)"
    assert await data(client, "x") == {"a": "mine", "b": "2"}


def without_nulls(value: object) -> object:
    """A merge patch cannot say null: manifests have none either."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    return value


@given(objects.map(without_nulls), objects.map(without_nulls))
def test_the_difference_leads_from_one_to_the_other(old, new):
    patch = samples.difference(old, new)
    assert merge(old, patch) == new
    assert (patch == {}) == (old == new)
