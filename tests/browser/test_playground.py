"""The playground, as somebody tries things in it."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_selector_that_matches_and_one_that_does_not(screen, desk):
    desk.template()
    page = screen.open("playground", namespace=desk.namespace)
    expect(page.locator(".verdict")).to_have_text("It matches.")
    page.get_by_label("Selector").fill(
        'payload.ref == "refs/heads/main" && payload.commits[0].message == "x"'
    )
    page.get_by_role("button", name="Evaluate").click()
    expect(page.locator(".verdict")).to_have_text("It does not match.")
    expect(page.locator(".tree li", has_text="payload.commits[0].message").last).to_contain_text(
        '"Fix the docs"'
    )
    expect(page.locator(".workflow")).to_be_hidden()
    page.get_by_label("Selector").fill('payload.ref == "refs/heads/main"')
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict")).to_have_text("It matches.")
    expect(page.locator(".workflow")).to_contain_text('"value": "Fix the docs"')
    expect(page.locator(".note")).to_have_text("")


def test_a_result_that_is_not_of_what_stands_there_says_so(screen, desk):
    page = screen.open("playground", namespace=desk.namespace)
    expect(page.locator(".verdict")).to_have_text("It matches.")
    expect(page.locator(".stale")).to_be_hidden()
    page.get_by_label("Payload").fill('{"a": 1,}')
    expect(page.locator(".stale")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict")).to_have_text("Payload: an error")
    expect(page.get_by_role("region", name="Error")).to_contain_text("^")
    expect(page.locator(".stale")).to_be_hidden()


def test_an_error_has_its_caret_under_the_place(screen, desk):
    page = screen.open("playground", namespace=desk.namespace)
    page.get_by_label("Selector").fill("payload.ref == ")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.locator(".verdict")).to_have_text("Selector: an error")
    expect(page.get_by_role("region", name="Error")).to_contain_text("^")


def test_cel_is_evaluated_too(screen, desk):
    page = screen.open("playground", namespace=desk.namespace)
    page.get_by_label("Dialect").select_option("cel")
    page.get_by_label("Selector").fill("payload.commits.exists(c, c.message.contains('docs'))")
    page.get_by_label("Arguments").fill("")
    page.get_by_role("button", name="Evaluate").click()
    expect(page.locator(".verdict")).to_have_text("It matches.")
    expect(page.get_by_role("list", name="Evaluation, part by part")).to_contain_text(
        "c.message.contains('docs'))"
    )


def test_a_template_that_is_not_there_is_said_to_be_assumed(screen, desk):
    page = screen.open("playground", namespace=desk.namespace)
    expect(page.locator(".note")).to_contain_text("the page assumes")


def test_what_was_typed_is_shared_by_the_fragment_which_no_server_sees(screen, look, desk):
    page = screen.open("playground", namespace=desk.namespace)
    page.get_by_label("Payload").fill('{"who": "Ünïcödé 🐡", "big": "' + "x" * 100_000 + '"}')
    page.get_by_label("Selector").fill('payload.who contains "🐡"')
    page.get_by_label("WorkflowTemplate").fill("")
    page.get_by_role("button", name="Copy link").click()
    expect(screen.status()).to_contain_text("The link is")
    other = look()
    asked = []
    other.page.on("request", lambda request: asked.append(request.url))
    other.page.goto(page.url)
    expect(other.page.get_by_label("Selector")).to_have_value('payload.who contains "🐡"')
    expect(other.page.locator(".verdict")).to_have_text("It matches.")
    assert asked
    assert all("#" not in url or url.partition("#")[0].endswith(desk.namespace) for url in asked)
    assert all(len(url.partition("#")[0]) < 300 for url in asked)


@pytest.mark.parametrize("fragment", ["nonsense", "bnVsbA==", "WzEsMl0=", "eyJwYXlsb2FkIjo3fQ=="])
def test_a_fragment_that_is_none_is_the_example(screen, desk, fragment):
    page = screen.open("playground", fragment, namespace=desk.namespace)
    expect(page.locator(".verdict")).to_have_text("It matches.")
