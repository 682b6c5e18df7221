"""Every sender against its captured deliveries, its negative table, and anything at all."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples.loading import (
    ACCOUNT,
    FOLDER,
    PROOFS,
    negatives,
    other_secret,
    sample,
    samples,
)
from tests.webhooks.deliveries import NOW, clients, delivery

from triggerfish.hosts.registry import SENDERS
from triggerfish.webhooks import standard_webhooks
from triggerfish.webhooks.authenticate import Refused, Verified, authenticate
from triggerfish.webhooks.clients import parse_clients
from triggerfish.webhooks.delivery import Delivery
from triggerfish.webhooks.proofs import Secret
from triggerfish.webhooks.sender import Outgoing

EVERYBODY = "It's a Secret to Everybody"


@pytest.mark.parametrize("sender", sorted(SENDERS))
def test_every_sender_has_its_samples(sender):
    names = {path.stem for path in (FOLDER / sender).glob("*.http")}
    expected = orjson.loads((FOLDER / sender / "expected.json").read_bytes())
    assert {"push", "pull_request", "tag", "refused_by_argo"} <= names
    assert "ping" in names or "no_ping" in expected


@pytest.mark.parametrize("sender", sorted(SENDERS))
def test_every_sender_is_in_the_negative_table_and_in_the_documentation(sender):
    page = (Path(__file__).parents[2] / "docs" / "senders.md").read_text("utf-8")
    assert sender in {row[0] for row in PROOFS}
    assert f"`{sender}`" in page


def test_every_folder_of_samples_is_of_a_sender():
    assert {path.name for path in FOLDER.iterdir() if (path / "client.yaml").exists()} == set(SENDERS)


@pytest.mark.parametrize("given_sample", samples(), ids=str)
def test_a_sample_is_accepted(given_sample):
    answer = authenticate(given_sample.delivery, given_sample.clients)
    assert isinstance(answer, Verified), answer
    assert (answer.service_account, answer.sender) == (ACCOUNT, given_sample.sender)
    assert (answer.event, answer.delivery_id) == (given_sample.event, given_sample.id)
    assert isinstance(orjson.loads(answer.content), dict)


@pytest.mark.parametrize("negative", negatives(), ids=str)
def test_the_negative_table(negative):
    answer = authenticate(negative.delivery, negative.clients)
    assert isinstance(answer, Refused)
    assert answer.reason
    shown = repr(answer) + repr(negative.delivery) + repr(negative.clients)
    for secret in (secret for client in negative.sample.clients.good for secret in client.secrets):
        assert secret.value.decode() not in shown


@pytest.mark.parametrize("given_sample", samples(), ids=str)
def test_what_proves_is_never_shown_to_an_expression(given_sample):
    answer = authenticate(given_sample.delivery, given_sample.clients)
    shown = [value for name, value in given_sample.delivery.headers if name not in answer.proofs]
    for client in given_sample.clients.good:
        assert not any(secret.value.decode() in " ".join(shown) for secret in client.secrets)


def test_bitbucket_s_published_vector():
    published = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    for kind in ("bitbucket", "bitbucketserver"):
        answer = authenticate(
            delivery({"X-Hub-Signature": f"sha256={published}"}, b"Hello World!"),
            clients(a=f'{{type: {kind}, secret: "{EVERYBODY}"}}'),
        )
        assert isinstance(answer, Verified)


PUBLISHED = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_standard_webhooks_published_vector_within_five_minutes(seconds):
    received = datetime.fromtimestamp(1614265330 + seconds, UTC)
    for key in (KEY, KEY.removeprefix("whsec_")):
        answer = authenticate(
            delivery(PUBLISHED, b'{"test": 2432232314}', received),
            clients(a=f"{{type: standard, secret: {key}}}"),
        )
        assert isinstance(answer, Verified)


@pytest.mark.parametrize(
    ("header", "value", "says"),
    [
        pytest.param("webhook-timestamp", "1614265330.0", "whole number", id="a fraction"),
        pytest.param("webhook-timestamp", "+1614265330", "whole number", id="a sign"),
        pytest.param("webhook-timestamp", "9" * 5000, "whole number", id="a number without end"),
        pytest.param("webhook-timestamp", "\u0661\u0662", "whole number", id="digits that are not ASCII"),
        pytest.param("webhook-id", "msg.1614265330", "dot", id="a dot would let the parts be cut elsewhere"),
        pytest.param("webhook-id", "", "missing", id="no id"),
        pytest.param("webhook-signature", "v1", "v1", id="no signature after the version"),
        pytest.param("webhook-signature", "v1a,abc", "no version v1", id="another version only"),
        pytest.param("webhook-signature", " " * 100, "missing", id="blanks are no value"),
        pytest.param("webhook-signature", "v2,x " * 20, "no version v1", id="many of another version"),
    ],
)
def test_standard_webhooks_odd_headers(header, value, says):
    one = delivery(
        {**PUBLISHED, header: value}, b'{"test": 2432232314}', datetime.fromtimestamp(1614265331, UTC)
    )
    answer = authenticate(one, clients(a=f"{{type: standard, secret: {KEY}}}"))
    assert isinstance(answer, Refused)
    assert says in answer.reason or "characters" in answer.reason


def test_headers_of_two_kinds_do_not_make_one_proof():
    one = sample("standard", "push")
    mixed = tuple((name.replace("webhook-id", "svix-id"), value) for name, value in one.delivery.headers)
    assert isinstance(authenticate(replace(one.delivery, headers=mixed), one.clients), Refused)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!", "not base64"])
def test_a_standard_secret_that_is_no_key_is_a_bad_client(secret):
    parsed = parse_clients({"a": f"{{type: standard, secret: '{secret}'}}".encode()}, SENDERS)
    assert parsed.good == ()
    assert "secret" in parsed.bad[0].problem
    assert not standard_webhooks.verify(delivery(PUBLISHED), Secret(secret.encode())).holds


PADDED = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDAAAAAAAAAAA="


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        pytest.param("standard", PADDED, id="padded"),
        pytest.param("standard", PADDED[:-1], id="without its padding"),
        pytest.param("standard", PADDED[6:-1], id="without its prefix as well"),
        pytest.param("standard", PADDED[:-1] + "\n", id="as a YAML block has it"),
        pytest.param("gitlab", PADDED[:-1], id="gitlab's, without its padding"),
    ],
)
def test_a_key_is_the_same_with_its_padding_and_without(kind, secret):
    headers = standard_webhooks.sign(Outgoing("e", "msg_1", b"{}", NOW), Secret(PADDED.encode()))
    parsed = clients(a=f"{{type: {kind}, secret: {json.dumps(secret)}}}")
    assert isinstance(authenticate(delivery(headers), parsed), Verified)


@pytest.mark.parametrize("blanks", [("", " "), ("", "\t "), (" ", "")], ids=repr)
@pytest.mark.parametrize(("sender", "name", "header", "signs"), PROOFS, ids=lambda part: str(part))
def test_blanks_around_a_proof_are_no_part_of_it(sender, name, header, signs, blanks):
    one = sample(sender, name)
    before, after = blanks
    sent = [
        (key.encode(), (before + value + after if key == header else value).encode("latin-1"))
        for key, value in one.delivery.headers
    ]
    assert isinstance(
        authenticate(Delivery.of(sent, one.delivery.body, one.delivery.received), one.clients), Verified
    )


def test_a_gitlab_signing_token_is_not_taken_as_a_plain_one():
    key = "whsec_dHJpZ2dlcmZpc2gtc2FtcGxlLXNpZ25pbmcta2V5LTMy"
    one = delivery({"X-Gitlab-Token": key, "X-Gitlab-Event": "Push Hook"})
    assert isinstance(authenticate(one, clients(a=f"{{type: gitlab, secret: {key}}}")), Refused)


def test_forgejo_s_own_signature_is_not_mended_by_gitea_s():
    one = sample("forgejo", "push")
    headers = tuple(
        (name, "0" * 64 if name == "x-forgejo-signature" else value) for name, value in one.delivery.headers
    )
    assert isinstance(authenticate(replace(one.delivery, headers=headers), one.clients), Refused)


def test_azure_devops_asks_for_the_user_name_only_if_it_is_given():
    one = sample("azuredevops", "push")
    nobody = parse_clients({"a": "{type: azuredevops, secret: 'p4ss:word-ü'}".encode()}, SENDERS)
    other = parse_clients(
        {"a": "{type: azuredevops, secret: 'p4ss:word-ü', username: root}".encode()}, SENDERS
    )
    assert isinstance(authenticate(one.delivery, nobody), Verified)
    assert authenticate(one.delivery, other).reason.endswith("names another user")


@pytest.mark.parametrize(
    "value", ["Basic", "Basic ", "Basic !!", "Basic YQ==", "Digest x", "Basic =", "Basic \xe9"], ids=ascii
)
def test_azure_devops_odd_authorization(value):
    one = Delivery((("authorization", value),), b"{}", NOW)
    assert isinstance(authenticate(one, clients(a="{type: azuredevops, secret: x}")), Refused)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b'{"eventType": 1, "id": null}', b"\xff"], ids=repr
)
def test_azure_devops_describes_any_body(body):
    described = SENDERS["azuredevops"].of({}).describe(Delivery((), body, NOW))
    assert (described.event, described.id) == ("", "")


@pytest.mark.parametrize(
    ("options", "make"),
    [
        pytest.param(
            "header: X-Sig", lambda key, body: hmac.digest(key, body, "sha256").hex(), id="as it comes"
        ),
        pytest.param(
            "header: x-sig, prefix: 'v0=', algorithm: sha512",
            lambda key, body: "v0=" + hmac.digest(key, body, "sha512").hex(),
            id="a prefix and SHA-512",
        ),
        pytest.param(
            "header: X-Sig, encoding: base64",
            lambda key, body: base64.b64encode(hmac.digest(key, body, "sha256")).decode(),
            id="base64",
        ),
    ],
)
def test_hmac_as_configured(options, make):
    body = "grüße".encode()
    parsed = parse_clients({"a": f"{{type: hmac, secret: ö, {options}}}".encode()}, SENDERS)
    answer = authenticate(delivery({"X-Sig": make("ö".encode(), body)}, body), parsed)
    assert isinstance(answer, Verified)
    assert answer.proofs == {"x-sig"}
    weak = hmac.new("ö".encode(), body, hashlib.sha1).hexdigest()
    assert isinstance(authenticate(delivery({"X-Sig": weak}, body), parsed), Refused)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param("", "no header", id="no header"),
        pytest.param(", header: 'X Sig'", "not the name", id="no header's name"),
        pytest.param(", header: X-Sig, algorithm: md5", "sha256, sha512", id="a weak algorithm"),
        pytest.param(", header: X-Sig, algorithm: sha1", "sha256, sha512", id="SHA-1"),
        pytest.param(", header: X-Sig, encoding: rot13", "hex, base64", id="an unknown encoding"),
        pytest.param(", header: X-Sig, Encoding: hex", "unknown field", id="a field it does not take"),
    ],
)
def test_hmac_options_that_are_wrong(fields, says):
    parsed = parse_clients({"a": f"{{type: hmac, secret: hush{fields}}}".encode()}, SENDERS)
    assert parsed.good == ()
    assert says in parsed.bad[0].problem
    assert "hush" not in parsed.bad[0].problem


HEADERS = sorted({name for one in samples() for name, _ in one.delivery.headers})
latin = st.text(st.characters(codec="latin-1"), max_size=60)


@given(
    st.sampled_from(samples()),
    st.lists(st.tuples(st.sampled_from(HEADERS) | latin, latin), max_size=6),
    st.binary(max_size=120),
)
def test_no_headers_and_no_body_crash_a_sender_and_none_verifies(one, headers, body):
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    strange = Delivery.of(raw, body, one.delivery.received)
    assert isinstance(authenticate(strange, one.clients), Refused)


@given(st.sampled_from(samples()), st.binary(max_size=120), st.integers(0, 10**6))
def test_describing_and_reading_never_crash_whatever_was_signed(one, body, cut):
    for client in one.clients.good:
        for content in (body, one.delivery.body[: cut % (len(one.delivery.body) + 1)]):
            client.sender.describe(replace(one.delivery, body=content))
            assert isinstance(client.sender.content(replace(one.delivery, body=content)), bytes)


def test_an_empty_secret_is_a_bad_client_for_every_sender():
    for sender, name, *_ in PROOFS:
        parsed = other_secret(sample(sender, name), "")
        assert parsed.good == ()
        assert "secret" in parsed.bad[0].problem


@given(
    st.sampled_from(samples()),
    st.binary(max_size=200),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30),
)
def test_what_is_signed_as_the_host_signs_is_verified_and_says_the_same(one, body, word):
    (client,) = one.clients.good
    for secret in client.secrets:
        headers = client.sender.sign(Outgoing(word, f"id-{word}", body, NOW), secret)
        answer = authenticate(delivery(dict(headers), body), one.clients)
        assert isinstance(answer, Verified)
        assert answer.delivery_id in (f"id-{word}", "")
        assert answer.event in (word, "")


@pytest.mark.parametrize("one", samples(), ids=str)
def test_a_delivery_that_is_made_up_has_the_headers_of_a_real_one(one):
    (client,) = one.clients.good
    made = client.sender.sign(Outgoing("e", "i", b"{}", NOW), client.secrets[-1])
    real = {name for name, _ in one.delivery.headers}
    others = {name for other in samples() if other.sender == one.sender for name, _ in other.delivery.headers}
    assert {name.lower() for name, _ in made} <= real | others
