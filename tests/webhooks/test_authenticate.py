"""Which client signed: the published vector, several clients, rotation, and what a refusal may say."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.webhooks.deliveries import NOW, clients, delivery, hexed

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks.authenticate import Refused, Verified, authenticate
from triggerfish.webhooks.clients import parse_clients
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Secret

SECRET = "It's a Secret to Everybody"
BODY = b"Hello, World!"


def signed(secret=SECRET, body=BODY, **more):
    signature = "sha256=" + hexed(secret, body)
    return delivery({"X-Hub-Signature-256": signature, **more}, body)


def test_github_s_published_vector():
    published = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    answer = authenticate(
        delivery({"X-Hub-Signature-256": f"sha256={published}"}, BODY),
        clients(jenkins=f'{{type: github, secret: "{SECRET}"}}'),
    )
    assert isinstance(answer, Verified)
    assert (answer.service_account, answer.sender, answer.content) == ("jenkins", "github", BODY)


def test_the_client_whose_secret_it_is_is_found_among_others():
    several = clients(a="{type: github, secret: one}", b="{type: github, secret: two}")
    answer = authenticate(signed("two", **{"X-GitHub-Event": "push", "X-GitHub-Delivery": "d"}), several)
    assert isinstance(answer, Verified)
    assert (answer.service_account, answer.event, answer.delivery_id) == ("b", "push", "d")


def test_of_two_clients_with_one_secret_the_first_by_name_is_it():
    twins = clients(b="{type: github, secret: one}", a="{type: github, secret: one}")
    assert authenticate(signed("one"), twins).service_account == "a"


@pytest.mark.parametrize("secret", ["new", "old"])
def test_old_and_new_secret_side_by_side(secret):
    assert isinstance(
        authenticate(signed(secret), clients(a="{type: github, secrets: [new, old]}")), Verified
    )


def test_a_secret_that_was_rotated_away_is_refused():
    assert isinstance(authenticate(signed("old"), clients(a="{type: github, secrets: [new]}")), Refused)


def test_one_bad_client_hides_no_other():
    some = clients(a="{type: nope, secret: x}", b="][", c="{type: github, secret: one}")
    assert authenticate(signed("one"), some).service_account == "c"


def test_a_refusal_says_whether_a_client_could_not_be_asked():
    good, bad = "{type: github, secret: one}", "{type: nope}"
    assert authenticate(signed("x"), clients(a=good)).misconfigured is False
    assert authenticate(signed("x"), clients(a=good, b=bad)).misconfigured is True
    assert authenticate(signed("x"), clients()) == Refused("there are no webhook clients", False)


def test_a_refusal_names_each_client_and_why_and_no_more_than_twenty():
    answer = authenticate(
        delivery({}), clients(**{f"a{n}": "{type: github, secret: one}" for n in range(30)})
    )
    assert answer.reason.startswith("a0 (github): x-hub-signature-256 is missing; a1 (github)")
    assert answer.reason.endswith("and 10 more")


def test_a_form_is_verified_raw_and_then_read():
    body = b"payload=%7B%22n%22%3A+%22%C3%A4%22%7D&x=1"
    answer = authenticate(
        signed("one", body, **{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}),
        clients(a="{type: github, secret: one}"),
    )
    assert answer.content == '{"n": "ä"}'.encode()


@pytest.mark.parametrize("body", [b"", b"x=1", b"payload=", b"\xff&&==%zz"], ids=repr)
def test_a_form_without_a_payload_is_no_json_and_not_null(body):
    sender = SENDERS["github"].of({})
    form = delivery({"content-type": "application/x-www-form-urlencoded"}, body)
    assert sender.content(form) == b"{"


def test_nothing_shows_a_secret_a_header_or_a_body(caplog):
    caplog.set_level(logging.DEBUG)
    one = signed("hush", b"hush-body")
    some = clients(a="{type: github, secret: hush}", b="{type: github, secret: [hush}", c="{secret: hush}")
    shown = repr((one, some, Secret(b"hush"), str(Secret(b"hush")), authenticate(one, some)))
    refused = authenticate(signed("other", b"hush-body"), some)
    assert "hush" not in shown + repr(refused) + caplog.text
    assert isinstance(refused, Refused)


texts = st.text(st.characters(codec="latin-1"), max_size=80)


@given(
    st.lists(
        st.tuples(st.sampled_from(["x-hub-signature-256", "content-type", "authorization"]) | texts, texts)
    ),
    st.binary(max_size=200),
)
def test_no_delivery_crashes_and_none_without_the_secret_is_verified(headers, body):
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    assert isinstance(
        authenticate(Delivery.of(raw, body, NOW), clients(a="{type: github, secret: one}")), Refused
    )


@given(st.binary(max_size=300))
def test_any_body_that_is_signed_is_verified_and_any_other_byte_refuses_it(body):
    one = clients(a="{type: github, secret: one}")
    good = signed("one", body)
    assert isinstance(authenticate(good, one), Verified)
    assert isinstance(authenticate(Delivery(good.headers, body + b"x", NOW), one), Refused)


@given(st.dictionaries(st.text(max_size=12), st.binary(max_size=80), max_size=3))
def test_any_secret_s_data_is_clients_or_reasons(data):
    parsed = parse_clients(data, SENDERS)
    assert len(parsed.good) + len(parsed.bad) == len(data)
