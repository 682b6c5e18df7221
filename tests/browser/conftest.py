"""The console in headless Chromium, on the events function and the embedded cluster."""

import importlib.util
import os
import shutil
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from tests.support import functions
from tests.support.console import READ, Desk
from tests.support.events import MAY_SUBMIT, SECRET

# Only `make test-browser` installs it.
collect_ignore_glob = [] if importlib.util.find_spec("playwright") else ["test_*.py"]

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20_000


def chromium() -> str:
    """The system's browser."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    assert found, "there is no Chromium: sh tests/browser/setup.sh .venv"
    return found


@dataclass
class Screen:
    """One page of one person; ``troubles`` collects whatever a browser complains about."""

    page: object
    address: str
    troubles: list = field(default_factory=list)
    # What Chromium writes for an answer that a test asks for, such as a 403.
    forgiven: tuple = ()

    def listen(self):
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message):
        if message.type in ("error", "warning") and not any(text in message.text for text in self.forgiven):
            self.troubles.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog):
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        if not request.url.startswith(self.address):
            self.troubles.append(f"a request to elsewhere: {request.url}")

    def open(self, view="schedules", fragment="", **filters):
        asked = urlencode({"view": view, **filters})
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/console/index.html?{asked}{'#' if fragment else ''}{fragment}")
        self.page.locator("nav a[aria-current=page]").wait_for()
        return self.page

    def lane(self, name):
        return self.page.locator(".lane", has_text=name)

    def status(self):
        return self.page.locator("#status")


@pytest.fixture(scope="session")
def chrome():
    from playwright.sync_api import expect, sync_playwright

    # A machine with much else to do is no failure.
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def console(embedded):
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "CONSOLE": "on", "DELIVERY_RECORD": "50"}
    with functions.start("events", settings) as function:
        yield function


@pytest.fixture
def desk(embedded, console):
    """A namespace of one test's own, with a webhook client, and somebody who may read it."""
    namespace = embedded.new_namespace()
    token = embedded.service_account(namespace, "reader", READ)
    embedded.service_account(namespace, "github.com", MAY_SUBMIT)
    desk = Desk(embedded, console, namespace, token)
    desk.clients(github_com=f'type: github\nsecret: "{SECRET}"')
    return desk


@pytest.fixture
def look(chrome, desk):
    """Opens a screen for somebody's token (None: they give it themselves); nobody may find trouble."""
    screens = []

    def opened(token="", *, scheme="light", width=1280, height=800):
        context = chrome.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.set_default_timeout(PATIENCE)
        if token is not None:
            keep = f"sessionStorage.setItem('triggerfish-token', '{token or desk.token}')"
            # Not about:blank, which has no storage.
            context.add_init_script(f"if (location.protocol === 'http:') {keep}")
        screen = Screen(context.new_page(), desk.function.url)
        screen.listen()
        screens.append(screen)
        return screen

    yield opened
    for screen in screens:
        screen.page.context.close()
    assert [trouble for screen in screens for trouble in screen.troubles] == []


@pytest.fixture
def screen(look):
    """A screen of somebody who may read the namespace."""
    return look()
