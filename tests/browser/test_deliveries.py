"""The deliveries, as they come and as somebody opens them."""

import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_signed_delivery_appears_by_itself_and_opens_in_the_playground(screen, desk):
    desk.template()
    desk.binding("on-push", 'metadata["x-github-event"] == ["push"] && payload.message != ""')
    desk.binding("on-tag", 'payload.ref startsWith "refs/tags/"')
    page = screen.open("deliveries", namespace=desk.namespace)
    expect(page.locator(".empty")).to_have_text("No delivery yet.")
    assert desk.github({"message": "hello", "ref": "refs/heads/main"}).status == 200
    delivery = page.locator(".delivery")
    expect(delivery).to_contain_text("created")
    expect(delivery).to_contain_text("github push")
    expect(page.locator("#said")).to_have_text("1 new delivery")
    delivery.locator("summary").click()
    expect(delivery.locator(".bindings li", has_text="on-push")).to_contain_text("matched")
    other = delivery.locator(".bindings li", has_text="on-tag")
    expect(other).to_contain_text("did not match")
    expect(other).to_contain_text("payload.ref")
    # Every binding has its tree, the one that matched too.
    parts = delivery.get_by_role("list", name="Evaluation of on-push").locator("li li")
    expect(parts.first).to_contain_text('metadata["x-github-event"] == ["push"] true')
    expect(other.get_by_role("list", name="Evaluation of on-tag")).to_contain_text('"refs/heads/main"')
    page.get_by_role("button", name="Open on-tag in the playground").click()
    expect(page.get_by_label("Selector")).to_have_value('payload.ref startsWith "refs/tags/"')
    expect(page.get_by_label("Namespace")).to_have_value(desk.namespace)
    page.go_back()
    expect(page.locator(".delivery")).to_have_count(1)


def test_deliveries_are_filtered_and_the_filter_is_kept(screen, desk):
    now = time.time()
    made = {"at": now, "sender": "github", "event": "push", "bindings": [], "workflows": ["w-1"], "more": 0}
    desk.record(
        made | {"id": "one", "result": "created"},
        made | {"id": "two", "result": "nothing", "workflows": [], "more": 7},
        made | {"id": "three", "result": "failed", "event": "tag_push"},
    )
    page = screen.open("deliveries", namespace=desk.namespace)
    expect(page.locator(".delivery:visible")).to_have_count(3)
    page.get_by_label("Result").select_option("failed")
    expect(page.locator(".delivery:visible")).to_have_count(1)
    page.get_by_label("Result").select_option("")
    page.get_by_label("Text").fill("two")
    expect(page.locator(".delivery:visible")).to_have_count(1)
    page.reload()
    expect(page.locator(".delivery:visible")).to_have_count(1)
    page.locator("summary:visible").click()
    expect(page.locator(".bindings:visible")).to_contain_text("and 7 bindings more")


def test_what_comes_late_stands_where_it_belongs(screen, desk):
    now = time.time()
    made = {"sender": "github", "event": "push", "result": "created", "bindings": []}
    desk.record(*(made | {"id": f"d{age}", "at": now - age, "workflows": [f"w{age}"]} for age in (20, 1)))
    page = screen.open("deliveries", namespace=desk.namespace)
    shown = page.locator(".delivery summary span:last-child")
    expect(shown).to_have_text(["w1", "w20"])
    desk.record_more(made | {"id": "late", "at": now - 10, "workflows": ["w10"]})
    expect(shown).to_have_text(["w1", "w10", "w20"])


def test_what_a_tree_left_out_is_counted_and_where_there_is_none_that_is_said(screen, desk):
    tree = {"text": "a || b", "value": "false", "parts": [{"text": "a", "error": "no such a"}], "more": 7}
    tree["parts"].append({"text": "b", "reached": False})
    binding = {"name": "b", "matched": False, "reason": "a fails"}
    made = {"at": time.time(), "sender": "github", "event": "push", "result": "nothing"}
    desk.record(
        made | {"id": "one", "bindings": [binding | {"tree": tree}]},
        made | {"id": "two", "bindings": [binding]},
    )
    page = screen.open("deliveries", namespace=desk.namespace)
    one, two = (page.locator(".delivery", has_text=text) for text in ("one", "two"))
    for delivery in page.locator("summary").all():
        delivery.click()
    expect(one.locator(".tree")).to_contain_text("and 7 more parts")
    expect(one.locator(".tree li li").first).to_have_text("a no such a")
    expect(one.locator(".tree li li").nth(1)).to_have_text("b not reached")
    expect(two).to_contain_text("no evaluation trees: the record had no room for them")


def test_an_open_delivery_shows_its_facts_and_its_runs(screen, desk):
    desk.reported("w-1", told="canceled 2026-11-29T02:01:00Z", superseded_by="w-2")
    desk.reported("w-2")
    desk.trouble("w-2", "the state was not reported on the commit: GitHub answered 401")
    binding = {"name": "on-push", "matched": True, "reason": "", "report": "ci/build on org/app@1a1a1a1a1a1a"}
    made = {"at": time.time(), "sender": "github", "event": "push", "result": "created", "id": "one"}
    facts = {"files": '["a.md"]', "permission": "nil: GitHub answered 403", "permission of mona": "write"}
    desk.record(made | {"bindings": [binding], "workflows": ["w-1", "w-2", "gone"], "facts": facts})
    page = screen.open("deliveries", namespace=desk.namespace)
    page.locator(".delivery summary").click()
    asked = page.get_by_role("list", name="Facts from the Git host").locator("li")
    told = [
        'git.files is ["a.md"]',
        "git.permission is nil: GitHub answered 403",
        "permission of mona is write",
    ]
    expect(asked).to_have_text(told)
    expect(page.locator(".bindings .told")).to_have_text(f"status on the commit: {binding['report']}")
    runs = page.get_by_role("list", name="Runs").locator("> li")
    expect(runs.nth(0)).to_contain_text("org/app@1a1a1a1a1a1a")
    expect(runs.nth(0).locator(".told")).to_contain_text("ci/build: canceled")
    expect(runs.nth(0)).to_contain_text("superseded by w-2")
    expect(runs.nth(1).locator(".told")).to_have_text("ci/build: nothing was told yet")
    expect(runs.nth(1).locator(".failed")).to_contain_text("GitHub answered 401")
    expect(runs.nth(2)).to_contain_text("its Workflow was deleted")


def test_runs_that_may_not_be_read_are_named_all_the_same(look, desk, embedded):
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]
    screen = look(embedded.service_account(desk.namespace, "records-only", rules))
    screen.forgiven = ("403",)
    made = {"at": time.time(), "sender": "github", "event": "push", "result": "created", "bindings": []}
    desk.record(made | {"id": "one", "workflows": ["w-1"]})
    page = screen.open("deliveries", namespace=desk.namespace)
    page.locator(".delivery summary").click()
    expect(page.get_by_role("list", name="Runs")).to_have_text("w-1")
    expect(page.locator(".delivery")).to_contain_text("How the runs are is not shown: ")


def test_a_refused_delivery_says_why(screen, desk):
    made = {"at": time.time(), "sender": "github", "event": "push", "result": "refused", "bindings": []}
    desk.record(made | {"id": "no", "cause": "signature", "reason": "github.com: <b>does not fit</b>"})
    page = screen.open("deliveries", namespace=desk.namespace, result="refused")
    row = page.locator(".delivery")
    expect(row).to_contain_text("github.com: <b>does not fit</b>")
    row.locator("summary").click()
    expect(row).to_contain_text("refused before any binding was asked (signature)")
