"""The trace of a request, from either header."""

import pytest

from triggerfish.http.traces import trace_id

W3C = "0af7651916cd43dd8448eb211c80319c"
GOOGLE = "105445aa7843bc8bf206b12000100000"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"traceparent": f"00-{W3C}-b7ad6b7169203331-01"}, W3C, id="traceparent"),
        pytest.param({"traceparent": f"cc-{W3C}-b7ad6b7169203331-01-more"}, W3C, id="a later version"),
        pytest.param({"traceparent": f"ff-{W3C}-b7ad6b7169203331-01"}, "", id="version ff is forbidden"),
        pytest.param({"traceparent": f"00-{'0' * 32}-b7ad6b7169203331-01"}, "", id="no trace"),
        pytest.param({"traceparent": f"00-{W3C}-{'0' * 16}-01"}, "", id="no span"),
        pytest.param(
            {"traceparent": f"00-{W3C.upper()}-b7ad6b7169203331-01"}, "", id="capitals are not valid"
        ),
        pytest.param({"traceparent": "nonsense\n"}, "", id="nonsense"),
        pytest.param({"x-cloud-trace-context": f"{GOOGLE}/1;o=1"}, GOOGLE, id="Google's"),
        pytest.param({"x-cloud-trace-context": GOOGLE.upper()}, GOOGLE, id="Google's, without a span"),
        pytest.param({"x-cloud-trace-context": f"{GOOGLE}x/1"}, "", id="not Google's"),
        pytest.param(
            {"x-cloud-trace-context": f"{GOOGLE}/1", "traceparent": f"00-{W3C}-b7ad6b7169203331-01"},
            W3C,
            id="the standard one counts",
        ),
        pytest.param(
            {"x-cloud-trace-context": f"{GOOGLE}/1", "traceparent": "nonsense"},
            GOOGLE,
            id="the valid one counts",
        ),
    ],
)
def test_the_trace_of_a_request(headers, expected):
    assert trace_id([(name.encode(), value.encode()) for name, value in headers.items()]) == expected
