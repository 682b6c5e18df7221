"""The schedules, as somebody looks through them."""

import calendar
import itertools
import json
import re
import time

import pytest
from playwright.sync_api import expect
from tests.browser.rows import CRON, DECISIONS

pytestmark = pytest.mark.browser


def minute_of(made):
    created = calendar.timegm(time.strptime(made["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ"))
    return created - created % 60


def until(seen):
    """What ``seen`` gives once it gives something: time passes, and reads are believed for two seconds."""
    deadline = time.monotonic() + 30
    while not (found := seen()):
        assert time.monotonic() < deadline
        time.sleep(0.2)  # nothing says when
    return found


def outcomes(desk, *wanted):
    answer = desk.read("slots", id=f"{desk.namespace}/hourly")
    return sorted(slot["slot"] for slot in answer["slots"] if slot["outcome"] in wanted)


def passed(desk, count):
    """The first slots of the CronWorkflow, once their time has come."""
    return until(lambda: len(found := outcomes(desk, "open", "ran")) >= count and found[:count])


def skip(desk, slot, detail):
    """Record that the slot was skipped, and wait until that is seen."""
    desk.annotate("hourly", {DECISIONS: json.dumps([[slot, "forbid", slot + 5, detail]])})
    until(lambda: outcomes(desk, "skipped"))


@pytest.mark.parametrize("width", [400, 1280, 1600])
def test_the_axis_stands_above_what_it_measures(look, desk, width):
    desk.cron()
    screen = look(width=width)
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".axis .present")).to_be_visible()
    middles = page.evaluate(
        """() => [".lane canvas", ".axis .present"].map((selector) => {
          const { left, width } = document.querySelector(selector).getBoundingClientRect();
          return left + width / 2;
        })"""
    )
    # Now is in the middle of the window.
    assert middles[0] == pytest.approx(middles[1], abs=1.5)
    boxes = sorted(
        (box["x"], box["x"] + box["width"]) for box in map(place_of, page.locator(".axis span").all())
    )
    assert len(boxes) >= 3
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(boxes))
    assert boxes[-1][1] <= width


def place_of(locator):
    return locator.bounding_box()


def test_a_slot_is_told_in_the_zone_of_its_schedule_too(screen, desk):
    desk.cron(schedule="30 2 * * *", timezone="Asia/Kolkata")
    page = screen.open(namespace=desk.namespace)
    coming = page.locator(".slot", has_text="coming")
    expect(coming).to_contain_text("21:00:00")
    expect(coming).to_contain_text(re.compile(r"[A-Z][a-z]{2} 02:30 GMT\+5:30"))


def test_who_points_at_the_timeline_is_shown_that_slot(screen, desk):
    hour = minute_of(desk.cron()) // 3600 * 3600
    page = screen.open(namespace=desk.namespace)
    picture = screen.lane("hourly").locator("canvas")
    expect(picture).to_have_attribute("aria-label", "24 coming")
    width = picture.bounding_box()["width"]
    for ahead in (15, 3):
        slot = hour + 3600 * ahead
        seconds = slot - (time.time() - 86400)
        picture.click(position={"x": width * seconds / 172800, "y": 15})
        aimed = page.locator(".slot.aimed")
        expect(aimed).to_contain_text(time.strftime("%H:%M:%S", time.gmtime(slot)))
        expect(aimed).to_be_in_viewport()


@pytest.mark.parametrize("width", [400, 1280])
def test_a_row_is_as_high_as_its_text(look, desk, width):
    desk.cron("a-name-of-many-parts-that-wraps", timezone="America/Argentina/Buenos_Aires")
    page = look(width=width).open(namespace=desk.namespace)
    page.locator(".slot .why").first.wait_for()
    room = page.locator(".slot .why").evaluate_all(
        "whys => whys.map((why) => why.parentElement.clientHeight - (why.offsetTop + why.offsetHeight))"
    )
    assert room
    # Neither cut nor followed by an empty line.
    assert all(0 <= each < 20 for each in room), room


