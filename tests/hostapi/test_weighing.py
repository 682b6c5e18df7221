"""What hosts answer has a bound: of one conversation, and of all that a worker holds at once."""

import pytest

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.weighing import MOST_OF_A_CONVERSATION, MOST_OF_A_WORKER, AnswerWeights
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


def test_conversations_share_what_a_worker_holds_and_give_it_back():
    weights = AnswerWeights()
    held = [weights.conversation("GitHub") for _ in range(MOST_OF_A_WORKER // WEIGHT)]
    for each in held:
        each.check(GET, PAGE)
    with pytest.raises(HostUnanswered, match="too much at once"):
        taken(weights, 1)
    # What is small is read whatever others hold, and what has ended makes room.
    weights.conversation("GitLab").check(GET, SMALL)
    held[0].__exit__()
    taken(weights, 1)
    taken(weights, 1)


def test_a_list_that_is_read_page_by_page_holds_none_of_them():
    taken(AnswerWeights(), 2 * MOST_OF_A_WORKER // WEIGHT, LIST)
