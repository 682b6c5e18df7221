"""Which deliveries are lost: as GitHub lists attempts, and how few of them a pass asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hosts.api.talk import sent, urls
from tests.hosts.fake_hosts import answered

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hosts.api.attempts import MOST_ASKED, Attempt, to_redeliver
from triggerfish.hosts.api.github import GitHubApi
from triggerfish.hosts.api.lost import MOST_OF_A_PASS, HostHook, to_ask
from triggerfish.hosts.api.values import FailedDelivery

NOW = 1_800_000_000.0
api = GitHubApi("")


def attempts(*codes, guid="a", first=NOW):
    """One attempt after another, an hour apart; the newest last."""
    return [
        Attempt(str(100 + number), guid, first + 3600 * number, code, again=number > 0)
        for number, code in enumerate(codes)
    ]


@pytest.mark.parametrize(
    ("codes", "lost"),
    [
        pytest.param([0], True, id="no answer"),
        pytest.param([429], True, id="too many requests"),
        pytest.param([500], True, id="500"),
        pytest.param([504], True, id="504"),
        pytest.param([200], False, id="taken"),
        pytest.param([202], False, id="taken by a broker"),
        pytest.param([302], False, id="redirected"),
        pytest.param([400], False, id="400: it would be again"),
        pytest.param([401], False, id="401"),
        pytest.param([403], False, id="403"),
        pytest.param([404], False, id="404"),
        pytest.param([413], False, id="413"),
        pytest.param([503, 200], False, id="a later success"),
        pytest.param([503, 503], True, id="failed again"),
        pytest.param([503, 401], False, id="then refused"),
        pytest.param([200, 503], True, id="sent again by hand, and lost then"),
        pytest.param([503] * 3, True, id="asked for twice"),
        pytest.param([503] * 4, False, id="asked for three times"),
        pytest.param([503] * 9, False, id="more often than that"),
    ],
)
def test_what_is_lost(codes, lost):
    found = to_redeliver(attempts(*codes))
    assert [each.guid for each in found] == (["a"] if lost else [])
    if lost:
        assert (found[0].id, found[0].asked) == (str(99 + len(codes)), len(codes) - 1)


def test_the_first_attempt_may_be_too_old_to_be_listed():
    found = attempts(503, 503, 503, 503)[1:]
    assert to_redeliver(found) == ()


def test_of_two_in_one_second_the_later_number_is_the_newer():
    one, other = Attempt("9", "a", NOW, 503), Attempt("10", "a", NOW, 200)
    assert to_redeliver([one, other]) == to_redeliver([other, one]) == ()


def test_the_oldest_first():
    listed = [*attempts(503, guid="new", first=NOW), *attempts(503, 503, guid="old", first=NOW - 7200)]
    assert [each.guid for each in to_redeliver(listed)] == ["old", "new"]


@given(
    st.lists(
        st.builds(
            Attempt,
            st.integers(1, 99).map(str),
            st.sampled_from("abc"),
            st.floats(0, 1e6),
            st.sampled_from([0, 200, 302, 401, 429, 500, 503]),
            st.text(max_size=4),
            st.booleans(),
        ),
        max_size=20,
        unique_by=lambda each: each.id,
    )
)
def test_whatever_is_listed(listed):
    found = to_redeliver(listed)
    assert len({each.guid for each in found}) == len(found)
    for each in found:
        own = [attempt for attempt in listed if attempt.guid == each.guid]
        newest = next(attempt for attempt in own if attempt.id == each.id)
        assert newest.is_lost
        assert newest.at == max(attempt.at for attempt in own)
        assert len(own) <= MOST_ASKED
        assert each.asked < MOST_ASKED


HOOK = "/repos/org/app/hooks/7/deliveries"


def delivery(number, code, at="2027-01-15T08:00:00Z", guid="a", **more):
    found = {"id": number, "guid": guid, "delivered_at": at, "redelivery": False, "status_code": code}
    return found | {"status": "OK" if code == 200 else "failed"} | more


class TestGitHub:
    def test_its_list_is_read_until_what_is_too_old(self):
        # 1 800 000 000 is 2027-01-15T08:00:00Z.
        first = answered(
            [delivery(3, 0, status="timed out"), delivery(2, 503, guid="b")],
            link='<https://x/?per_page=100&cursor=v1_2>; rel="next"',
        )
        second = answered(
            [delivery(1, 500, "2027-01-12T07:59:59Z", "c")], link='<https://x/?cursor=v1_3>; rel="next"'
        )
        requests, found = sent(api.failed_deliveries("org/app", "7", NOW - 3 * 86400), first, second)
        assert urls(requests, "https://api.github.com") == [
            f"GET {HOOK}?per_page=100",
            f"GET {HOOK}?per_page=100&cursor=v1_2",
        ]
        assert [(each.id, each.guid, each.reason) for each in found] == [
            ("3", "a", "it had no answer (timed out)"),
            ("2", "b", "it was answered 503"),
        ]

    def test_of_a_list_without_end_the_newest_pages_count(self):
        page = answered([delivery(3, 503)], link='<https://x/?cursor=x>; rel="next"')
        requests, found = sent(api.failed_deliveries("org/app", "7", 0.0), *[page] * 40)
        assert len(requests) == 30
        assert found == ()

    def test_its_words_are_told_only_if_they_are_words(self):
        _, found = sent(api.failed_deliveries("org/app", "7", 0.0), [delivery(3, 0, status="<b>hush</b>")])
        assert found[0].reason == "it had no answer"

    def test_one_is_asked_for_again(self):
        requests, done = sent(api.redeliver("org/app", "7", "3"), answered({}, 202))
        assert (urls(requests, "https://api.github.com"), done) == ([f"POST {HOOK}/3/attempts"], None)
        assert requests[0].once

    @pytest.mark.parametrize(
        ("status", "error"), [(404, HostRefused), (422, HostRefused), (429, HostUnanswered)]
    )
    def test_and_not_taken(self, status, error):
        assert isinstance(sent(api.redeliver("org/app", "7", "3"), answered({}, status))[1], error)

    def test_a_delivery_s_id_is_a_number(self):
        assert sent(api.redeliver("org/app", "7", "3/../4"))[0] == []


def hook(namespace="team-a", client="github.com"):
    return HostHook(namespace, client, "github", "org/app", "7")


def lost(number, at=NOW - 7200, asked=0):
    return FailedDelivery(str(number), f"g{number}", at + number, "it was answered 503", asked)


class TestAPass:
    def test_asks_for_no_more_than_fifty(self):
        found = to_ask([(hook(), [lost(number) for number in range(90)], 90)], NOW)
        assert [each.delivery.id for each in found] == [str(number) for number in range(MOST_OF_A_PASS)]

    def test_asks_a_webhook_s_host_for_no_more_than_it_takes(self):
        assert len(to_ask([(hook(), [lost(number) for number in range(90)], 5)], NOW)) == 5

    def test_namespaces_take_turns(self):
        many = hook("many"), [lost(number) for number in range(90)], 50
        few = hook("few"), [lost(number, NOW - 60) for number in range(3)], 50
        found = to_ask([many, few], NOW)
        assert [each.of.namespace for each in found[:7]] == ["many", "few"] * 3 + ["many"]
        assert len(found) == MOST_OF_A_PASS

    def test_of_one_namespace_the_oldest_first_whichever_webhook_it_is_of(self):
        one = hook(client="one"), [lost(1), lost(4)], 50
        other = hook(client="other"), [lost(2), lost(3)], 50
        assert [each.delivery.id for each in to_ask([one, other], NOW)] == ["1", "2", "3", "4"]

    @pytest.mark.parametrize(
        ("at", "asked", "now"),
        [
            pytest.param(NOW - 10, 0, True, id="the first time at once"),
            pytest.param(NOW - 239, 1, False, id="asked for a moment ago: it may be under way"),
            pytest.param(NOW - 240, 1, True, id="a while ago"),
            pytest.param(0.0, 2, True, id="a host that says no times"),
            pytest.param(NOW + 60, 1, True, id="a clock that is ahead"),
        ],
    )
    def test_two_passes_at_once_do_not_ask_twice(self, at, asked, now):
        found = to_ask([(hook(), [FailedDelivery("1", "g", at, "", asked)], 50)], NOW)
        assert bool(found) is now
