"""Why a selector did or did not match."""

from typing import Any

import pytest

from triggerfish.expressions import cel
from triggerfish.expressions.explanation import Explanation
from triggerfish.expressions.program import ExprProgram

ENVIRONMENT = {
    "payload": {"ref": "refs/heads/dev", "size": 2, "labels": [{"name": "bug"}], "none": None},
    "metadata": {"x-github-event": ["push"], "x-many": ["a", "b"]},
    "discriminator": "gh",
}


def explain(source: str) -> Explanation:
    return ExprProgram(source).explain(ENVIRONMENT)


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
        pytest.param(
            'metadata["x-github-event"] == ["ping"]',
            'metadata["x-github-event"] == ["ping"] is false: metadata["x-github-event"] is ["push"]',
            id="a header has one value, which is shown",
        ),
        pytest.param(
            'metadata["x-many"] == ["a"]',
            'metadata["x-many"] == ["a"] is false: metadata["x-many"] is a list of 2',
            id="of a longer list the size",
        ),
        pytest.param(
            'payload.labels == ["bug"]',
            'payload.labels == ["bug"] is false: payload.labels is a list of 1',
            id="of a list of maps the size",
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
            return ExprProgram(source).evaluate(ENVIRONMENT), None
        except Exception as error:
            return None, getattr(error, "message", "")

    found = explain(source)
    assert (found.value, found.error) == evaluated()


TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
TOO_MUCH = f"{TEN}.all(a, {TEN}.all(b, {TEN}.all(c, {TEN}.all(d, a + b + c + d > 0))))"
BOUND = "too much: an expression may take no more than 200000 evaluation steps"


def cel_tree(source: str) -> list[str]:
    def lines(told: Explanation, indent: str) -> list[str]:
        said = "not reached" if not told.reached else told.error or told.shown
        below = [line for part in told.parts for line in lines(part, f"{indent}  ")]
        return [f"{indent}{told.text} -> {said}", *below]

    return lines(cel.compile(source).explain(ENVIRONMENT), "")


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param(
            '(payload.ref == "x") || !has(payload.nope) && payload.size == 2',
            [
                '(payload.ref == "x") || !has(payload.nope) && payload.size == 2 -> true',
                '  payload.ref == "x" -> false',
                '    payload.ref -> "refs/heads/dev"',
                "  !has(payload.nope) && payload.size == 2 -> true",
                "    !has(payload.nope) -> true",
                "      has(payload.nope) -> false",
                "    payload.size == 2 -> true",
                "      payload.size -> 2",
            ],
            id="operators",
        ),
        pytest.param(
            "payload.size > 1 ? discriminator == 'gh' : payload.nope",
            [
                "payload.size > 1 ? discriminator == 'gh' : payload.nope -> true",
                "  payload.size > 1 -> true",
                "    payload.size -> 2",
                "  discriminator == 'gh' -> true",
                '    discriminator -> "gh"',
                "  payload.nope -> not reached",
            ],
            id="the branch that was taken",
        ),
        pytest.param(
            "payload.absent == 1 && discriminator == 'x'",
            [
                "payload.absent == 1 && discriminator == 'x' -> false",
                "  payload.absent == 1 -> no such key: 'absent'",
                "    payload.absent -> no such key: 'absent'",
                "  discriminator == 'x' -> false",
                '    discriminator -> "gh"',
            ],
            id="false beside what fails is false",
        ),
        pytest.param(
            "payload.labels.exists(l, l.name == 'ci')",
            ["payload.labels.exists(l, l.name == 'ci') -> false"],
            id="a macro as a whole",
        ),
        pytest.param(
            f"payload.size == 2 && {TOO_MUCH}",
            [
                f"payload.size == 2 && {TOO_MUCH} -> {BOUND}",
                "  payload.size == 2 -> true",
                "    payload.size -> 2",
                f"  {TOO_MUCH} -> not reached",
            ],
            id="what was too much",
        ),
        pytest.param(
            "type", ["type -> the expression gives no JSON value, but a type or a message"], id="a type"
        ),
    ],
)
def test_cel_is_taken_apart(source: str, lines: list[str]) -> None:
    assert cel_tree(source) == lines


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "payload.size > 1 && payload.ref == 'x'",
            "payload.ref == 'x' is false: payload.ref is \"refs/heads/dev\"",
        ),
        ("payload.nope.x == 1", "payload.nope.x fails: no such key: 'nope', did you mean \"none\"?"),
    ],
)
def test_the_deciding_part_in_cel(source: str, sentence: str) -> None:
    assert cel.compile(source).explain(ENVIRONMENT).deciding().sentence == sentence
