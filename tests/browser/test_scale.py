"""Five thousand schedules in one list."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from tests.support.console import READ, Desk
from tests.support.events import ARGO

pytestmark = pytest.mark.browser

MANY = 5000
# What a list of that height needs: what is in sight and a few more.
FEW = 40


@pytest.fixture(scope="module")
def crowd(embedded, console):
    namespace = embedded.new_namespace()
    desk = Desk(embedded, console, namespace, embedded.service_account(namespace, "reader", READ))
    path = f"{ARGO}/namespaces/{namespace}/cronworkflows"

    def make(number):
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "CronWorkflow",
            "metadata": {"name": f"schedule-{number:04}"},
            "spec": {
                "schedules": [f"{number % 60} {number % 24} * * *"],
                "workflowSpec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
            },
        }
        status, answer = embedded.request("POST", path, body)
        assert status == 201, answer

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(MANY)))
    return desk


@pytest.fixture
def desk(crowd):
    return crowd


def test_the_list_is_scrolled_to_its_end_with_a_few_rows_in_the_page(screen, desk):
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".filters .count")).to_have_text(f"{MANY} schedules")
    expect(screen.lane("schedule-0000")).to_be_visible()
    most = page.evaluate(
        """async () => {
          const box = document.querySelector(".lanes");
          const frame = () => new Promise(requestAnimationFrame);
          let most = 0;
          const step = box.scrollHeight / 60;
          for (let top = 0; top < box.scrollHeight; top += step) {
            box.scrollTop = top;
            await frame();
            most = Math.max(most, box.querySelectorAll(".lane").length);
            if (!box.querySelector(".lane")) throw new Error(`nothing is drawn at ${top}`);
          }
          box.scrollTop = box.scrollHeight;
          return most;
        }"""
    )
    assert 0 < most <= FEW
    expect(screen.lane(f"schedule-{MANY - 1}")).to_be_visible()
    # Lanes that were passed in flight were not all asked for; those in sight are.
    picture = screen.lane(f"schedule-{MANY - 1}").locator("canvas")
    expect(picture).not_to_have_attribute("aria-label", "loading")


def test_scrolling_draws_each_row_once(screen, desk):
    """Work for each frame that does not grow with the list; how long one took is printed, not judged."""
    page = screen.open(namespace=desk.namespace)
    expect(screen.lane("schedule-0000").locator("canvas")).not_to_have_attribute("aria-label", "loading")
    seen = page.evaluate(
        """async () => {
          const box = document.querySelector(".lanes");
          let drawn = 0;
          const rows = new MutationObserver((changes) => {
            for (const change of changes) drawn += change.addedNodes.length;
          });
          rows.observe(box.firstElementChild, { childList: true });
          const start = performance.now();
          for (let frames = 0; frames < 120; frames += 1) {
            box.scrollTop += 400;
            await new Promise(requestAnimationFrame);
          }
          return { drawn, milliseconds: (performance.now() - start) / 120 };
        }"""
    )
    print(f"scrolling {MANY} schedules: {seen['milliseconds']:.1f} ms a frame, {seen['drawn']} rows drawn")
    passed = 120 * 400 / 44
    assert passed * 0.9 < seen["drawn"] < passed + FEW


def test_a_name_is_found_among_them(screen, desk):
    page = screen.open(namespace=desk.namespace)
    page.get_by_label("Name", exact=True).fill("4321")
    expect(page.locator(".lane")).to_have_count(1)
    expect(page.locator(".filters .count")).to_have_text(f"1 of {MANY} schedules")
    expect(screen.lane("schedule-4321").locator("canvas")).not_to_have_attribute("aria-label", "loading")


def test_the_last_is_reached_with_one_key(screen, desk):
    page = screen.open(namespace=desk.namespace)
    screen.lane("schedule-0000").wait_for()
    page.locator(".lanes").press("End")
    expect(page.locator("#slots-title")).to_have_text(f"Slots of {desk.namespace}/schedule-{MANY - 1}")
    expect(screen.lane(f"schedule-{MANY - 1}")).to_have_attribute("aria-posinset", str(MANY))
