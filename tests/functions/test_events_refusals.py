"""What the events function refuses, and in which words: the statuses of docs/events.md."""

import contextlib
import gzip
import hmac
import http.client
import json
import socket

import pytest
from tests.support import functions
from tests.support.events import MAY_SUBMIT, SECRET

CLIENT = 'type: github\nsecret: "shh!"\n'


def code(answer):
    return answer.status, answer.json.get("code")


@pytest.fixture
def signed(place):
    place.cluster.service_account(place.namespace, "github.com", MAY_SUBMIT)
    place.clients(github_com=CLIENT)
    place.template()
    place.binding("all", "true", "payload")
    return place


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"{", (400, 3), id="half an object"),
        pytest.param(b"{} {}", (400, 3), id="two values"),
        pytest.param(b"[NaN]", (400, 3), id="NaN"),
        pytest.param(b"message=hello", (400, 3), id="a form"),
        pytest.param(b"", (200, None), id="empty is null"),
        pytest.param(b"\n", (200, None), id="a blank line is null"),
        pytest.param(rb'{"a": "\ud83d"}', (200, None), id="half a pair of surrogates"),
        pytest.param(b"7", (200, None), id="a number"),
    ],
)
def test_bodies(place, body, expected):
    place.template()
    place.binding("all", "true", '"x"')
    answer = place.event(body)
    assert code(answer) == expected
    assert len(place.workflows()) == (expected[0] == 200)


def test_malformed_json_is_told_only_to_those_who_may_send(place):
    assert code(place.event(b"{", token="wrong")) == (401, 16)
    assert code(place.event(b"{", token="")) == (401, 16)


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("Bearer wrong", id="an unknown token"),
        pytest.param("Bearer ", id="an empty token"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Bearer v2:abc", id="a token of Argo's single sign-on"),
        pytest.param("Bearer a b", id="a token with a blank"),
        pytest.param("Basic YTpi", id="a password"),
        pytest.param("Nonsense", id="nonsense"),
        pytest.param("", id="nothing"),
    ],
)
def test_who_proves_nothing_gets_nothing(signed, authorization):
    answer = signed.event({"message": "m"}, token="", headers={"Authorization": authorization})
    assert code(answer) == (401, 16)
    assert set(answer.json) == {"code", "message"}
    assert signed.workflows() == []


def test_two_credentials_are_none(signed):
    connection = http.client.HTTPConnection("127.0.0.1", signed.function.port, timeout=20)
    with contextlib.closing(connection):
        connection.putrequest("POST", f"/api/v1/events/{signed.namespace}/")
        for token in (signed.token, "other"):
            connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Length", "2")
        connection.endheaders(b"{}")
        assert connection.getresponse().status == 401
    assert signed.workflows() == []


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"secret": "other"}, id="another secret"),
        pytest.param({"change": lambda body: body + b" "}, id="a byte more"),
        pytest.param({"headers": {"X-Hub-Signature-256": ""}}, id="no signature"),
        pytest.param({"headers": {"X-Hub-Signature-256": "sha256=00"}}, id="a short signature"),
        pytest.param({"headers": {"X-Hub-Signature-256": "sha256=é"}}, id="a signature that is no ASCII"),
        pytest.param({"headers": {"X-Hub-Signature-256": "sha1=" + "0" * 40}}, id="the older algorithm"),
    ],
)
def test_a_delivery_that_nobody_signed(signed, how):
    answer = signed.github({"a": 1}, **how)
    assert code(answer) == (401, 16)
    assert signed.workflows() == []
    assert signed.function.said("refused")


@pytest.mark.parametrize(
    "clients",
    [
        pytest.param(None, id="no Secret"),
        pytest.param({"github_com": "type: [github"}, id="no YAML"),
        pytest.param({"github_com": "type: nosuch\nsecret: x"}, id="an unknown type"),
        pytest.param({"github_com": "type: github\nsecret: ''"}, id="an empty secret"),
    ],
)
def test_webhook_clients_in_disorder(place, clients):
    if clients is not None:
        place.clients(**clients)
    answer = place.github({"a": 1})
    assert (answer.status, answer.json) == (403, {"message": "failed to process webhook request"})
    assert place.workflows() == []


