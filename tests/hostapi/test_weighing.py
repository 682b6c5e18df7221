"""What hosts answer has a bound: of one conversation, and of all that a worker holds at once."""

import pytest

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.weighing import (
    MOST_ARRIVING,
    MOST_OF_A_CONVERSATION,
    MOST_OF_A_WORKER,
    AnswerWeights,
    ConversationWeight,
)
from triggerfish.hosts.api.values import HostRequest, HostResponse
from triggerfish.runtime.parsing_room import weight_of_json

GET, LIST = HostRequest("GET", "https://git.example"), HostRequest("GET", "https://git.example", passing=True)
# A page of one megabyte that is thirty times as much as Python's values.
PAGE = HostResponse(200, {}, b"[" + b"{}," * (1 << 18) + b"{}]")
SMALL = HostResponse(200, {}, b'{"permission": "write"}')
WEIGHT = weight_of_json(PAGE.body)


def taken(weights: AnswerWeights, pages: int, request: HostRequest = GET) -> None:
    with weights.conversation("GitHub") as weight:
        for _ in range(pages):
            weight.check(request, PAGE)


def test_a_conversation_of_many_pages_has_an_end():
    taken(AnswerWeights(), MOST_OF_A_CONVERSATION // WEIGHT)
    with pytest.raises(HostRefused, match="GitHub answered more than can be read"):
        taken(AnswerWeights(), MOST_OF_A_CONVERSATION // WEIGHT + 1)


def full(weights: AnswerWeights, namespace: str) -> list[ConversationWeight]:
    """Conversations that hold all that the namespace may hold."""
    held = [weights.conversation("GitHub", namespace) for _ in range(MOST_OF_A_WORKER // 2 // WEIGHT)]
    for each in held:
        each.check(GET, PAGE)
    return held


def test_conversations_share_what_a_worker_holds_and_give_it_back():
    weights = AnswerWeights()
    held = [full(weights, "team-a"), full(weights, "team-b")]
    with pytest.raises(HostUnanswered, match="too much at once"):
        taken(weights, 2)
    # What is small is read whatever others hold, and what has ended makes room.
    weights.conversation("GitLab").check(GET, SMALL)
    held[0][0].__exit__()
    taken(weights, 1)
    taken(weights, 1)


def test_a_namespace_leaves_half_of_it_to_others():
    weights = AnswerWeights()
    full(weights, "team-a")
    with pytest.raises(HostUnanswered, match="too much at once"):
        weights.conversation("GitHub", "team-a").check(GET, PAGE)
    full(weights, "team-b")


def test_what_arrives_weighs_its_bytes_until_it_is_there():
    weights, size = AnswerWeights(), 8 << 20
    held = [weights.conversation("GitHub", "team") for _ in range(MOST_ARRIVING // 2 // size)]
    for each in held:
        each.arriving(size)
    with pytest.raises(HostUnanswered, match="too much at once"):
        weights.conversation("GitHub", "team").arriving(size)
    weights.conversation("GitHub", "other").arriving(size)
    held[0].arrived()
    held[1].__exit__()
    for _ in range(2):
        weights.conversation("GitHub", "team").arriving(size)


def test_a_list_that_is_read_page_by_page_holds_none_of_them():
    taken(AnswerWeights(), 2 * MOST_OF_A_WORKER // WEIGHT, LIST)
