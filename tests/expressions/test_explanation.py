"""Why a selector did or did not match."""

from typing import Any

import pytest

from triggerfish.expressions.explanation import Explanation
from triggerfish.expressions.program import Program

ENVIRONMENT = {
    "payload": {"ref": "refs/heads/dev", "size": 2, "labels": [{"name": "bug"}], "none": None},
    "discriminator": "gh",
}


def explain(source: str) -> Explanation:
    return Program(source).explain(ENVIRONMENT)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param(
            'discriminator == "gh" && payload.ref == "refs/heads/main" && payload.size > 5',
            'payload.ref == "refs/heads/main" is false: payload.ref is "refs/heads/dev"',
            id="the first that is false",
        ),
        pytest.param(
            "not (payload.size == 2)", "!(payload.size == 2) is false: payload.size == 2 is true", id="a not"
        ),
        pytest.param(
            "payload.size > 5 || payload.size < 2", "payload.size > 5 is false: payload.size is 2", id="an or"
        ),
        pytest.param(
            "payload.none.name == 1 && true",
            "payload.none.name fails: cannot fetch name from <nil>",
            id="what fails",
        ),
        pytest.param("let n = payload.size; n > 3", "n > 3 is false: n is 2", id="a variable"),
        pytest.param(
            'any(payload.labels, .name == "ci") && true',
            'any(payload.labels, .name == "ci") is false',
            id="a closure as a whole",
        ),
        pytest.param(
            'payload.size > 1 ? payload.ref == "x" : false',
            'payload.ref == "x" is false: payload.ref is "refs/heads/dev"',
            id="the branch that was taken",
        ),
        pytest.param(
            'discriminator == "gh"', 'discriminator == "gh" is true: discriminator is "gh"', id="true"
        ),
    ],
)
def test_the_deciding_part_is_told_in_a_sentence(source: str, sentence: str) -> None:
    assert explain(source).deciding().sentence == sentence


def test_every_part_has_its_value_and_its_place() -> None:
    found = explain('discriminator == "gh" && payload.size > 5 && payload.nope.x')
    parts = [(part.text, part.value, part.reached) for part in found.parts]
    assert found.value is False
    assert parts == [
        ('discriminator == "gh"', True, True),
        ("payload.size > 5", False, True),
        ("payload.nope.x", None, False),
    ]


def test_an_explanation_stays_small() -> None:
    def size(part: Explanation) -> int:
        return 1 + sum(map(size, part.parts))

    assert size(explain(" && ".join(["payload.size == 2"] * 700))) < 900


@pytest.mark.parametrize("source", ["payload.nope.x", "nope", "1 / 0", "payload.ref matches payload.ref"])
def test_an_explanation_never_raises_and_agrees_with_the_evaluation(source: str) -> None:
    def evaluated() -> Any:
        try:
            return Program(source).evaluate(ENVIRONMENT), None
        except Exception as error:
            return None, getattr(error, "message", "")

    found = explain(source)
    assert (found.value, found.error) == evaluated()