def test_one_bad_client_hides_no_other(place):
    place.cluster.service_account(place.namespace, "github.com", MAY_SUBMIT)
    place.clients(a_bad="type: nosuch", github_com=CLIENT, z_bad="- 1")
    assert place.github({"a": 1}).status == 200


def test_a_client_whose_service_account_is_missing(place):
    place.clients(github_com=CLIENT)
    answer = place.github({"a": 1})
    assert (answer.status, answer.json) == (403, {"message": "failed to process webhook request"})


def test_a_token_without_rights(place):
    token = place.cluster.service_account(place.namespace, "nobody")
    place.hidden.append(token)
    answer = place.event({}, token=token)
    assert code(answer) == (403, 7)
    assert "workfloweventbindings" in answer.json["message"]


def test_a_namespace_that_does_not_exist(place):
    answer = place.event({}, path="/api/v1/events/nosuch-namespace/")
    assert code(answer) == (403, 7)


@pytest.mark.parametrize(
    "namespace", ["UPPER", "a.b", "-a", "a" * 64, "%2e%2e", "..", "a%20b", "%00", "%C3%A9"]
)
def test_what_is_no_namespace_becomes_no_url(place, namespace):
    answer = place.event({}, path=f"/api/v1/events/{namespace}/")
    assert code(answer) in {(404, 5), (404, 12)}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/events/default/", (405, 12)),
        ("PUT", "/api/v1/events/default/x", (405, 12)),
        ("PATCH", "/api/v1/events/default/x", (405, 12)),
        ("POST", "/api/v1/events/default/x/y", (501, 12)),
        ("POST", "/api/v1/events", (501, 12)),
        ("POST", "/", (404, 12)),
        ("GET", "/api/v1/archived-workflows", (501, 12)),
        ("GET", "/artifacts/default/wf/node/main-logs", (501, 12)),
        ("POST", "/healthz", (405, 12)),
        ("POST", "/api/v1/workflow-event-bindings/default", (405, 12)),
        ("DELETE", "/api/v1/cron-workflows/default", (405, 12)),
        ("GET", "/api/v1/nosuch", (501, 12)),
        ("POST", "//api/v1/events/default/", (404, 12)),
    ],
)
def test_other_paths_and_methods(events, method, path, expected):
    reply = events.send(method, path, b"{}")
    assert code(reply) == expected
    assert ("allow" in reply.headers) is (reply.status == 405)


def test_a_missing_template_fails_its_binding_alone(place):
    place.template()
    place.binding("good", "true", '"x"')
    place.binding("broken", "true", '"x"', template="nosuch")
    answer = place.event({})
    assert code(answer) == (500, 13)
    assert "broken" in answer.json["message"]
    assert "nosuch" in answer.json["message"]
    assert "good" not in answer.json["message"]
    assert len(place.workflows()) == 1
    assert [event["reason"] for event in recorded(place, "broken")] == ["WorkflowEventBindingError"]


def test_a_selector_that_does_not_parse_is_told_on_its_binding(place):
    place.template()
    place.binding("good", "true", '"x"')
    place.binding("broken", "payload.(", '"x"')
    answer = place.event({})
    assert answer.status == 200
    assert len(place.workflows()) == 1
    (told,) = [binding for binding in answer.json["bindings"] if binding["name"] == "broken"]
    assert told["reason"].startswith("spec.event.selector: ")
    (event,) = recorded(place, "broken")
    assert "spec.event.selector" in event["message"]


def test_a_selector_for_another_payload_is_no_match(place):
    place.template()
    place.binding("for-pulls", 'payload.pull_request.head.ref == "x"', '"x"')
    answer = place.event({"ref": "refs/heads/main"})
    assert answer.status == 200
    assert answer.json["bindings"][0]["matched"] is False
    assert recorded(place, "for-pulls") == []


def test_an_argument_that_fails_after_a_match(place):
    place.template()
    place.binding("broken", "true", "payload.a.b.c")
    answer = place.event({})
    assert code(answer) == (500, 13)
    assert 'parameter "message"' in answer.json["message"]