def test_a_schedule_has_its_runs_its_skips_and_their_reasons(screen, desk):
    desk.cron(schedule="@every 2s")
    skipped, ran = passed(desk, 2)
    skip(desk, skipped, "hourly-1 is unfinished")
    desk.workflow(f"hourly-{ran}", labels={CRON: "hourly"}, phase="Failed")
    desk.workflow("hourly-by-hand", labels={CRON: "hourly"})
    desk.workflow("hourly-back", labels={"workflows.argoproj.io/backfill": "hourly"})
    desk.workflow(
        "hourly-again", labels={CRON: "hourly", "workflows.argoproj.io/resubmitted-from-workflow": "x"}
    )
    page = screen.open(namespace=desk.namespace, hours="1")
    expect(page.locator("#slots-title")).to_contain_text("hourly")
    slots = page.locator(".slot-list")
    expect(slots.locator(".slot", has_text=f"hourly-{ran}")).to_contain_text("Failed")
    expect(slots.locator(".slot", has_text="hourly-again")).to_contain_text("retry")
    expect(slots.locator(".slot", has_text="hourly-by-hand")).to_contain_text("manual")
    expect(slots.locator(".slot", has_text="hourly-back")).to_contain_text("Backfilled.")
    expect(screen.lane("hourly").get_by_role("img", include_hidden=True)).to_have_attribute(
        "aria-label", re.compile(r"1 failed, .*manual.*coming")
    )
    page.get_by_label("Outcome").select_option("skipped")
    reason = slots.locator(".slot", has_text="hourly-1 is unfinished")
    expect(reason).to_contain_text("the concurrency policy is Forbid")
    expect(reason).to_contain_text("skipped")


def test_a_reason_stands_in_the_row_whole(screen, desk):
    desk.cron(schedule="@every 2s")
    (slot,) = passed(desk, 1)
    detail = ("the run before is unfinished and has been for a very long time " * 3)[:150] + " The End."
    skip(desk, slot, detail)
    page = screen.open(namespace=desk.namespace, outcome="skipped")
    expect(page.locator(".slot", has_text="The End.")).to_be_visible()
    fits = "row => row.scrollHeight <= row.clientHeight"
    assert all(each.evaluate(fits) for each in page.locator(".slot").all())


def test_overlapping_runs_are_counted_for_those_who_do_not_see_them(screen, desk):
    slot = minute_of(desk.cron(schedule="* * * * *"))
    for number in range(3):
        desk.workflow(f"hourly-{slot - 60 * number}", labels={CRON: "hourly"}, phase="Running")
    screen.open(namespace=desk.namespace, hours="1")
    picture = screen.lane("hourly").get_by_role("img", include_hidden=True)
    expect(picture).to_have_attribute("aria-label", re.compile(r"3 running.*2 overlaps"))


def test_a_slot_and_any_instant_are_previewed(screen, desk):
    desk.cron()
    page = screen.open(namespace=desk.namespace)
    page.get_by_role("button", name="Preview 1").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It would run as hourly-")
    expect(dialog).to_contain_text('"kind": "Workflow"')
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_label("Any instant, UTC").fill("2030-01-01T00:30:00")
    page.locator(".instant button").click()
    expect(dialog).to_contain_text("Nothing is due at 2030-01-01T00:30:00Z")
    expect(dialog).to_contain_text("2030-01-01T01:00:00Z")


def test_what_is_wrong_is_shown_beside_it(screen, desk):
    desk.cron(schedule="0 0 31 2 *")
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".slots .problem")).to_contain_text("31")


