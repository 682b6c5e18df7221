"""The playground: one selector over one payload, as production would evaluate it."""

import json

import pytest


def test_a_selector_that_matches_gives_its_tree_and_the_workflow(desk):
    desk.template()
    answer = desk.evaluated(
        payload='{"message": "hello"}',
        headers="X-GitHub-Event: push",
        selector='payload.message == "hello" && metadata["x-github-event"] == ["push"]',
        parameters="message = payload.message",
        template="my-wf-tmple",
    )
    assert answer["matched"] is True
    assert "error" not in answer
    assert "note" not in answer
    assert [part["value"] for part in answer["tree"]["parts"]] == ["true", "true"]
    assert answer["workflow"]["spec"]["arguments"]["parameters"] == [{"name": "message", "value": "hello"}]
    assert answer["workflow"]["spec"]["workflowTemplateRef"] == {"name": "my-wf-tmple"}


def test_a_selector_that_does_not_match_says_which_part(desk):
    answer = desk.evaluated(payload='{"a": 1}', selector="payload.a == 1 && payload.a == 2")
    assert answer["matched"] is False
    assert [part["value"] for part in answer["tree"]["parts"]] == ["true", "false"]
    assert "workflow" not in answer


def test_a_selector_that_cannot_be_read_has_a_caret(desk):
    answer = desk.evaluated(selector="payload.a ==")
    assert answer["error"]["where"] == "Selector"
    assert "^" in answer["error"]["text"]


def test_a_selector_that_fails_says_where(desk):
    answer = desk.evaluated(selector="payload.a.b.c > 1")
    assert "^" in answer["error"]["text"]


@pytest.mark.parametrize(
    ("selector", "matched"),
    [("payload.a == 1", True), ("payload.a > 1.0", False), ("has(payload.b)", False)],
)
def test_cel_is_cel(desk, selector, matched):
    answer = desk.evaluated(payload='{"a": 1}', selector=selector, dialect="cel")
    assert answer["matched"] is matched
    assert (answer["tree"]["text"], answer["tree"]["value"]) == (selector, str(matched).lower())


def test_a_dialect_that_does_not_exist_is_an_error(desk):
    assert "jq" in desk.evaluated(dialect="jq")["error"]["text"]


@pytest.mark.parametrize(
    "payload", ["{", "[" * 100_000, '{"a": 1e', "\x00"], ids=["cut", "nested", "number", "control"]
)
def test_a_payload_that_is_no_json_is_an_error_of_the_payload(desk, payload):
    assert desk.evaluated(payload=payload)["error"]["where"] == "Payload"


def test_no_payload_is_null_as_an_empty_body_is(desk):
    assert desk.evaluated(payload="", selector="payload == nil")["matched"] is True


def test_a_payload_with_half_a_surrogate_pair_is_shown(desk):
    answer = desk.evaluated(payload='{"a": "\\ud800"}', selector='payload.a != ""')
    assert answer["matched"] is True


@pytest.mark.parametrize("line", ["message", "= payload.a", "message ="])
def test_an_argument_that_is_none_is_named_by_its_line(desk, line):
    answer = desk.evaluated(parameters=f"\n{line}", template="t")
    assert answer["error"]["where"] == "Arguments, line 2"


def test_an_argument_that_cannot_be_read_is_an_error_of_the_arguments(desk):
    answer = desk.evaluated(parameters="message = payload.", template="t")
    assert (answer["matched"], answer["error"]["where"]) == (False, "Arguments")
    assert "^" in answer["error"]["text"]


def test_a_template_that_is_not_there_is_assumed_and_that_is_said(desk):
    answer = desk.evaluated(parameters="x = 1 + 1", template="nowhere")
    assert answer["workflow"]["spec"]["arguments"]["parameters"] == [{"name": "x", "value": "2"}]
    assert "assumes" in answer["note"]


