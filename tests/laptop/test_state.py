"""The state folder when something is wrong with it: a full disk, and files that hold something else."""

import contextlib
import itertools
import json
import resource
import shutil
import sqlite3
import subprocess
import threading

import pytest
from tests.support import embedded as support

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = "application/merge-patch+json"


def config_map(name):
    return {"metadata": {"name": name}, "data": {"text": "first"}}


@contextlib.contextmanager
def full(cluster):
    """No file of that process may grow, nor be written at all."""
    limits = resource.prlimit(cluster.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(cluster.process.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
    yield
    resource.prlimit(cluster.process.pid, resource.RLIMIT_FSIZE, limits)


def names(cluster):
    return {item["metadata"]["name"] for item in cluster.request("GET", MAPS)[1]["items"]}


def test_what_a_full_disk_refused_is_not_there_afterwards(tmp_path):
    with support.start(tmp_path) as cluster:
        assert cluster.request("POST", MAPS, config_map("before"))[0] == 201
        _, listed = cluster.request("GET", MAPS)
        version = listed["metadata"]["resourceVersion"]
        heard = []
        watch = cluster.watch(MAPS, {"resourceVersion": version}, seconds=60)
        listening = threading.Thread(target=lambda: heard.extend(itertools.islice(watch, 1)))
        listening.start()
        with full(cluster):
            status, answer = cluster.request("POST", MAPS, config_map("refused"))
            assert (status, answer["reason"]) == (507, "InsufficientStorage")
            assert "nothing was changed" in answer["message"]
            changed = {"data": {"text": "second"}}
            assert cluster.request("PATCH", f"{MAPS}/before", changed, content_type=MERGE)[0] == 507
            assert cluster.request("PUT", f"{MAPS}/before", config_map("before") | changed)[0] == 507
            assert cluster.request("DELETE", f"{MAPS}/before")[0] == 507
            assert cluster.request("DELETE", MAPS)[0] == 507
            assert names(cluster) == {"before"}
        assert cluster.request("GET", f"{MAPS}/refused")[0] == 404
        assert cluster.request("GET", f"{MAPS}/before")[1]["data"] == {"text": "first"}
        assert cluster.request("POST", MAPS, config_map("refused"))[0] == 201
        listening.join(30)
        [event] = heard
        assert (event["type"], event["object"]["metadata"]["name"]) == ("ADDED", "refused")
        assert "Traceback" not in "".join(cluster.lines.queue)
    with support.start(tmp_path) as cluster:
        assert names(cluster) == {"before", "refused"}


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """What an earlier run left."""
    state = tmp_path_factory.mktemp("left")
    with support.start(state) as cluster:
        assert cluster.request("POST", MAPS, config_map("before"))[0] == 201
    return state


def garbage(name):
    return lambda state: (state / name).write_bytes(b"garbage " * 1000)


def truncated(state):
    path = state / "cluster.sqlite"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def executed(*statements):
    def execute(state):
        with contextlib.closing(sqlite3.connect(state / "cluster.sqlite")) as database, database:
            for statement in statements:
                database.execute(statement)

    return execute


def overwritten(state):
    path = state / "cluster.sqlite"
    data = bytearray(path.read_bytes())
    data[4096:-4096] = bytes(len(data) - 8192)
    path.write_bytes(data)


def body(value):
    text = json.dumps(value).replace("'", "''")
    return executed(f"UPDATE objects SET body = '{text}' WHERE resource = 'configmaps'")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(garbage("cluster.sqlite"), id="garbage"),
        pytest.param(truncated, id="cut in half"),
        pytest.param(overwritten, id="zeros in the middle"),
        pytest.param(executed("DROP TABLE objects", "CREATE TABLE objects (a, b)"), id="other columns"),
        pytest.param(executed("ALTER TABLE facts ADD COLUMN more TEXT"), id="a column more"),
        pytest.param(executed("UPDATE facts SET value = 'x'"), id="keys and versions that are none"),
        pytest.param(executed("UPDATE objects SET body = 'x'"), id="an object that is no JSON"),
        pytest.param(body([]), id="an object that is a list"),
        pytest.param(body({"metadata": {}}), id="an object without a version"),
        pytest.param(garbage("server-127.0.0.1.pem"), id="the server's certificate"),
        pytest.param(garbage("ca.crt"), id="the authority's certificate"),
    ],
)
def test_a_state_that_cannot_be_read_is_said_with_the_way_out(left, tmp_path, spoil):
    state = shutil.copytree(left, tmp_path / "state of mine")
    spoil(state)
    words, environment = support.command(state)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"The state folder {state} has a state that cannot be read (")
    assert line.endswith(f"remove it: `make clean`, or rm -r '{state}'")
    assert done.stdout == ""


def test_a_disk_that_is_full_at_the_start_is_said(left, tmp_path):
    state = shutil.copytree(left, tmp_path / "state")
    words, environment = support.command(state)
    words = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *words]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"The state folder {state} cannot be written (")
    assert line.endswith("Make room on its disk.")
