"""axe-core over every view, light and dark: nothing serious, nothing critical."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.browser.rows import CRON

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("dark", 420)]),
]
GRAVE = ("serious", "critical")


def findings(page):
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in GRAVE]


@pytest.fixture
def screen(look, scheme, width):
    return look(scheme=scheme, width=width)


def test_schedules(screen, desk):
    desk.cron("a", suspend=True)
    desk.cron("b", "0 0 31 2 *")
    desk.cron("c", "* * * * *")
    desk.workflow("c-by-hand", labels={CRON: "c"}, phase="Failed")
    page = screen.open(namespace=desk.namespace)
    for name in ("a", "b", "c"):
        screen.lane(name).locator(".name", has_text=name).click()
        expect(page.locator("#slots-title")).to_have_text(f"Slots of {desk.namespace}/{name}")
        page.locator(".slots .problem:visible, .slot >> nth=0").first.wait_for()
        assert findings(page) == []
    page.locator(".slot button").first.click()
    page.get_by_role("dialog").wait_for()
    assert findings(page) == []


def test_deliveries(screen, desk):
    parts = [
        {"text": "payload.a", "value": "true"},
        {"text": "payload.b", "error": "cannot fetch b"},
        {"text": "payload.c", "reached": False},
    ]
    tree = {"text": "payload.a && payload.b && payload.c", "value": "false", "parts": parts, "more": 2}
    bindings = [
        {"name": "hit", "matched": True, "reason": "", "tree": tree},
        {"name": "miss", "matched": False, "reason": "payload.a is nil"},
    ]
    made = {"at": time.time(), "sender": "github", "event": "push", "workflows": ["w"], "more": 2}
    results = ("created", "existing", "nothing", "skipped", "failed")
    desk.record(*(made | {"id": result, "result": result, "bindings": bindings} for result in results))
    page = screen.open("deliveries", namespace=desk.namespace)
    expect(page.locator(".delivery")).to_have_count(len(results))
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.locator(".tree .hint")).to_have_count(len(results))
    assert findings(page) == []


def test_no_deliveries(screen, desk):
    page = screen.open("deliveries", namespace=desk.namespace)
    page.locator(".empty").wait_for()
    assert findings(page) == []


def test_playground(screen, desk):
    page = screen.open("playground", namespace=desk.namespace)
    expect(page.locator(".verdict")).to_have_text("It matches.")
    assert findings(page) == []
    page.get_by_label("Selector").fill("payload.ref == 'x' && payload.nothing.at.all > 1")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.locator(".verdict")).to_have_text("It does not match.")
    assert findings(page) == []
    page.get_by_label("Selector").fill("payload.")
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_role("region", name="Error").wait_for()
    assert findings(page) == []


def test_the_question_for_a_token(look, scheme, width, desk):
    page = look(None, scheme=scheme, width=width).open()
    page.get_by_role("dialog").wait_for()
    assert findings(page) == []
