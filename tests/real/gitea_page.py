"""The page of a webhook at the tests' Gitea, as its owner sees it: the API has no deliveries."""

import re
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass

from tests.real.gitea import Gitea, Person

_delivery = re.compile(r'"text (red|green|orange)".*?/replay/([0-9a-f-]{36})"', re.DOTALL)


@dataclass(frozen=True)
class HookPage:
    """Recent Deliveries of one webhook, in a browser that has logged in."""

    browser: urllib.request.OpenerDirector
    server: Gitea
    path: str

    @classmethod
    def of(cls, server: Gitea, person: Person, repository: str, hook: int) -> "HookPage":
        """The page, as that person sees it."""
        context = ssl.create_default_context(cafile=str(server.ca))
        handlers = (urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor())
        page = cls(urllib.request.build_opener(*handlers), server, f"/{repository}/settings/hooks/{hook}")
        page.press("/user/login", "/user/login", user_name=person.name, password=person.password)
        return page

    def deliveries(self, colour: str) -> list[str]:
        """The ids of those that are red (failed), green or orange (waiting)."""
        return [found[2] for found in _delivery.finditer(self.read(self.path)) if found[1] == colour]

    def redeliver(self, delivery: str) -> None:
        """Press "Redeliver" at one."""
        self.press(self.path, f"{self.path}/replay/{delivery}")

    def press(self, page: str, path: str, **form: str) -> None:
        """Post a form of a page."""
        token = re.findall(r'name="_csrf" value="([^"]+)"', self.read(page))[0]
        self.read(path, _csrf=token, **form)

    def read(self, path: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        with self.browser.open(self.server.url + path, data, timeout=60) as response:
            return str(response.read().decode())