def test_filters_are_kept_in_the_address(screen, desk):
    for name in ("backup", "report", "paused"):
        desk.cron(name, suspend=name == "paused")
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".lane")).to_have_count(3)
    page.get_by_label("Name", exact=True).fill("p")
    page.get_by_label("Show").select_option("suspended")
    page.get_by_label("Hours").select_option("6")
    page.get_by_label("Outcome").select_option("coming")
    expect(page.locator(".lane")).to_have_count(1)
    page.reload()
    expect(page.locator(".lane")).to_have_count(1)
    expect(screen.lane("paused")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("p")
    expect(page.get_by_label("Hours")).to_have_value("6")
    expect(page.get_by_label("Outcome")).to_have_value("coming")
    expect(page.locator(".filters .count")).to_have_text("1 of 3 schedules")


def test_a_schedule_that_was_chosen_is_chosen_for_whoever_gets_the_link(screen, look, desk):
    for name in ("a", "b", "c"):
        desk.cron(name)
    page = screen.open(namespace=desk.namespace)
    screen.lane("b").click()
    expect(page.locator("#slots-title")).to_have_text(f"Slots of {desk.namespace}/b")
    expect(page.locator(".slot").first).to_be_visible()
    other = look()
    other.page.goto(page.url)
    expect(other.page.locator("#slots-title")).to_have_text(f"Slots of {desk.namespace}/b")


def test_the_keyboard_is_enough(screen, desk):
    for name in ("a", "b", "c"):
        desk.cron(name)
    page = screen.open(namespace=desk.namespace)
    page.locator(".lane").first.wait_for()
    page.locator(".lanes").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".lane[aria-selected=true] .name")).to_have_text("b")
    page.keyboard.press("End")
    expect(page.locator(".lane[aria-selected=true] .name")).to_have_text("c")
    expect(page.locator("#slots-title")).to_have_text(f"Slots of {desk.namespace}/c")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Any instant, UTC")).to_be_focused()
    page.locator(".slot-list").focus()
    page.locator(".slot-list button").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="Close").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_refresh_does_not_take_the_keyboard_away(screen, desk):
    desk.cron()
    screen.page.clock.install()
    page = screen.open(namespace=desk.namespace)
    button = page.locator(".slot button").nth(2)
    button.focus()
    name = button.get_attribute("aria-label")
    button.evaluate("button => { button.id = 'before'; }")
    with page.expect_response("**/console/api/slots*"):
        page.clock.fast_forward(31_000)
    expect(page.locator("#before")).to_have_count(0)
    expect(page.locator(":focus")).to_have_attribute("aria-label", name)


def test_without_a_cron_workflow_the_list_says_so(screen, desk):
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".timeline .empty")).to_have_text("There is no CronWorkflow here.")


def test_the_namespace_is_chosen_and_the_views_keep_it(screen, desk):
    desk.cron()
    screen.forgiven = ("403",)
    page = screen.open()
    page.get_by_label("Namespace").fill(desk.namespace)
    page.keyboard.press("Enter")
    expect(screen.lane("hourly")).to_be_visible()
    page.get_by_role("link", name="Deliveries").click()
    expect(page.get_by_label("Namespace")).to_have_value(desk.namespace)
    expect(page.locator(".empty")).to_have_text("No delivery yet.")
    page.go_back()
    expect(screen.lane("hourly")).to_be_visible()


def test_the_sick_come_first_with_their_state_and_failures(screen, desk):
    desk.cron("a-well")
    desk.cron("b-wrong", "0 25 * * *")
    desk.cron("c-failing", annotations={"triggerfish.dev/failures-in-a-row": "3"})
    desk.cron("d-resting", suspend=True)
    page = screen.open(namespace=desk.namespace)
    # What no tick has judged yet is judged once it is in sight.
    expect(page.locator(".lane .state")).to_have_text(["failing 3×", "active", "invalid", "suspended"])
    expect(page.locator(".lane .name").first).to_have_text("c-failing")
    failing = page.locator(".lane", has_text="c-failing").locator(".health")
    expect(failing).to_contain_text("Failed")
    expect(failing).to_contain_text("next")
    expect(page.locator(".lane", has_text="d-resting").locator(".health")).not_to_contain_text("next")
    expect(page.locator(".count")).to_contain_text("1 failing")
    page.get_by_label("Show").select_option("failing")
    expect(page.locator(".lane .name")).to_have_text(["c-failing"])
    expect(page.locator(".slots .problem")).to_have_text("the last 3 runs failed")
    page.get_by_label("Show").select_option("invalid")
    expect(page.locator(".lane .name")).to_have_text(["b-wrong"])


def test_a_run_that_failed_is_red_though_its_workflow_is_deleted(screen, desk):
    made = desk.cron(schedule="@every 2s")
    (first,) = passed(desk, 1)
    record = {"last": first, "kinds": [["ran", "Failed", 0]], "messages": ["exit code 7"], "rows": [[0, 0]]}
    desk.annotate("hourly", {"triggerfish.dev/outcomes": json.dumps(record)})
    assert made
    until(
        lambda: any(
            slot.get("phase") == "Failed"
            for slot in desk.read("slots", id=f"{desk.namespace}/hourly")["slots"]
        )
    )
    page = screen.open(namespace=desk.namespace, outcome="failed")
    row = page.locator(".slot", has_text="exit code 7")
    expect(row.locator(".mark.failed")).to_have_text("Failed")
    expect(row).to_contain_text("Its Workflow has been deleted since.")
    expect(page.locator(".lane canvas")).to_have_attribute("aria-label", re.compile("1 failed"))
