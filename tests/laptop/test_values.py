"""Small pure parts of the embedded cluster: strategic patches, ages, protobuf, paths, schemas."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish_laptop.cluster import protobuf, selectors
from triggerfish_laptop.cluster.calls import parse
from triggerfish_laptop.cluster.patches import merge, strategic
from triggerfish_laptop.cluster.schemas import Schema
from triggerfish_laptop.cluster.status import StatusError
from triggerfish_laptop.cluster.tables import age, human_duration, printer_column


def outcome(call, argument):
    """What a call gives, or the HTTP code of its refusal; any other exception is a defect."""
    try:
        return call(argument)
    except StatusError as error:
        return error.code


KEYS = {"secrets": "name", "finalizers": "."}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        pytest.param([{"name": "b", "x": 2}], [{"name": "a"}, {"name": "b", "x": 2}], id="adds"),
        pytest.param([{"name": "a", "x": 1}], [{"name": "a", "x": 1}], id="merges by name"),
        pytest.param([{"name": "a", "$patch": "delete"}], [], id="deletes by name"),
        pytest.param([{"$patch": "replace"}, {"name": "z"}], [{"name": "z"}], id="replaces all"),
    ],
)
def test_a_strategic_patch_of_a_list(patch, expected):
    assert strategic({"secrets": [{"name": "a"}]}, {"secrets": patch}, KEYS) == {"secrets": expected}


def test_a_strategic_patch_orders_and_removes_plain_values():
    old = {"finalizers": ["a", "b"], "other": [1, 2]}
    patch = {
        "finalizers": ["c"],
        "$setElementOrder/finalizers": ["c", "b"],
        "$deleteFromPrimitiveList/finalizers": ["a"],
        "other": [3],
    }
    assert strategic(old, patch, KEYS) == {"finalizers": ["c", "b"], "other": [3]}


def test_a_strategic_patch_retains_keys():
    assert strategic({"a": 1, "b": 2}, {"$retainKeys": ["b"], "c": 3}, KEYS) == {"b": 2, "c": 3}


def test_a_strategic_patch_without_its_key_is_refused():
    with pytest.raises(StatusError, match="merge key: name"):
        strategic({"secrets": []}, {"secrets": [{"x": 1}]}, KEYS)


json_objects = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


@given(json_objects, json_objects)
def test_a_merge_patch_is_idempotent_and_leaves_its_target(target, patch):
    before = repr(target)
    once = merge(target, patch)
    assert merge(once, patch) == once
    assert repr(target) == before


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (600, "10m"),
        (3 * 3600, "3h"),
        (3 * 3600 + 660, "3h11m"),
        (8 * 3600 + 660, "8h"),
        (47 * 3600, "47h"),
        (48 * 3600 + 3600, "2d1h"),
        (8 * 86400, "8d"),
        (729 * 86400, "729d"),
        (3 * 365 * 86400 + 86400, "3y1d"),
        (-5, "<invalid>"),
    ],
)
def test_ages(seconds, text):
    assert human_duration(seconds) == text


def test_an_age_of_nothing():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert [age(value, now) for value in ("", "nonsense", "2025-12-31T23:59:30Z")] == [
        "<unknown>",
        "<invalid>",
        "30s",
    ]


@pytest.mark.parametrize(
    ("path", "kind", "value", "cell"),
    [
        pytest.param(".status.phase", "string", {"status": {"phase": "Running"}}, "Running", id="a text"),
        pytest.param(".status.phase", "string", {"status": None}, None, id="nothing there"),
        pytest.param(
            ".spec.schedules", "string", {"spec": {"schedules": ["a", "b"]}}, '["a","b"]', id="a list"
        ),
        pytest.param(".spec.suspend", "boolean", {"spec": {"suspend": True}}, True, id="a boolean"),
        pytest.param(".spec.suspend", "boolean", {"spec": {"suspend": "yes"}}, None, id="no boolean"),
        pytest.param(
            ".status.conditions[?(@.type=='Ready')].status",
            "string",
            {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
            "True",
            id="a filter",
        ),
        pytest.param(".spec.list[*].a", "string", {"spec": {"list": [{"a": 1}, {"a": 2}]}}, "1,2", id="many"),
        pytest.param(".a[", "string", {"a": 1}, None, id="no path"),
    ],
)
def test_cells_of_a_definition(path, kind, value, cell):
    column = printer_column({"name": "X", "type": kind, "jsonPath": path})
    assert column.cell(value) == cell


# A ConfigMap `a` with data {"k": "v"}, as `kubectl create configmap a --from-literal=k=v` sends it.
CONFIG_MAP = base64.b64decode("azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhsKEQoBYRIAGgAiACoAMgA4AEIAEgYKAWsSAXYaACIA")


def test_protobuf():
    assert protobuf.decode(CONFIG_MAP) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a"},
        "data": {"k": "v"},
    }


@given(st.binary(max_size=60) | st.integers(4, len(CONFIG_MAP)).map(lambda end: CONFIG_MAP[4:end]))
def test_protobuf_that_is_none_is_a_bad_request(data):
    found = outcome(protobuf.decode, b"k8s\x00" + data)
    assert found == 400 or found["kind"]


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        pytest.param(
            "GET", "/api/v1/namespaces", ("list", "", "namespaces", "", "", ""), id="list namespaces"
        ),
        pytest.param(
            "GET", "/api/v1/namespaces/x", ("get", "", "namespaces", "x", "x", ""), id="one namespace"
        ),
        pytest.param(
            "GET", "/api/v1/namespaces/x/secrets", ("list", "", "secrets", "x", "", ""), id="secrets in one"
        ),
        pytest.param(
            "PATCH",
            "/api/v1/namespaces/x/status",
            ("patch", "", "namespaces", "x", "x", "status"),
            id="status of one",
        ),
        pytest.param(
            "DELETE",
            "/apis/argoproj.io/v1alpha1/namespaces/x/workflows",
            ("deletecollection", "argoproj.io", "workflows", "x", "", ""),
            id="delete all",
        ),
        pytest.param(
            "GET",
            "/apis/argoproj.io/v1alpha1/workflows?watch=true&fieldSelector=metadata.name%3Da",
            ("watch", "argoproj.io", "workflows", "", "a", ""),
            id="watch one",
        ),
        pytest.param(
            "POST",
            "/api/v1/namespaces/x/serviceaccounts/a/token",
            ("create", "", "serviceaccounts", "x", "a", "token"),
            id="token",
        ),
        pytest.param("GET", "/apis/argoproj.io/v1alpha1", ("get", "", "", "", "", ""), id="discovery"),
    ],
)
def test_paths(method, target, expected):
    path, _, query = target.partition("?")
    call = parse(method, path, query.encode(), {})
    assert (call.verb, call.group, call.resource, call.namespace, call.name, call.subresource) == expected


@given(st.text(alphabet="ab=!,() innot", max_size=20))
def test_any_text_is_a_selector_or_a_bad_request(text):
    found = outcome(selectors.label_requirements, text)
    assert found == 400 or all(requirement.holds({"a": "b"}) in (True, False) for requirement in found)


def test_pruning_keeps_what_is_known_and_leaves_its_argument():
    schema = Schema(
        {
            "type": "object",
            "properties": {
                "spec": {
                    "type": "object",
                    "properties": {
                        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
                        "map": {
                            "type": "object",
                            "additionalProperties": {"type": "object", "properties": {"b": {}}},
                        },
                        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    },
                }
            },
        }
    )
    value = {
        "kind": "X",
        "spec": {
            "list": [{"a": 1, "x": 2}],
            "map": {"k": {"b": 1, "x": 2}},
            "free": {"x": {"y": 1}},
            "more": 1,
        },
    }
    before = repr(value)
    kept, unknown = schema.prune(value)
    assert kept == {
        "kind": "X",
        "spec": {"list": [{"a": 1}], "map": {"k": {"b": 1}}, "free": {"x": {"y": 1}}},
    }
    assert unknown == ["spec.list[0].x", "spec.map.k.x", "spec.more"]
    assert repr(value) == before
