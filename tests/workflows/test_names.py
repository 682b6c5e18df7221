"""Names that follow from a delivery."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.workflows.names import delivery_suffix, digest, random_suffix, with_suffix

LETTERS = re.compile(r"[a-z0-9]+")


@given(st.binary(min_size=32, max_size=32))
def test_suffixes_are_letters_that_kubernetes_takes(key):
    assert LETTERS.fullmatch(delivery_suffix(key))
    assert len(delivery_suffix(key)) == 12
    assert len(random_suffix(key)) == 5
    assert LETTERS.fullmatch(random_suffix(key))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("a", "bc"), ("ab", "c"), id="where a part ends counts"),
        pytest.param(("a",), ("a", ""), id="an empty part counts"),
        pytest.param(("x", b"\x00"), ("x\x00", b""), id="a zero byte moves nothing"),
    ],
)
def test_digests_of_different_parts_differ(one, other):
    assert digest(*one) != digest(*other)


def test_text_and_its_bytes_are_the_same_part():
    assert digest("é") == digest("é".encode())


@given(st.text(alphabet="abc-", min_size=1, max_size=300))
def test_a_name_is_never_longer_than_a_label_value(stem):
    name = with_suffix(stem, "x" * 12)
    assert len(name) <= 63
    assert name.endswith("x" * 12)
    assert stem.startswith(name[:-12])
