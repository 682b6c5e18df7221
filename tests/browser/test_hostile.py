"""Names, texts and payloads that would be markup, script or style anywhere else: here they are text."""

import base64
import json
import time

import pytest
from playwright.sync_api import expect
from tests.browser.rows import CRON, DECISIONS

pytestmark = pytest.mark.browser

PWN = "window.pwned=(window.pwned||0)+1"
EVIL = [
    f"<script>{PWN}</script>",
    f'"><img src=x onerror="{PWN}">',
    f"'><svg/onload={PWN}>",
    f"javascript:{PWN}//",
    f"</textarea></pre></script><script>{PWN}</script>",
    f"<style>*{{background:url(javascript:{PWN})}}</style>",
    f'<iframe srcdoc="<script>parent.{PWN}</script>"></iframe>',
    "{{constructor.constructor('window.pwned=1')()}}${window.pwned=1}",
    "‮<b>\u0000\u2028\ud7ff﻿</b>" + "A" * 500,
]
ALL = " ".join(EVIL)
# What the page itself has, and nothing else ever may.
FOREIGN = """() => [
  window.pwned ?? "",
  ...[...document.querySelectorAll("script")].filter((each) => !each.src.endsWith("/console/main.js")),
  ...document.querySelectorAll("iframe, object, embed, style, base, svg, b, meta[http-equiv]"),
  ...[...document.querySelectorAll("img")].filter((each) => !each.src.endsWith("/console/icon.svg")),
  ...[...document.querySelectorAll("*")].filter((each) =>
    [...each.attributes].some(({ name }) => name.startsWith("on")) || each.matches("[href^=javascript i]")),
].map((each) => each.outerHTML ?? String(each)).filter(Boolean)"""


def harmless(page):
    # A frame more, in which an image would have failed to load.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    assert page.evaluate(FOREIGN) == []


def test_the_policy_would_stop_what_the_page_did_not(screen, desk):
    page = screen.open(namespace=desk.namespace)
    screen.forgiven = ("Content Security Policy", "violates the following", "404")
    page.evaluate(
        """code => {
          const script = document.createElement("script");
          script.textContent = code;
          document.body.append(script);
        }""",
        PWN,
    )
    page.evaluate(
        "() => { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"pwned=1\">'); }"
    )
    page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    assert page.evaluate("() => window.pwned ?? null") is None


