"""Somebody submits a template with the form, and what is around every screen."""

import re

import pytest
from playwright.sync_api import expect
from tests.support import functions
from tests.support.console import READ, ROLES, Desk
from tests.support.events import ARGO

pytestmark = pytest.mark.browser
URL = "https://argo.example.com/workflows/{namespace}/{name}"


def workflows(desk):
    return desk.cluster.request("GET", f"{ARGO}/namespaces/{desk.namespace}/workflows")[1]["items"]


@pytest.fixture(scope="session")
def console(embedded):
    settings = {"KUBECONFIG": str(embedded.kubeconfig), "CONSOLE": "on", "WORKFLOW_URL": URL}
    settings["DELIVERY_RECORD"] = "50"
    with functions.start("events", settings) as function:
        yield function


@pytest.fixture
def desk(embedded, console):
    namespace = embedded.new_namespace()
    rules = [*READ, *ROLES["triggerfish-console-submitter"]]
    token = embedded.service_account(namespace, "submitter", rules)
    desk = Desk(embedded, console, namespace, token)
    parameters = [
        {"name": "message", "value": "hello", "description": "What to say <b>loud</b>"},
        {"name": "level", "value": "info", "enum": ["info", "debug"]},
        {"name": "who"},
    ]
    desk.template("greet", arguments={"parameters": parameters})
    return desk


def test_a_preview_first_and_the_workflow_once_it_is_confirmed(screen, desk):
    page = screen.open("submit", namespace=desk.namespace)
    page.get_by_role("button", name="greet").click()
    expect(page.get_by_label("message", exact=True)).to_have_value("hello")
    expect(page.get_by_text("What to say <b>loud</b>")).to_be_visible()
    expect(page.get_by_label("level", exact=True)).to_have_value("info")
    # A value is needed: the browser keeps the form.
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("who", exact=True).fill("me and 'you'")
    page.get_by_label("level", exact=True).select_option("debug")
    expect(page.locator(".parameters .commands code")).to_have_text(
        f"triggerfish submit workflowtemplate/greet -n {desk.namespace} -p level=debug "
        "-p 'who=me and '\\''you'\\'''"
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("dialog")).to_contain_text('"workflowTemplateRef"')
    assert workflows(desk) == []
    page.get_by_role("button", name="Create this Workflow").dblclick()
    link = page.locator(".created a")
    expect(link).to_be_visible()
    (made,) = workflows(desk)
    name = made["metadata"]["name"]
    assert link.get_attribute("href") == f"https://argo.example.com/workflows/{desk.namespace}/{name}"
    given = {each["name"]: each["value"] for each in made["spec"]["arguments"]["parameters"]}
    assert given == {"level": "debug", "who": "me and 'you'"}


def test_what_is_cancelled_is_not_created(screen, desk):
    page = screen.open("submit", namespace=desk.namespace, submit="WorkflowTemplate/greet")
    page.get_by_label("who", exact=True).fill("me")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert workflows(desk) == []


def test_who_may_only_look_is_told_so_in_the_dialog(look, embedded, desk):
    reader = embedded.service_account(
        desk.namespace, "reader", READ + ROLES["triggerfish-console-submitter"][:1]
    )
    screen = look(reader)
    screen.forgiven = ("403",)
    page = screen.open("submit", namespace=desk.namespace, submit="WorkflowTemplate/greet")
    page.get_by_label("who", exact=True).fill("me")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Create this Workflow").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot create")
    assert workflows(desk) == []


def test_a_namespace_is_asked_for(screen):
    expect(screen.open("submit").locator(".empty")).to_have_text(
        "Choose a namespace above: a Workflow runs in one."
    )


class TestAround:
    def test_who_may_list_namespaces_chooses_one(self, look, embedded, desk):
        page = look(embedded.token).open()
        chooser = page.get_by_label("Namespace")
        expect(chooser).to_have_js_property("tagName", "SELECT")
        chooser.select_option(desk.namespace)
        expect(page).to_have_url(re.compile(f"namespace={desk.namespace}"))

    def test_who_may_not_is_told_to_write_one(self, look, desk):
        screen = look()
        screen.forgiven = ("403",)
        page = screen.open()
        expect(screen.status()).to_contain_text("You may not read all namespaces at once: choose one above.")
        page.get_by_label("Namespace").fill(desk.namespace)
        page.get_by_label("Namespace").press("Enter")
        expect(screen.status()).to_be_empty()

    def test_commands_to_copy_and_the_form_of_a_schedule(self, screen, desk):
        desk.cron()
        page = screen.open(namespace=desk.namespace)
        page.get_by_text("What to do: commands to copy").click()
        codes = page.locator(".slots .commands code")
        expect(codes).to_have_count(4)
        expect(codes.nth(2)).to_have_text(f"triggerfish trigger hourly -n {desk.namespace}")
        page.get_by_role("link", name="Submit with parameters").click()
        expect(page.locator("#submit-title")).to_have_text("CronWorkflow hourly")

    def test_a_run_is_linked_and_has_the_reader_s_own_time(self, chrome, desk):
        made = desk.cron(schedule="* * * * *")
        created = made["metadata"]["creationTimestamp"]
        desk.workflow("hourly-by-hand", labels={"workflows.argoproj.io/cron-workflow": "hourly"})
        context = chrome.new_context(timezone_id="Asia/Kolkata", viewport={"width": 1280, "height": 800})
        context.add_init_script(
            f"if (location.protocol === 'http:') sessionStorage.setItem('triggerfish-token', '{desk.token}')"
        )
        page = context.new_page()
        page.goto(f"{desk.function.url}/console/index.html?namespace={desk.namespace}")
        link = page.get_by_role("link", name="Run hourly-by-hand in Argo")
        expect(link).to_have_attribute(
            "href", f"https://argo.example.com/workflows/{desk.namespace}/hourly-by-hand"
        )
        expect(page.locator(".slot .own").first).to_contain_text("GMT+5:30")
        assert created
        context.close()

    @pytest.mark.parametrize("view", ["schedules", "deliveries"])
    def test_on_a_telephone_the_list_comes_before_the_filters(self, look, desk, view):
        desk.cron()
        page = look(width=390, height=844).open(view, namespace=desk.namespace)
        listed = page.locator(".lanes, .delivery-list").bounding_box()
        assert listed["y"] < page.locator(".filters").bounding_box()["y"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
