"""get, list and watch."""

import threading
from email.utils import parsedate_to_datetime

import pytest
from tests.support import embedded as support

PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
MERGE = "application/merge-patch+json"


@pytest.fixture
def maps(embedded):
    return f"/api/v1/namespaces/{embedded.new_namespace()}/configmaps"


def fill(cluster, path, *names, labels=None):
    for name in names:
        status, answer = cluster.request("POST", path, {"metadata": {"name": name, "labels": labels or {}}})
        assert status == 201, answer


def names(answer):
    return [item["metadata"]["name"] for item in answer["items"] or ()]


def test_an_empty_list(embedded, maps):
    status, answer = embedded.request("GET", maps)
    assert (status, answer["kind"], answer["items"]) == (200, "ConfigMapList", [])
    assert answer["metadata"]["resourceVersion"].isdigit()


def test_an_empty_list_of_metadata_has_null_items(embedded, maps):
    _, answer = embedded.request("GET", maps, headers={"Accept": PARTIAL})
    assert (answer["kind"], answer["items"]) == ("PartialObjectMetadataList", None)


def test_a_list_of_metadata_has_nothing_else(embedded, maps):
    embedded.request("POST", maps, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    _, answer = embedded.request("GET", maps, headers={"Accept": PARTIAL})
    (item,) = answer["items"]
    assert item.keys() == {"kind", "apiVersion", "metadata"}
    assert item["kind"] == "PartialObjectMetadata"
    assert item["metadata"]["name"] == "a"


def test_every_answer_has_a_date(embedded, maps):
    for path in (maps, f"{maps}/nope", "/version", "/no/such/path"):
        _, headers, _ = embedded.raw("GET", path)
        assert parsedate_to_datetime(headers["date"]).year >= 2024


def test_a_missing_object(embedded, maps):
    status, answer = embedded.request("GET", f"{maps}/nope")
    assert (status, answer["message"]) == (404, 'configmaps "nope" not found')
    assert answer["details"] == {"name": "nope", "kind": "configmaps"}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param("color=red", ["a"], id="equal"),
        pytest.param("color==red", ["a"], id="double equal"),
        pytest.param("color!=red", ["b", "c"], id="not equal also where it is missing"),
        pytest.param("color", ["a", "b"], id="there"),
        pytest.param("!color", ["c"], id="not there"),
        pytest.param("color in (red, blue)", ["a", "b"], id="in"),
        pytest.param("color notin (red)", ["b", "c"], id="notin also where it is missing"),
        pytest.param("color in (red,blue),size=big", ["b"], id="both"),
        pytest.param("", ["a", "b", "c"], id="everything"),
    ],
)
def test_label_selectors(embedded, maps, selector, expected):
    fill(embedded, maps, "a", labels={"color": "red"})
    fill(embedded, maps, "b", labels={"color": "blue", "size": "big"})
    fill(embedded, maps, "c")
    assert names(embedded.request("GET", maps, query={"labelSelector": selector})[1]) == expected


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"labelSelector": "a=b=c"}, id="two equals"),
        pytest.param({"labelSelector": "a in b"}, id="no brackets"),
        pytest.param({"labelSelector": "a=b c"}, id="no label value"),
        pytest.param({"fieldSelector": "data.k=v"}, id="a field one cannot select by"),
        pytest.param({"fieldSelector": "nonsense"}, id="no field selector"),
        pytest.param({"limit": "many"}, id="a limit that is no number"),
        pytest.param({"continue": "what?"}, id="no continue token"),
    ],
)
def test_queries_that_are_refused(embedded, maps, query):
    status, answer = embedded.request("GET", maps, query=query)
    assert (status, answer["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param("metadata.name=a", ["a"], id="name"),
        pytest.param("metadata.name!=a", ["b"], id="not the name"),
        pytest.param("metadata.namespace=elsewhere", [], id="namespace"),
    ],
)
def test_field_selectors(embedded, maps, selector, expected):
    fill(embedded, maps, "a", "b")
    assert names(embedded.request("GET", maps, query={"fieldSelector": selector})[1]) == expected


def test_secrets_by_type(embedded):
    path = f"/api/v1/namespaces/{embedded.new_namespace()}/secrets"
    embedded.request("POST", path, {"metadata": {"name": "a"}, "type": "example.com/x"})
    embedded.request("POST", path, {"metadata": {"name": "b"}})
    assert names(embedded.request("GET", path, query={"fieldSelector": "type=Opaque"})[1]) == ["b"]


def test_pages_are_of_one_moment(embedded, maps):
    fill(embedded, maps, "a", "b", "c", "d", "e")
    _, first = embedded.request("GET", maps, query={"limit": 2})
    assert names(first) == ["a", "b"]
    assert first["metadata"]["remainingItemCount"] == 3
    fill(embedded, maps, "bb", "f")
    embedded.request("DELETE", f"{maps}/c")
    embedded.request("PATCH", f"{maps}/d", {"data": {"k": "new"}}, content_type=MERGE)
    seen = names(first)
    token = first["metadata"]["continue"]
    versions = {first["metadata"]["resourceVersion"]}
    while token:
        _, page = embedded.request("GET", maps, query={"limit": 2, "continue": token})
        seen += names(page)
        assert all("data" not in item for item in page["items"])
        versions.add(page["metadata"]["resourceVersion"])
        token = page["metadata"].get("continue")
    assert seen == ["a", "b", "c", "d", "e"]
    assert len(versions) == 1


def test_pages_with_a_selector_have_no_count(embedded, maps):
    fill(embedded, maps, "a", "b", "c", labels={"x": "y"})
    _, page = embedded.request("GET", maps, query={"limit": 1, "labelSelector": "x=y"})
    assert "remainingItemCount" not in page["metadata"]
    assert page["metadata"]["continue"]