def test_schedules_with_hostile_texts(screen, desk):
    now = int(time.time())
    rows = [[now - 60 * n, word, now, text] for n, (word, text) in enumerate(zip(EVIL, EVIL, strict=True))]
    rows += [[now - 3600, "forbid", now, ALL[:150]]]
    annotations = {
        DECISIONS: json.dumps(rows),
        "triggerfish.dev/exclude": ALL,
        "triggerfish.dev/calendar": ALL,
        "cronworkflows.argoproj.io/last-used-schedule": ALL,
        "triggerfish.dev/suspend-reason": ALL,
    }
    conditions = [{"type": text, "status": "True", "message": text} for text in EVIL]
    for number, text in enumerate(EVIL):
        desk.put(
            "cronworkflows",
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "CronWorkflow",
                "metadata": {"name": f"evil-{number}", "annotations": annotations},
                "spec": {
                    "schedules": [text, "* * * * *"],
                    "timezone": text,
                    "when": text,
                    "workflowSpec": {
                        "entrypoint": text,
                        "templates": [{"name": text, "suspend": {}}],
                        "arguments": {"parameters": [{"name": text, "value": text}]},
                    },
                },
                "status": {"conditions": conditions},
            },
        )
    desk.cron("good", "* * * * *", annotations={DECISIONS: json.dumps(rows)}, when=EVIL[0])
    desk.workflow("good-run", labels={CRON: "good"}, phase=EVIL[1])
    page = screen.open(namespace=desk.namespace)
    expect(page.locator(".lane")).to_have_count(len(EVIL) + 1)
    for number in range(len(EVIL)):
        screen.lane(f"evil-{number}").click()
        expect(page.locator(".slots .problem")).to_be_visible()
    harmless(page)
    screen.lane("good").click()
    expect(page.locator(".slot", has_text="good-run")).to_contain_text(EVIL[1])
    page.locator(".slot button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    harmless(page)


def test_deliveries_with_hostile_texts(screen, desk):
    trees = [
        {"text": text, "value": text, "parts": [{"text": text, "error": text}, {"text": text, "more": text}]}
        for text in EVIL
    ]
    verdicts = [
        {"name": text, "matched": index % 2 == 0, "reason": text, "tree": trees[index], "report": text}
        for index, text in enumerate(EVIL)
    ]
    # The record is anybody's who may write the ConfigMap, and so are the annotations of a Workflow.
    desk.reported("w", superseded_by=ALL, context=ALL)
    desk.trouble("w", ALL)
    desk.record(
        *(
            {
                "at": time.time(),
                "id": text,
                "sender": text,
                "event": text,
                "result": text,
                "workflows": [text, "w"],
                "facts": {text: text},
                "bindings": verdicts,
                "more": 3,
            }
            for text in [*EVIL, "constructor", "__proto__", "toString"]
        )
    )
    page = screen.open("deliveries", namespace=desk.namespace)
    expect(page.locator(".delivery")).to_have_count(len(EVIL) + 3)
    for summary in page.locator("summary").all():
        summary.click()
    expect(page.locator(".delivery").last).to_contain_text(EVIL[0])
    harmless(page)
    # A binding whose name is no name opens nothing.
    screen.forgiven = ("400",)
    page.locator(".bindings button").first.click()
    expect(screen.status()).to_contain_text("is not namespace/name")
    harmless(page)


def test_a_delivery_with_a_hostile_payload_and_a_hostile_binding(screen, desk):
    desk.template()
    desk.binding("evil", f"payload.a == {json.dumps(ALL)}")
    page = screen.open("deliveries", namespace=desk.namespace)
    assert desk.github({"a": ALL, ALL: ALL}, event="push", delivery=EVIL[0]).status == 200
    delivery = page.locator(".delivery")
    delivery.locator("summary").click()
    expect(delivery).to_contain_text(EVIL[0])
    page.get_by_role("button", name="Open evil in the playground").click()
    expect(page.locator(".tree")).to_contain_text(EVIL[0])
    expect(page.get_by_label("Selector")).to_have_value(f"payload.a == {json.dumps(ALL)}")
    harmless(page)


@pytest.mark.parametrize("dialect", ["expr", "cel"])
def test_the_playground_with_hostile_texts(screen, desk, dialect):
    page = screen.open("playground", namespace=desk.namespace)
    text = json.dumps(ALL)
    page.get_by_label("Dialect").select_option(dialect)
    page.get_by_label("Payload").fill(json.dumps({"a": ALL, ALL: [ALL]}))
    page.get_by_label("Headers").fill("\n".join(f"X-Evil: {text}" for text in EVIL))
    page.get_by_label("Discriminator").fill(ALL)
    for selector in (f"payload.a == {text}", f"payload.a == {text} && false", ALL, *EVIL):
        page.get_by_label("Selector").fill(selector)
        template = ALL if selector == ALL else "my-template"
        page.get_by_label("WorkflowTemplate").fill(template)
        page.get_by_label("Arguments").fill("message = payload.a\n")
        with page.expect_response("**/evaluate") as answer:
            page.get_by_role("button", name="Evaluate").click()
        assert answer.value.status == 200
        harmless(page)


def test_a_hostile_address(screen, desk):
    screen.forgiven = ("400", "403", "404")
    for text in (ALL, EVIL[0], EVIL[3], "constructor", "__proto__"):
        page = screen.open(
            text, namespace=desk.namespace, q=text, show=text, outcome=text, hours=text, schedule=text
        )
        expect(page.locator("nav a[aria-current=page]")).to_have_text("Schedules")
        harmless(page)
        page = screen.open(namespace=text)
        expect(screen.status()).not_to_be_empty()
        harmless(page)
    packed = base64.urlsafe_b64encode(json.dumps({"payload": ALL, "selector": ALL, "dialect": ALL}).encode())
    page = screen.open("playground", packed.decode(), namespace=desk.namespace)
    expect(page.get_by_label("Selector")).to_have_value(ALL)
    harmless(page)
