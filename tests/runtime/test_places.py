"""Places in flight: nobody alone is held back, nobody takes them all."""

from contextlib import ExitStack, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.errors import AnswerError
from triggerfish.runtime.places import Places


def taken(places: Places, stack: ExitStack, namespace: str, wanted: int) -> int:
    """How many of so many places the namespace gets."""
    got = 0
    with suppress(AnswerError):
        while got < wanted:
            stack.enter_context(places.place(namespace))
            got += 1
    return got


@pytest.mark.parametrize(
    ("total", "wanted", "expected"),
    [
        pytest.param(64, {"a": 100}, {"a": 64}, id="one that is alone takes all"),
        pytest.param(1, {"a": 2}, {"a": 1}, id="one place"),
        pytest.param(0, {"a": 1}, {"a": 0}, id="no place"),
        pytest.param(64, {"a": 100, "b": 100}, {"a": 64, "b": 8}, id="one that comes later finds room"),
        pytest.param(64, {"b": 1, "a": 100}, {"b": 1, "a": 32}, id="at most half beside others"),
        pytest.param(
            64,
            {"a": 100, **dict.fromkeys("bcdefg", 9)},
            {"a": 64, **dict.fromkeys("bcde", 8), "f": 0, "g": 0},
            id="the room beyond ends",
        ),
        pytest.param(1, {"a": 1, "b": 1}, {"a": 1, "b": 0}, id="one place has no room beyond"),
        pytest.param(2, {"a": 2, "b": 2}, {"a": 2, "b": 1}, id="two places have one beyond"),
    ],
)
def test_who_gets_how_many(total, wanted, expected):
    places = Places(total)
    with ExitStack() as stack:
        assert {name: taken(places, stack, name, number) for name, number in wanted.items()} == expected
    assert places.taken == 0


def test_there_is_none_says_so():
    with pytest.raises(AnswerError) as caught, Places(0).place("a"):
        pass
    assert (caught.value.status, caught.value.code, caught.value.retry_after) == (503, 14, 1)


@given(st.integers(1, 64), st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=300))
def test_whatever_comes_and_goes_the_bounds_hold(total, steps):
    places, held = Places(total), {name: [] for name in "abcd"}
    for name, leaves in steps:
        if leaves and held[name]:
            held[name].pop().close()
            continue
        stack = ExitStack()
        others = sum(len(stacks) for other, stacks in held.items() if other != name)
        if taken(places, stack, name, 1):
            held[name].append(stack)
            assert not others or len(held[name]) <= max(1, total // 2)
        elif not held[name]:
            assert others >= total
    assert places.taken == sum(map(len, held.values())) <= total + total // 2
