"""Server-side apply and the algebra of field sets, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish_laptop.cluster import fieldsets, managers
from triggerfish_laptop.cluster.applying import applied
from triggerfish_laptop.cluster.managers import Ownership
from triggerfish_laptop.cluster.status import StatusError

LISTS = fieldsets.MERGED_LISTS


def obj(spec=None, **metadata):
    return {
        "apiVersion": "v1",
        "kind": "Thing",
        "metadata": {"name": "a", **metadata},
        **({"spec": spec} if spec else {}),
    }


def by(manager, operation="Apply"):
    return Ownership(manager, operation, "v1", "2026-01-01T00:00:00Z", {})


def made(config, manager="one"):
    """An object as an apply by ``manager`` creates it."""
    value = {**config, "metadata": dict(config["metadata"])}
    managers.write(
        value,
        [
            Ownership(
                manager, "Apply", "v1", "2026-01-01T00:00:00Z", fieldsets.all_of(config, LISTS, dots=False)
            )
        ],
    )
    return value


def owners(value):
    return {entry.manager: sorted(fieldsets.paths(entry.fields)) for entry in managers.read(value)}


def test_others_fields_stay():
    live = made(obj({"a": 1}))
    found = applied(live, obj({"b": 2}), by("two"), LISTS, force=False)
    assert found["spec"] == {"a": 1, "b": 2}
    assert owners(found) == {"one": [".spec.a"], "two": [".spec.b"]}


def test_what_one_leaves_out_goes():
    live = made(obj({"a": 1, "b": {"c": 1}}))
    found = applied(live, obj({"a": 1}), by("one"), LISTS, force=False)
    assert found["spec"] == {"a": 1}


def test_what_two_own_goes_only_with_the_second():
    live = applied(made(obj({"a": 1, "b": 1})), obj({"a": 1}), by("two"), LISTS, force=False)
    found = applied(live, obj({"b": 1}), by("one"), LISTS, force=False)
    assert found["spec"] == {"a": 1, "b": 1}
    assert owners(found) == {"one": [".spec.b"], "two": [".spec.a"]}
    found = applied(found, obj({"x": 1}), by("two"), LISTS, force=False)
    assert found["spec"] == {"b": 1, "x": 1}


def test_another_value_is_a_conflict():
    with pytest.raises(StatusError) as caught:
        applied(made(obj({"a": 1})), obj({"a": 2}), by("two"), LISTS, force=False)
    assert (caught.value.code, caught.value.reason) == (409, "Conflict")
    assert caught.value.message == 'Apply failed with 1 conflict: conflict with "one": .spec.a'
    assert caught.value.details["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": ".spec.a"}
    ]


def test_force_takes_the_field_over():
    found = applied(made(obj({"a": 1})), obj({"a": 2}), by("two"), LISTS, force=True)
    assert found["spec"] == {"a": 2}
    assert owners(found) == {"two": [".spec.a"]}


def test_lists_are_one_value():
    live = made(obj({"items": [1, 2]}))
    with pytest.raises(StatusError):
        applied(live, obj({"items": [1, 2, 3]}), by("two"), LISTS, force=False)


def test_finalizers_are_merged():
    live = made(obj(finalizers=["a/one"]))
    found = applied(live, obj(finalizers=["a/two"]), by("two"), LISTS, force=False)
    assert found["metadata"]["finalizers"] == ["a/one", "a/two"]
    found = applied(found, obj({"x": 1}), by("one"), LISTS, force=False)
    assert found["metadata"]["finalizers"] == ["a/two"]


def test_an_apply_again_changes_nothing():
    live = made(obj({"a": 1, "m": {"n": [1]}}, labels={"k": "v"}))
    again = applied(live, obj({"a": 1, "m": {"n": [1]}}, labels={"k": "v"}), by("one"), LISTS, force=False)
    assert fieldsets.same(again, live)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=1), inner)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.text("abc", min_size=1, max_size=1), json_values, min_size=1)


@given(objects, objects)
def test_what_is_left_out_of_a_sole_owners_apply_is_gone(before, after):
    live = made(obj({"x": 0, **before}))
    found = applied(live, obj({"x": 0, **after}), by("one"), LISTS, force=False)
    expected = {"x": 0, **after}
    assert set(fieldsets.paths(fieldsets.all_of(found, LISTS, dots=False))) >= set(
        fieldsets.paths(fieldsets.all_of(obj(expected), LISTS, dots=False))
    )
    for key in before.keys() - after.keys():
        assert key not in found["spec"]


@given(objects, objects)
def test_the_algebra_of_sets(one, other):
    first = fieldsets.all_of({"spec": one}, {}, dots=False)
    second = fieldsets.all_of({"spec": other}, {}, dots=False)
    everything = set(fieldsets.paths(fieldsets.union(first, second)))
    common = set(fieldsets.paths(fieldsets.both(first, second)))
    only = set(fieldsets.paths(fieldsets.without(first, second)))
    a, b = set(fieldsets.paths(first)), set(fieldsets.paths(second))
    assert everything == a | b
    assert common == a & b
    assert only == a - b


@given(objects)
def test_nothing_changes_without_a_change(value):
    assert fieldsets.changed({"spec": value}, {"spec": value}, {}) == {}


@given(objects)
def test_a_value_has_all_its_fields(value):
    fields = fieldsets.all_of({"spec": value}, {}, dots=True)
    assert fieldsets.present(fields, {"spec": value}) == fields
