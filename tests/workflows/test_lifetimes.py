"""How long a Workflow stays after its end."""

import pytest

from triggerfish.workflows import lifetimes


def ttl(**seconds):
    return {"ttlStrategy": seconds}


@pytest.mark.parametrize(
    ("specs", "short"),
    [
        pytest.param([{}], False, id="none"),
        pytest.param([None], False, id="no spec"),
        pytest.param([ttl(secondsAfterCompletion=119)], True, id="less than two minutes"),
        pytest.param([ttl(secondsAfterCompletion=120)], False, id="two minutes"),
        pytest.param(
            [ttl(secondsAfterSuccess=0, secondsAfterFailure=600)], True, id="after success, at once"
        ),
        pytest.param([ttl(secondsAfterFailure=5)], True, id="after failure"),
        pytest.param([{}, ttl(secondsAfterCompletion=5)], True, id="of the template"),
        pytest.param([{}, None, ttl(secondsAfterCompletion=5)], True, id="of the controller's defaults"),
        pytest.param(
            [ttl(secondsAfterCompletion=600), ttl(secondsAfterCompletion=5)], False, id="its own comes first"
        ),
        pytest.param(
            [ttl(secondsAfterCompletion=600), ttl(secondsAfterFailure=5)], True, id="each field by itself"
        ),
        pytest.param([{"ttlStrategy": "soon"}], False, id="no object"),
        pytest.param(
            [ttl(secondsAfterCompletion=None), ttl(secondsAfterCompletion=9)], True, id="null is unset"
        ),
    ],
)
def test_a_life_that_no_tick_may_see_the_end_of(specs, short):
    assert lifetimes.is_short(*specs) is short
