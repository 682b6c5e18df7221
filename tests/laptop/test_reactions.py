"""What the cluster does by itself as time goes by, on a clock of the test's own."""

from datetime import UTC, datetime, timedelta

import pytest

from triggerfish_laptop.cluster import bootstrap
from triggerfish_laptop.cluster.lifecycle import Lifecycle
from triggerfish_laptop.cluster.registry import Registry
from triggerfish_laptop.cluster.store import ObjectStore
from triggerfish_laptop.cluster.tokens import Keys


class Cluster:
    """A store with the cluster's reactions, without a server."""

    def __init__(self, path):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.store = ObjectStore(path)
        self.count = 0
        registry = Registry(bootstrap.FIXED)
        Lifecycle(self.store, registry, Keys.of(self.store), b"CA", lambda: self.now, self.uid)

    def uid(self):
        self.count += 1
        return f"uid-{self.count}"

    def put(self, resource, name, **metadata):
        metadata = {
            "name": name,
            "namespace": "ns",
            "uid": self.uid(),
            "creationTimestamp": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **metadata,
        }
        self.store.put(resource, ("ns", name), {"metadata": metadata})
        self.store.settle()

    def names(self, resource):
        return [name for _, name in self.store.collection(resource).keys]


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path / "s.sqlite")
    yield made
    made.store.close()


def test_events_are_kept_for_an_hour(cluster):
    cluster.put("events", "old")
    cluster.now += timedelta(minutes=59)
    cluster.put("events", "young")
    assert cluster.names("events") == ["old", "young"]
    cluster.now += timedelta(minutes=2)
    cluster.put("events", "new")
    assert cluster.names("events") == ["new", "young"]


def test_owners_are_known_again_after_a_restart(cluster, tmp_path):
    cluster.put("configmaps", "top")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "top", "uid": "uid-1"}
    cluster.put("configmaps", "child", ownerReferences=[owner])
    cluster.store.close()
    again = Cluster(tmp_path / "s.sqlite")
    assert again.names("configmaps") == ["child", "top"]
    again.store.remove("configmaps", ("ns", "top"))
    again.store.settle()
    assert again.names("configmaps") == []
    again.store.close()
    cluster.store = ObjectStore(tmp_path / "s.sqlite")