def test_a_template_that_may_not_be_read_is_assumed(desk, embedded):
    desk.template()
    stranger = embedded.service_account(desk.namespace, "stranger")
    answer = desk.evaluate(token=stranger, parameters="message = 1", template="my-wf-tmple").json
    assert answer["matched"] is True
    assert "assumes" in answer["note"]


@pytest.mark.parametrize("name", ["../../secrets/x", "<script>", "a b", "x" * 300])
def test_a_template_that_can_be_no_name_is_asked_of_nobody(desk, name):
    answer = desk.evaluate(template=name)
    assert answer.status == 200
    assert answer.json.get("note") or answer.json.get("error")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b'{"selector": 7}', b'{"payload": null}', b'{"namespace": "../x"}']
)
def test_a_question_that_is_none_is_refused(desk, body):
    headers = {"Authorization": f"Bearer {desk.token}"}
    answer = desk.function.send("POST", "/console/api/evaluate", body, headers)
    assert (answer.status, answer.json["code"]) == (400, 3)


def test_a_selector_without_end_ends(desk):
    answer = desk.evaluated(selector="len(filter(1..1000000, # % 2 == 0)) > len(filter(1..1000000, # > 2))")
    assert answer["error"]["where"] == "Selector"


def test_a_binding_opens_in_the_playground(desk):
    desk.binding(annotations={"triggerfish.dev/dialect": "expr"})
    found = desk.read("binding", id=f"{desk.namespace}/event-consumer")
    assert found["parameters"] == "message = payload.message"
    assert found["template"] == "my-wf-tmple"
    assert "my-discriminator" in found["selector"]
    assert found["dialect"] == "expr"


def test_a_binding_that_is_gone_is_not_found(desk):
    assert desk.get("binding", id=f"{desk.namespace}/gone").status == 404


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        pytest.param(
            '{"a": 1,\n\t"b": }', 'not JSON: Expecting value (2:7)\n | \t"b": }\n | \t     ^', id="its line"
        ),
        pytest.param(
            "[" + "1," * 5000 + "]",
            f"not JSON: Expecting value (1:10002)\n | {'1,' * 20}]\n | {' ' * 40}^",
            id="the end of a long line",
        ),
        pytest.param(
            "{" + " " * 5000,
            "not JSON: Expecting property name enclosed in double quotes (1:5002)\n | "
            + " " * 40
            + "\n | "
            + " " * 40
            + "^",
            id="no end",
        ),
    ],
)
def test_a_payload_that_is_no_json_has_a_caret_too(desk, payload, text):
    assert desk.evaluated(payload=payload)["error"] == {"where": "Payload", "text": text}


@pytest.mark.parametrize("dialect", ["expr", "cel"])
def test_a_selector_that_fails_shows_how_far_it_came(desk, dialect):
    answer = desk.evaluated(payload='{"a": {}}', selector="true && payload.a.b.c == 1", dialect=dialect)
    assert answer["error"]["where"] == "Selector"
    assert "^" in answer["error"]["text"]
    assert [part.get("value") for part in answer["tree"]["parts"]] == ["true", None]


def test_a_header_that_is_none_is_told_with_its_line(desk):
    answer = desk.evaluated(headers="X-A: b\n\nX-B")
    assert answer["error"] == {"where": "Headers, line 3", "text": "Headers, line 3: this is not Name: value"}


def test_what_the_git_host_would_answer_is_a_field_too(desk):
    push = {"ref": "refs/heads/x", "before": "a" * 40, "after": "b" * 40, "sender": {"login": "mona"}}
    payload = json.dumps(push | {"repository": {"full_name": "o/r"}})
    question = {"payload": payload, "selector": 'git.permission == "write"'}
    answer = desk.evaluated(**question, facts="permission: write")
    assert (answer["matched"], answer["facts"]) == (True, {"permission": '"write"'})
    answer = desk.evaluated(**question, facts="permission: {refused: GitHub answered 403}")
    assert answer["tree"]["parts"][0]["note"] == "GitHub answered 403"
    assert desk.evaluated(**question, facts="permission: owner")["error"]["where"] == "Facts: permission"