def test_pages_run_through_all_namespaces(embedded):
    label = {"paging": "all"}
    for _ in range(2):
        path = f"/api/v1/namespaces/{embedded.new_namespace()}/configmaps"
        fill(embedded, path, "a", "b", labels=label)
    seen, token = [], ""
    while True:
        query = {"limit": 1, "labelSelector": "paging=all", "continue": token}
        _, page = embedded.request("GET", "/api/v1/configmaps", query=query)
        seen += names(page)
        if not (token := page["metadata"].get("continue")):
            break
    assert seen == ["a", "b", "a", "b"]


def test_a_page_that_is_too_old(tmp_path):
    with support.start(tmp_path, "--no-controller", "--history", "3") as cluster:
        maps = "/api/v1/namespaces/default/configmaps"
        fill(cluster, maps, "a", "b", "c")
        _, first = cluster.request("GET", maps, query={"limit": 1})
        fill(cluster, maps, "d", "e", "f", "g")
        query = {"limit": 1, "continue": first["metadata"]["continue"]}
        status, answer = cluster.request("GET", maps, query=query)
        assert (status, answer["reason"], answer["code"]) == (410, "Expired", 410)
        query["continue"] = answer["metadata"]["continue"]
        status, answer = cluster.request("GET", maps, query=query)
        assert (status, names(answer)) == (200, ["b"])


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        pytest.param("application/json", 200, id="JSON"),
        pytest.param("*/*", 200, id="anything"),
        pytest.param("application/vnd.kubernetes.protobuf,application/json", 200, id="protobuf or JSON"),
        pytest.param("application/yaml", 406, id="YAML alone"),
    ],
)
def test_accept(embedded, maps, accept, code):
    assert embedded.raw("GET", maps, headers={"Accept": accept})[0] == code


def test_a_table(embedded, maps):
    embedded.request("POST", maps, {"metadata": {"name": "a"}, "data": {"k": "v", "l": "w"}})
    _, table = embedded.request("GET", maps, headers={"Accept": TABLE})
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    (row,) = table["rows"]
    assert row["cells"][:2] == ["a", 2]
    assert row["object"]["kind"] == "PartialObjectMetadata"


def test_an_unknown_resource_of_a_built_in_group_is_a_status(embedded):
    status, answer = embedded.request("GET", "/api/v1/namespaces/default/things")
    assert (status, answer["reason"]) == (404, "NotFound")


@pytest.mark.parametrize("path", ["/apis/nope.io/v1/things", "/apis/argoproj.io/v1alpha1/things", "/nope"])
def test_any_other_unknown_path_is_a_line_of_text(embedded, path):
    status, headers, body = embedded.raw("GET", path)
    assert (status, body) == (404, b"404 page not found\n")
    assert headers["content-type"].startswith("text/plain")


# Watching


def first_events(cluster, path, count, query=None, seconds=10):
    found = []
    for event in cluster.watch(path, query, seconds=seconds):
        found.append(event)
        if len(found) == count:
            break
    return found


def brief(events):
    return [(event["type"], event["object"]["metadata"]["name"]) for event in events]


def test_a_watch_without_a_version_starts_with_what_is_there(embedded, maps):
    fill(embedded, maps, "a", "b")
    assert brief(first_events(embedded, maps, 2)) == [("ADDED", "a"), ("ADDED", "b")]


def test_a_watch_goes_on_from_a_list(embedded, maps):
    fill(embedded, maps, "a")
    since = embedded.request("GET", maps)[1]["metadata"]["resourceVersion"]
    fill(embedded, maps, "b")
    embedded.request("PATCH", f"{maps}/a", {"data": {"k": "1"}}, content_type=MERGE)
    embedded.request("DELETE", f"{maps}/b")
    found = first_events(embedded, maps, 3, {"resourceVersion": since})
    assert brief(found) == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in found]
    assert versions == sorted(set(versions))


def test_a_watch_sees_what_happens_while_it_is_open(embedded, maps):
    fill(embedded, maps, "first")
    stream = embedded.watch(maps)
    assert next(stream)["object"]["metadata"]["name"] == "first"
    worker = threading.Thread(target=fill, args=(embedded, maps, "second"))
    worker.start()
    assert next(stream)["object"]["metadata"]["name"] == "second"
    worker.join()
    stream.close()


def test_a_selector_turns_changes_into_comings_and_goings(embedded, maps):
    since = embedded.request("GET", maps)[1]["metadata"]["resourceVersion"]
    fill(embedded, maps, "a")
    for label, mark in (("y", "1"), ("y", "2"), ("z", "3")):
        patch = {"metadata": {"labels": {"x": label, "mark": mark}}}
        embedded.request("PATCH", f"{maps}/a", patch, content_type=MERGE)
    found = first_events(embedded, maps, 3, {"resourceVersion": since, "labelSelector": "x=y"})
    assert [event["type"] for event in found] == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_ends_by_itself(embedded, maps):
    assert list(embedded.watch(maps, seconds=1)) == []


def test_a_watch_from_a_version_too_old(tmp_path):
    with support.start(tmp_path, "--no-controller", "--history", "2") as cluster:
        maps = "/api/v1/namespaces/default/configmaps"
        since = cluster.request("GET", maps)[1]["metadata"]["resourceVersion"]
        fill(cluster, maps, "a", "b", "c", "d")
        (event,) = cluster.watch(maps, {"resourceVersion": since})
        assert (event["type"], event["object"]["code"], event["object"]["reason"]) == (
            "ERROR",
            410,
            "Expired",
        )


def test_a_watch_list_says_where_the_beginning_ends(embedded, maps):
    fill(embedded, maps, "a")
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    added, bookmark = first_events(embedded, maps, 2, query)
    assert added["type"] == "ADDED"
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
