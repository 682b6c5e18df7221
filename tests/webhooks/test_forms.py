"""A field of a form: what the standard library finds, and in how much memory."""

import tracemalloc
from urllib.parse import parse_qs, quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triggerfish.webhooks import forms
from triggerfish.webhooks.forms import field, unquoted

PIECES = b"payload p%61yl%6Fa%6f PAYLOAD = & ; % %7B %7b %c3 %A4 + %2B %3D %26 %zz 4 F _ \xc3 \xff \0".split()
pieces = st.sampled_from([*PIECES, b" ", b"\n", b"\r\n", b"=\n"])


def standard(form):
    """As it was read before there was anything else."""
    fields = parse_qs(
        form.decode("utf-8", "surrogateescape"),
        keep_blank_values=True,
        encoding="utf-8",
        errors="surrogateescape",
    )
    return fields.get("payload", [""])[0].encode("utf-8", "surrogateescape")


@given(
    st.lists(pieces | st.binary(max_size=3), max_size=30).map(b"".join), st.sampled_from([3, 4, 5, 1 << 16])
)
@example(b"payload", 3)
@example(b"x=1&payload&payload=2", 3)
@example(b"payload=%7B%7D&payload=2", 3)
@example(b"payload=%%%4%41%", 3)
@example(b"xpayload=1&%70%61%79%6c%6F%61%64=a==\n+b", 4)
def test_a_field_is_what_the_standard_library_finds(form, part_bytes):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(forms, "part_bytes", part_bytes)
        assert field(form, "payload") == standard(form)
        value = b"payload=" + form.replace(b"&", b"")
        assert field(value, "payload") == standard(value)


def test_what_was_quoted_comes_back_whatever_its_length():
    text = '{"ä": "100 % = 1 + \u2603"}\n' * 20_000
    assert unquoted(quote(text).encode()) == text.encode()


@pytest.mark.parametrize(
    "form",
    [
        b"payload=" + b"%7B" * 690_000,
        b"payload=" + b"%" * (2 << 20),
        b"&" * (2 << 20),
        b"payload=" + b"=" * (2 << 20),
    ],
    ids=["escapes", "no escapes", "fields", "signs"],
)
def test_a_form_takes_a_few_times_its_size(form):
    tracemalloc.start()
    try:
        field(form, "payload")
        assert tracemalloc.get_traced_memory()[1] < 5 * len(form)
    finally:
        tracemalloc.stop()
