"""Who may look, and what is said when nobody answers."""

import re
import time

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_token_is_asked_for_and_pasted_once(look, desk):
    desk.cron()
    screen = look(None)
    page = screen.open(namespace=desk.namespace)
    page.get_by_label("Token", exact=True).fill(desk.token)
    page.keyboard.press("Enter")
    expect(screen.lane("hourly")).to_be_visible()
    page.reload()
    expect(screen.lane("hourly")).to_be_visible()
    assert desk.token not in page.content()


def test_who_gives_no_token_is_told_so_and_may_give_it_later(look, desk):
    desk.cron()
    screen = look(None)
    page = screen.open(namespace=desk.namespace)
    page.get_by_role("button", name="Cancel").click()
    expect(screen.status()).to_have_text("Enter a token to see anything.")
    page.get_by_role("button", name="Token").click()
    page.get_by_label("Token", exact=True).fill(desk.token)
    page.get_by_role("button", name="Use it").click()
    expect(screen.lane("hourly")).to_be_visible()


def test_a_token_that_is_none_is_asked_for_again(look, desk):
    screen = look("made.up")
    screen.forgiven = ("401",)
    page = screen.open(namespace=desk.namespace)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_have_text(
        "This token was refused (Unauthorized). It may have expired."
    )
    expect(screen.status()).to_have_class("failed")
    # Who opens it by hand is told of no problem.
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Token").click()
    expect(dialog.get_by_role("alert")).to_be_hidden()


def test_what_rbac_denies_is_said_in_its_words(look, desk):
    screen = look()
    screen.forgiven = ("403",)
    screen.open(namespace="kube-system")
    expect(screen.status()).to_contain_text("cronworkflows.argoproj.io is forbidden")


@pytest.mark.parametrize("view", ["schedules", "deliveries"])
def test_a_server_that_is_away_is_said_to_be_and_its_return_is_seen(screen, desk, view):
    desk.cron()
    desk.record(
        {"at": time.time(), "id": "d", "sender": "github", "event": "", "result": "created", "bindings": []}
    )
    screen.forgiven = ("net::ERR_FAILED",)
    shown = screen.page.locator(".lane, .delivery")
    screen.page.route("**/console/api/**", lambda route: route.abort())
    screen.open(view, namespace=desk.namespace)
    expect(screen.status()).to_have_text("The server does not answer.")
    expect(shown).to_have_count(0)
    screen.page.unroute("**/console/api/**")
    expect(shown).to_have_count(1)
    expect(screen.status()).to_have_text("")


def test_lanes_that_could_not_be_had_are_asked_for_again(screen, desk):
    desk.cron()
    screen.forgiven = ("net::ERR_FAILED",)
    screen.page.route("**/console/api/lanes*", lambda route: route.abort())
    screen.open(namespace=desk.namespace)
    expect(screen.status()).to_have_text("The server does not answer.")
    screen.page.unroute("**/console/api/lanes*")
    picture = screen.lane("hourly").get_by_role("img", include_hidden=True)
    expect(picture).to_have_attribute("aria-label", re.compile("coming"))
    expect(screen.status()).to_have_text("")
