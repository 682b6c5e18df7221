"""Conversations with a script: the requests that go out for the answers that come in."""

from tests.hosts.fake_hosts import answered, converse

from triggerfish.errors import HostError

SHA, OLD = "1a" * 20, "2b" * 20


def sent(exchange, *answers):
    """The requests of a conversation that gets these answers, and what it returns or raises."""
    requests, left = [], list(answers)

    def answer(request):
        requests.append(request)
        found = left.pop(0)
        return found if hasattr(found, "status") else answered(found)

    try:
        return requests, converse(exchange, answer)
    except HostError as error:
        return requests, error


def urls(requests, base):
    """Method and path of each, below the base."""
    assert all(each.url.startswith(base) for each in requests)
    return [f"{each.method} {each.url.removeprefix(base)}" for each in requests]
