"""Hosts of git.example with one credential, and transports that play a script."""

import base64

from tests.kube.fakes import FakeClock

from triggerfish.hostapi.hosts import Hosts
from triggerfish.hosts.api.values import HostResponse
from triggerfish.settings import Settings

URL = "https://git.example"
TEXT = f"{{type: gitea, url: '{URL}', token: hush-token, repositories: ['org/*']}}"


def secret(**texts):
    """A Secret with these keys, as ``GetSecret`` answers it."""
    data = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}

    async def get(namespace, name):
        assert name == "triggerfish-hosts"
        return {"data": data}

    return get


def opened(transport=None, text=TEXT, clock=None, resolve=None, **settings):
    """Hosts with the credential ``ci``."""
    given = None if transport is None else lambda title: transport
    return Hosts(Settings(**settings), secret(ci=text), clock or FakeClock(), given, resolve)


class Script:
    """Answers in order, each a response, an error or a function of the request; the last one stays."""

    def __init__(self, *answers, clock=None, takes=0.0):
        self.answers, self.requests, self.headers = list(answers), [], []
        self.clock, self.takes = clock, takes

    async def __call__(self, request, headers, seconds):
        self.requests.append(request)
        self.headers.append(dict(headers))
        if self.clock:
            self.clock.advance(min(self.takes, seconds))
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(found):
            found = found(request)
        if isinstance(found, Exception):
            raise found
        return found


OK = HostResponse(200, {}, b'{"permission": "write"}')
