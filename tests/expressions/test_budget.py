"""A budget that evaluations share: each takes from it what it has taken, and its end has a name."""

import pytest

from triggerfish import expressions
from triggerfish.expressions import Budget, ExpressionError, TooCostly
from triggerfish.expressions.limits import STEPS

COSTLY = {"expr": "len(filter(payload.list, # > 3)) > 0", "cel": "payload.list.filter(x, x > 3).size() > 0"}
PAYLOAD = {"payload": {"list": list(range(1000))}}


@pytest.mark.parametrize("dialect", COSTLY)
def test_evaluations_take_from_it_until_it_is_used_up(dialect):
    program, budget = expressions.compile(COSTLY[dialect], dialect), Budget(50_000, "a test")
    before = budget.left
    assert program.evaluate(PAYLOAD, budget=budget) is True
    taken = before - budget.left
    assert 1000 <= taken <= 20_000
    while budget.left > taken:
        assert program.evaluate(PAYLOAD, budget=budget) is True
    with pytest.raises(TooCostly, match="too costly: a test may take no more than 50000 evaluation steps"):
        program.evaluate(PAYLOAD, budget=budget)
    with pytest.raises(TooCostly):
        expressions.compile("true", dialect).evaluate({}, budget=budget)


@pytest.mark.parametrize("dialect", COSTLY)
def test_an_evaluation_that_meets_its_own_bound_says_so(dialect):
    source = {"expr": "all(1..30000, len(string(# * 123456789)) > 0 && # < 30001)", "cel": ""}[dialect]
    if dialect == "cel":
        source = "payload.list.all(x, payload.list.all(y, x + y >= 0))"
    budget = Budget(100 * STEPS, "a test")
    with pytest.raises(ExpressionError, match=f"no more than {STEPS} evaluation steps") as caught:
        expressions.compile(source, dialect).evaluate(PAYLOAD, budget=budget)
    assert not isinstance(caught.value, TooCostly)
    assert budget.left < 100 * STEPS - STEPS // 2


@pytest.mark.parametrize("dialect", COSTLY)
def test_even_the_least_expression_costs_something(dialect):
    program, budget = expressions.compile("true", dialect), Budget(1000, "a test")
    assert program.evaluate({}, budget=budget) is True
    assert budget.left <= 990


@pytest.mark.parametrize("dialect", COSTLY)
def test_an_explanation_pays_too_and_raises_nothing(dialect):
    program, budget = expressions.compile(COSTLY[dialect], dialect), Budget(20_000, "a test")
    for _ in range(100):
        told = program.explain(PAYLOAD, budget=budget)
    assert "too costly: a test" in told.error
    assert budget.left <= 0
