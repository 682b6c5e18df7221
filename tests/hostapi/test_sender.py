"""One request and its answer: what is sent again and when, where redirects may lead."""

import pytest
from tests.hostapi.hosts import OK, URL, Script
from tests.hosts.fake_hosts import answered
from tests.kube.fakes import FakeClock

from triggerfish.errors import HostRefused, HostUnanswered
from triggerfish.hostapi.sender import HostSender
from triggerfish.hosts.api.values import HostRequest

GET = HostRequest("GET", f"{URL}/api/v1/x")
POST = HostRequest("POST", f"{URL}/api/v1/x", json={})
ONCE = HostRequest("POST", f"{URL}/api/v1/x", json={}, once=True)
LOST = HostUnanswered("Gitea did not answer: ServerDisconnectedError")


async def send(*answers, request=GET, seconds=3.0, takes=0.0):
    clock = FakeClock()
    script = Script(*answers, clock=clock, takes=takes)
    try:
        found = await HostSender(script, clock, "Gitea", URL).send(request, (), clock.monotonic() + seconds)
    except (HostRefused, HostUnanswered) as error:
        found = error
    return found, script.requests, clock


@pytest.mark.parametrize(
    ("first", "request_", "slept"),
    [
        (answered(None, 500), GET, [0.25]),
        (answered(None, 502), POST, [0.25]),
        (answered(None, 429), GET, [0.25]),
        (answered(None, 429, retry_after="2"), GET, [2.0]),
        (answered(None, 429, retry_after="2"), ONCE, [2.0]),
        (answered(None, 403, retry_after="1"), ONCE, [1.0]),
        (answered(None, 403, x_ratelimit_remaining="0", x_ratelimit_reset="1772366401"), GET, [1.0]),
        (answered(None, 429, ratelimit_reset="1772366402"), GET, [2.0]),
        (LOST, GET, [0.25]),
        (LOST, POST, [0.25]),
    ],
)
async def test_it_is_sent_again_after_a_while(first, request_, slept):
    found, requests, clock = await send(first, OK, request=request_)
    assert found.status == 200
    assert (len(requests), clock.slept) == (2, slept)


@pytest.mark.parametrize(
    ("first", "request_"),
    [
        (answered(None, 404), GET),
        (answered(None, 403), GET),
        (answered(None, 401), POST),
        (answered(None, 429, retry_after="3"), GET),
        (answered(None, 403, x_ratelimit_remaining="0", x_ratelimit_reset="1772370000"), GET),
        (answered(None, 500), ONCE),
        (LOST, ONCE),
        (HostRefused("x"), GET),
    ],
    ids=[
        "404",
        "403",
        "401",
        "later than there is time",
        "an hour later",
        "500 may be done",
        "lost",
        "refused",
    ],
)
async def test_it_is_not_where_that_helps_nothing(first, request_):
    found, requests, clock = await send(first, OK, request=request_)
    assert (len(requests), clock.slept) == (1, [])
    assert found is first or found.status == first.status


async def test_four_times_at_most():
    found, requests, clock = await send(answered(None, 500), seconds=60.0)
    assert (found.status, len(requests), clock.slept) == (500, 4, [0.25, 0.5, 1.0])


async def test_no_longer_than_there_is_time():
    found, requests, clock = await send(LOST, seconds=3.0, takes=1.0)
    assert isinstance(found, HostUnanswered)
    assert len(requests) < 4
    assert clock.monotonic() <= 3.0


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/api/v1/y?z=1", f"{URL}/api/v1/y?z=1"),
        (f"{URL}/y", f"{URL}/y"),
        (f"{URL}:443/y", f"{URL}:443/y"),
        ("y", f"{URL}/api/v1/y"),
    ],
)
async def test_a_redirect_within_the_host_is_followed(location, leads_to):
    found, requests, _ = await send(answered(None, 302, location=location), OK)
    assert (found.status, requests[-1].url) == (200, leads_to)


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/api/v1/x",
        "http://git.example/api/v1/x",
        "https://git.example:8443/x",
        "//elsewhere.example/x",
        "https://git.example@elsewhere.example/x",
        "https://git.example.elsewhere.example/x",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://git.example:x/",
    ],
)
async def test_one_to_another_host_is_not(location):
    found, requests, _ = await send(answered(None, 302, location=location), OK)
    assert (str(found), len(requests)) == ("Gitea redirects to another host", 1)


async def test_three_redirects_at_most():
    found, requests, _ = await send(answered(None, 302, location="/again"))
    assert (str(found), len(requests)) == ("Gitea redirects without end", 4)


@pytest.mark.parametrize(("status", "sent"), [(301, 1), (302, 1), (303, 1), (307, 2), (308, 2)])
async def test_a_post_is_redirected_only_as_a_post(status, sent):
    _, requests, _ = await send(answered(None, status, location="/y"), OK, request=POST)
    assert [each.method for each in requests] == ["POST"] * sent


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/x",
        "http://git.example/x",
        "https://u@git.example/x",
        f"{URL}/x y",
        f"{URL}/x\r\nHost: other",
        f"{URL}/ä",
    ],
)
async def test_a_request_for_another_origin_is_not_sent(url):
    found, requests, _ = await send(OK, request=HostRequest("GET", url))
    assert isinstance(found, HostRefused)
    assert requests == []
