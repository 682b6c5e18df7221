"""Commands in comments, and what a fork's pull request waits for: a table, and one property."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events.test_plan import binding

from triggerfish.errors import SpecError
from triggerfish.events import commands
from triggerfish.events.commands import Head, Rights, Turn, needs_opener, ruled
from triggerfish.events.needs import Asked, HostQuestion, Withheld
from triggerfish.events.orders import CommentCommand, Order, order_of
from triggerfish.hosts.facts import Facts, Person

A, B = "a" * 40, "b" * 40
MONA, MAX = Person("mona"), Person("max")
UNKNOWN = Withheld("GitHub answered 403")
COMMANDS = "triggerfish.dev/commands"


def rights(permission, person=MONA):
    return Rights(person, permission)


RETEST, CANCEL = Order(CommentCommand.RETEST, None), Order(CommentCommand.CANCEL, None)


def ok(sha):
    return Order(CommentCommand.OK_TO_TEST, sha)


@pytest.mark.parametrize(
    ("order", "fork", "sender", "opener", "turn", "reason"),
    [
        pytest.param(None, False, "none", "none", Turn.RUN, "", id="a branch of the repository runs"),
        pytest.param(None, True, "write", "admin", Turn.RUN, "", id="a fork's, both write"),
        pytest.param(
            None,
            True,
            "write",
            "read",
            Turn.HOLD,
            f"waiting for /ok-to-test {A}: it comes from a fork, and max has read",
            id="a fork's, its opener may not",
        ),
        pytest.param(
            None,
            True,
            "read",
            "write",
            Turn.HOLD,
            f"waiting for /ok-to-test {A}: it comes from a fork, and mona has read",
            id="a fork's, its sender may not",
        ),
        pytest.param(
            None,
            True,
            "write",
            UNKNOWN,
            Turn.HOLD,
            "the rights of max are not known: GitHub answered 403",
            id="a fork's, nobody knows",
        ),
        pytest.param(
            None,
            None,
            "write",
            "read",
            Turn.HOLD,
            "whether it comes from a fork is not known",
            id="perhaps a fork's",
        ),
        pytest.param(None, None, "write", "write", Turn.RUN, "", id="perhaps a fork's, both write"),
        pytest.param(RETEST, False, "write", "none", Turn.RUN, "", id="retest"),
        pytest.param(
            RETEST,
            False,
            "read",
            "none",
            Turn.REFUSE,
            "/retest is for those who may write: mona has read",
            id="retest by a reader",
        ),
        pytest.param(
            RETEST,
            False,
            UNKNOWN,
            "none",
            Turn.REFUSE,
            "/retest is for those who may write: the rights of mona are not known: GitHub answered 403",
            id="retest by nobody knows whom",
        ),
        pytest.param(RETEST, True, "write", "write", Turn.RUN, "", id="retest of a fork's, both write"),
        pytest.param(
            RETEST, True, "admin", "none", Turn.HOLD, f"waiting for /ok-to-test {A}", id="retest of a fork's"
        ),
        pytest.param(
            RETEST, None, "admin", "none", Turn.HOLD, f"waiting for /ok-to-test {A}", id="of perhaps a fork's"
        ),
        pytest.param(CANCEL, True, "write", "none", Turn.CANCEL, "", id="cancel"),
        pytest.param(
            CANCEL,
            False,
            "read",
            "none",
            Turn.REFUSE,
            "/cancel is for those who may write",
            id="cancel by a reader",
        ),
        pytest.param(ok(A), True, "write", "none", Turn.RUN, "", id="ok"),
        pytest.param(
            ok(A),
            True,
            "read",
            "write",
            Turn.REFUSE,
            "/ok-to-test is for those who may write",
            id="ok by a reader",
        ),
        pytest.param(
            ok(A), True, UNKNOWN, "write", Turn.REFUSE, "are not known", id="ok by nobody knows whom"
        ),
        pytest.param(
            ok(B),
            True,
            "write",
            "none",
            Turn.REFUSE,
            f"/ok-to-test names {B}, and the head is {A}",
            id="ok of another commit",
        ),
        pytest.param(
            ok(A[:12]),
            True,
            "write",
            "none",
            Turn.REFUSE,
            "names aaaaaaaaaaaa, and the head",
            id="ok in short",
        ),
        pytest.param(
            ok(None),
            True,
            "write",
            "none",
            Turn.REFUSE,
            "names no commit, and the head is",
            id="ok of nothing",
        ),
        pytest.param(
            ok(f"{A} please"), True, "write", "none", Turn.REFUSE, "and the head is", id="ok with more words"
        ),
    ],
)
def test_who_may_run_what(order, fork, sender, opener, turn, reason):
    found = ruled(order, Head(A, fork), rights(sender), rights(opener, MAX))
    assert found.turn is turn
    assert reason in found.reason
    assert bool(found.reason) is bool(reason)


@pytest.mark.parametrize("order", [RETEST, ok(A)])
def test_a_closed_pull_request_runs_no_more(order):
    found = ruled(order, Head(A, False, open=False), rights("admin"), rights("admin"))
    assert (found.turn, found.reason) == (Turn.REFUSE, f"{order} is for open pull requests")


def test_a_commit_that_was_let_through_may_be_tested_again():
    head = Head(A, True)
    found = ruled(RETEST, head, rights("write"), rights("none", MAX), approved=True)
    assert (found.turn, found.approved) == (Turn.RUN, A)
    assert ruled(RETEST, head, rights("read"), rights("none", MAX), approved=True).turn is Turn.REFUSE
    assert ruled(None, head, rights("write"), rights("none", MAX), approved=True).turn is Turn.HOLD


_permissions = st.sampled_from(["admin", "write", "read", "none", UNKNOWN])
_people = st.sampled_from([MONA, MAX, None])
_orders = st.one_of(
    st.none(),
    st.builds(Order, st.sampled_from(CommentCommand), st.sampled_from([None, A, B, A[:7], f"{A} "])),
)


@given(
    order=_orders,
    head=st.builds(Head, st.sampled_from([A, None]), st.sampled_from([True, None]), st.booleans()),
    sender=st.builds(Rights, _people, _permissions),
    opener=st.builds(Rights, _people, _permissions),
    approved=st.booleans(),
)
def test_no_head_of_a_fork_runs_without_write_of_both_or_an_ok_of_that_very_commit(
    order, head, sender, opener, approved
):
    found = ruled(order, head, sender, opener, approved=approved)
    if found.turn is not Turn.RUN:
        return
    assert sender.may_write
    both = opener.may_write and (order is None or needs_opener(order, head))
    named = (
        order is not None and order.command is CommentCommand.OK_TO_TEST and order.arguments == head.sha == A
    )
    again = order is not None and order.command is CommentCommand.RETEST and approved
    assert both or named or again
    assert not (order and not head.open)


@given(permission=_permissions, order=_orders)
def test_somebody_who_is_not_named_has_no_rights(permission, order):
    found = ruled(order, Head(A, True), Rights(None, permission), Rights(None, permission))
    assert found.turn in (Turn.HOLD, Turn.REFUSE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, set()),
        ("", set()),
        ("retest", {CommentCommand.RETEST}),
        ("retest, cancel, ok-to-test", set(CommentCommand)),
        ("retest cancel\nok-to-test", set(CommentCommand)),
    ],
)
def test_the_annotation(text, expected):
    assert binding(annotations={COMMANDS: text}).commands == expected


@pytest.mark.parametrize("text", ["retst", "retest,", "retest; cancel", 7, "Retest"])
def test_a_word_that_is_no_command_stops_the_binding(text):
    found = binding(annotations={COMMANDS: text})
    assert isinstance(found.selector, SpecError)
    assert "there is no command" in str(found.selector)
    assert found.submit is None


PAYLOAD = "may not read payload"


@pytest.mark.parametrize(
    "source", ["payload.x == 1", "event.payload.x == 1", "payload != nil", "let p = payload; p.x"]
)
def test_with_commands_no_selector_reads_the_payload(source):
    found = binding(source, annotations={COMMANDS: "retest"})
    assert isinstance(found.selector, SpecError)
    assert PAYLOAD in str(found.selector)
    assert not isinstance(binding(source).selector, SpecError)


@pytest.mark.parametrize(
    "submit",
    [
        {"arguments": {"parameters": [{"name": "m", "valueFrom": {"event": "payload.x"}}]}},
        {"metadata": {"labels": {"a": "payload.x"}}},
        {"metadata": {"name": "payload.x"}},
    ],
)
def test_with_commands_nothing_that_is_submitted_reads_the_payload(submit):
    found = binding(submit=submit, annotations={COMMANDS: "retest"})
    assert PAYLOAD in str(found.submit)
    assert not isinstance(binding(submit=submit).submit, SpecError)


@pytest.mark.parametrize("key", ["concurrency-key", "deduplication-key"])
def test_with_commands_no_annotation_reads_the_payload(key):
    notes = {f"triggerfish.dev/{key}": "payload.x", COMMANDS: "retest"}
    assert PAYLOAD in str(binding(annotations=notes).submit)


def test_with_commands_everything_else_may_be_read():
    assert not isinstance(
        binding("git.sha != nil && discriminator == ''", annotations={COMMANDS: "retest"}).selector, SpecError
    )


ON_PULL = Facts(event="comment", pull=True, number=7, command="retest", arguments="x")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(ON_PULL, Order(CommentCommand.RETEST, "x"), id="a command"),
        pytest.param(Facts(event="comment", number=7, command="retest"), None, id="on an issue"),
        pytest.param(
            Facts(event="comment", pull=True, number=7, command="cancel"), None, id="one that is not obeyed"
        ),
        pytest.param(Facts(event="comment", pull=True, number=7), None, id="no command"),
        pytest.param(
            Facts(event="pull_request", pull=True, number=7, command="retest"), None, id="no comment"
        ),
        pytest.param(None, None, id="of no host"),
    ],
)
def test_which_command_a_comment_gives(found, expected):
    assert order_of(found, frozenset({CommentCommand.RETEST})) == expected


def test_a_pull_request_has_one_label_for_each_binding():
    found = Facts(repository="Org/App", number=7)
    assert commands.label_of("u", "github", found) == commands.label_of(
        "u", "github", Facts(repository="org/app", number=7)
    )
    others = {
        commands.label_of("v", "github", found),
        commands.label_of("u", "gitlab", found),
        commands.label_of("u", "github", Facts(repository="Org/App", number=8)),
        commands.label_of("u", "github", Facts(repository="Org/Ap", number=7)),
    }
    assert len(others | {commands.label_of("u", "github", found)}) == 5


def test_a_name_of_any_length_is_told_in_short():
    long = Rights(Person("x" * 9999), "read")
    assert len(ruled(RETEST, Head(A, True), long, long).reason) < 200
    [(what, _)] = commands.told(HostQuestion(Asked.PERMISSION, "x" * 9999), "read").items()
    assert len(what) < 100
    order = Order(CommentCommand.OK_TO_TEST, "x" * 9999)
    assert len(ruled(order, Head(A, True), rights("write"), long).reason) < 250
