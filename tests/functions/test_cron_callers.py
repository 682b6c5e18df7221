"""Who may call the tick, through the real Functions Framework."""

import pytest
from tests.support import functions

TOKEN = "hush-tick-token"


@pytest.fixture(scope="module")
def guarded(embedded):
    """The cron function that asks for a shared token."""
    settings = {
        "KUBECONFIG": str(embedded.kubeconfig),
        "MANAGED_NAMESPACE": embedded.new_namespace(),
        "TICK_TOKEN": TOKEN,
    }
    with functions.start("cron", settings) as function:
        yield function
    # Only now has it printed all that it prints.
    assert TOKEN not in function.log
    assert "a caller of the tick was refused" in function.log


def test_whoever_has_the_token_may_tick(guarded):
    assert guarded.send("POST", "/", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer other"}, {"Authorization": f"Basic {TOKEN}"}]
)
def test_nobody_else_may_and_is_not_told_why(guarded, headers):
    answer = guarded.send("POST", "/", headers=headers)
    assert (answer.status, answer.json) == (401, {"code": 16, "message": "token not valid"})


def test_half_a_policy_is_refused_at_the_start(embedded):
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "TICK_AUDIENCE": "https://cron.example.com"}
    done = functions.run("cron", settings)
    assert done.returncode == 78
    assert "TICK_AUDIENCE alone admits nobody" in done.stdout


def test_health_needs_no_token(guarded):
    assert guarded.send("GET", "/healthz").status == 200