def test_a_create_that_is_denied(place):
    token = place.cluster.service_account(place.namespace, "reader", MAY_SUBMIT[:2])
    place.hidden.append(token)
    place.template()
    place.binding("all", "true", '"x"')
    answer = place.event({}, token=token)
    assert code(answer) == (500, 13)
    assert "workflows" in answer.json["message"]


def test_a_body_that_is_too_long(place):
    for headers in ({}, {"Authorization": f"Bearer {place.token}"}):
        answer = place.function.send("POST", f"/api/v1/events/{place.namespace}/", b" " * 2_200_000, headers)
        assert code(answer) == (413, 3)


def test_a_body_in_pieces_is_counted_too(place):
    pieces = (b" " * 65536 for _ in range(40))
    connection = http.client.HTTPConnection("127.0.0.1", place.function.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", f"/api/v1/events/{place.namespace}/", pieces, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (413, 3)


def test_a_body_of_25_mb_gets_an_answer_that_its_sender_can_read(place):
    # As GitHub sends at most; a sender that writes on meets a closed connection instead of the answer.
    pieces = (b" " * (1 << 20) for _ in range(25))
    connection = http.client.HTTPConnection("127.0.0.1", place.function.port, timeout=20)
    with contextlib.closing(connection):
        headers = {"Content-Length": str(25 << 20), "Connection": "close"}
        connection.request("POST", f"/api/v1/events/{place.namespace}/", pieces, headers)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (413, 3)


@pytest.mark.parametrize(
    ("encoding", "change", "expected"),
    [
        pytest.param("gzip", gzip.compress, (200, None), id="gzip"),
        pytest.param("gzip", bytes, (400, 3), id="no gzip"),
        pytest.param("br", bytes, (415, 3), id="another"),
        pytest.param(
            "gzip", lambda body: gzip.compress(body + b" " * 2_200_000), (413, 3), id="too long inside"
        ),
    ],
)
def test_a_content_encoding_is_read_or_gets_a_sentence(signed, encoding, change, expected):
    body = change(b'{"ref": "refs/heads/main"}')
    headers = {"Content-Encoding": encoding}
    for answer in (signed.github(body, headers=headers), signed.event(body, headers=headers)):
        assert code(answer) == expected
        if expected[0] in (400, 415):
            assert "Content-Encoding" in answer.json["message"]
    assert len(signed.workflows()) == 2 * (expected[0] == 200)


def test_a_content_encoding_is_told_only_to_those_who_may_send(signed):
    headers = {"Content-Encoding": "gzip"}
    assert code(signed.event(b"no gzip", token="wrong", headers=headers)) == (401, 16)
    assert code(signed.github(b"no gzip", secret="wrong", headers=headers)) == (401, 16)


def test_blanks_after_a_signature_are_no_part_of_it(signed):
    body = b"{}"
    signature = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    request = (
        f"POST /api/v1/events/{signed.namespace}/ HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: push\r\n"
        f"X-Hub-Signature-256: sha256={signature} \t\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", signed.function.port), timeout=20) as connection:
        connection.sendall(request.encode() + body)
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


def test_health_is_answered_to_anybody(events):
    assert events.send("GET", "/healthz").status == 200
    assert events.send("HEAD", "/healthz").status == 200


def test_a_body_that_never_comes_holds_no_place(own):
    settings = {"KUBECONFIG": own("events"), "EVENT_CONCURRENCY": "1"}
    with (
        functions.start("events", settings) as function,
        socket.create_connection(("127.0.0.1", function.port), timeout=20) as slow,
    ):
        slow.sendall(b"POST /api/v1/events/default/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        answers = [function.send("POST", "/api/v1/events/default/", b"{}") for _ in range(20)]
        assert {code(answer) for answer in answers} == {(401, 16)}
        assert function.send("GET", "/healthz").status == 200
        # The slow one is given up.
        assert b" 408 " in slow.recv(4096).split(b"\r\n")[0]


def recorded(place, binding):
    path = f"/api/v1/namespaces/{place.namespace}/events"
    _, answer = place.cluster.request("GET", path)
    return [
        event
        for event in answer["items"]
        if event["involvedObject"]["name"] == binding
        and event["involvedObject"]["kind"] == "WorkflowEventBinding"
    ]
