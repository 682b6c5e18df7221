"""From a binding's JSON and an event to Workflows, or the reason why not."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.errors import SpecError
from triggerfish.events import reporting
from triggerfish.events.answer import EventOutcome, Made, body, failed
from triggerfish.events.binding import Submit, parse
from triggerfish.events.environment import METADATA_NAMES, NAMES, Event, environment
from triggerfish.events.match import Explainer, event_budget, fault, match, reason
from triggerfish.events.plan import BindingFailure, plan, templates_of
from triggerfish.expressions import metadata_environment
from triggerfish.expressions.metadata import ADDED, added
from triggerfish.workflows.labels import Creator
from triggerfish.workflows.names import Naming
from triggerfish.workflows.submitted import TemplateRef

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEMPLATE = {
    "metadata": {"name": "build"},
    "spec": {"arguments": {"parameters": [{"name": "m", "value": "d"}]}},
}
PUSH = {"ref": "refs/heads/main", "n": 7, "list": [1, 2], "repository": {"name": "r", "pushed_at": 5}}
TEXTS = {"author": "Ann & Bob <ann@x.org>", "like": "LIKE '%MyName%'", "title": "Übung 😀 <b>&"}


def binding(selector="true", *, submit=None, annotations=None, uid="u1", name="b", dialect="expr", **spec):
    submit = {"workflowTemplateRef": {"name": "build"}} | (submit or {})
    obj = {
        "metadata": {
            "namespace": "ns",
            "name": name,
            "uid": uid,
            "resourceVersion": "1",
            "annotations": annotations,
        },
        "spec": {"event": {"selector": selector}, "submit": submit, **spec},
    }
    return parse(obj, dialect)


def event(payload=PUSH, *, repeatable=True, key=b"k" * 32, occurred=None):
    creator = Creator.service_account("ns", "robot")
    return Event("ns", "d", payload, {"x-a": ["1"]}, creator, key, repeatable, NOW, occurred)


def planned(bound, happened=None, template=TEMPLATE, instance_id=""):
    happened = happened or event()
    templates = dict.fromkeys(templates_of([bound]), template)
    return plan([bound], templates, happened, environment(happened), now=NOW, instance_id=instance_id)


DEDUPLICATION = "triggerfish.dev/deduplication-key"
NAME_TAKEN = "triggerfish.dev/name-taken"


def created(bound, *arguments, **more):
    made = planned(bound, *arguments, **more)
    assert made.failures == ()
    (create,) = made.creates
    return create


def failure(bound, *arguments, **more):
    made = planned(bound, *arguments, **more)
    assert made.creates == ()
    (found,) = made.failures
    return found.message


def with_parameter(expression):
    return {"arguments": {"parameters": [{"name": "m", "valueFrom": {"event": expression}}]}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        pytest.param("payload.ref", "refs/heads/main", id="text without its quotes"),
        pytest.param("payload.n", "7", id="a number"),
        pytest.param("payload.list", "[1,2]", id="a list as JSON"),
        pytest.param("payload.repository", '{"name":"r","pushed_at":5}', id="a map as JSON"),
        pytest.param("payload.nope", "null", id="what is not there is null"),
        pytest.param("payload.n > 3", "true", id="a boolean"),
        pytest.param('"a\\"b\\n"', 'a\\"b\\n', id="JSON's escapes stay, as on Argo"),
        pytest.param("payload.author", "Ann & Bob <ann@x.org>", id="< > & of a text"),
        pytest.param("[payload.author]", '["Ann & Bob <ann@x.org>"]', id="< > & of a list"),
        pytest.param(
            "{'<k>': payload.author}", '{"<k>":"Ann & Bob <ann@x.org>"}', id="< > & of a map, keys too"
        ),
        pytest.param(
            "toJSON(payload.author)", r"\"Ann \\u0026 Bob \\u003cann@x.org\\u003e\"", id="toJSON's own"
        ),
        pytest.param(r'"\\u003c"', r"\\u003c", id="a backslash and u003c is no <"),
        pytest.param("payload.like", "LIKE '%MyName%'", id="per cent signs (argoproj/argo-workflows#7042)"),
        pytest.param("payload.title", "Übung 😀 <b>&", id="characters beyond ASCII"),
        pytest.param("event.payload.ref", "refs/heads/main", id="event is the environment itself"),
        pytest.param("namespace + discriminator", "nsd", id="the other names"),
    ],
)
def test_a_parameters_value(expression, value):
    create = created(binding(submit=with_parameter(expression)), event(PUSH | TEXTS))
    assert create.workflow["spec"]["arguments"]["parameters"] == [{"name": "m", "value": value}]


def parameter_of(payload):
    create = created(binding(submit=with_parameter("payload.value")), event({"value": payload}))
    (parameter,) = create.workflow["spec"]["arguments"]["parameters"]
    return parameter["value"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_arrives_as_it_was_sent(text):
    # In a JSON string or a quoted YAML scalar of the template it is the text again, whatever it holds.
    assert json.loads(f'"{parameter_of(text)}"') == text


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters='"\\')))
def test_a_text_without_quotes_backslashes_and_controls_arrives_letter_by_letter(text):
    assert parameter_of(text) == text


@given(st.recursive(st.text(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_lists_and_maps_arrive_as_they_were_sent(value):
    sent = json.loads(json.dumps(value))
    arrived = parameter_of({"held": [sent]})
    assert json.loads(arrived) == {"held": [sent]}
    assert not any(escape in arrived.replace("\\\\", "") for escape in (r"\u003c", r"\u003e", r"\u0026"))


def test_metadata_is_text_from_the_larger_language():
    metadata = {
        "generateName": '"push-" + sprig.lower("ABC") + "-"',
        "labels": {"branch": 'sprig.trimPrefix("refs/heads/", payload.ref)'},
        "annotations": {"note": "toJson(payload.list)"},
    }
    create = created(binding(submit={"metadata": metadata}))
    assert create.name.startswith("push-abc-")
    assert create.workflow["metadata"]["labels"]["branch"] == "main"
    assert create.workflow["metadata"]["annotations"]["note"] == "[1,2]"


def test_a_name_that_the_binding_fixes():
    create = created(binding(submit={"metadata": {"name": '"fixed-" + payload.repository.name'}}))
    assert (create.name, create.naming) == ("fixed-r", Naming.FIXED)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param({}, {}, True, id="the same delivery"),
        pytest.param({}, {"key": b"l" * 32}, False, id="another delivery"),
    ],
)
def test_names_follow_from_the_delivery(one, other, same):
    assert (created(binding(), event(**one)).name == created(binding(), event(**other)).name) is same


def test_two_bindings_make_two_names_of_one_delivery():
    assert created(binding(uid="u1")).name != created(binding(uid="u2")).name


def test_randomness_in_an_expression_follows_from_the_delivery():
    bound = binding(submit={"metadata": {"name": "sprig.lower(sprig.randAlpha(8))"}})
    assert created(bound).name == created(bound).name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param(
            {"metadata": {"name": "payload.n"}},
            "workflow name expression must evaluate to a string, not 7",
            id="a name that is a number",
        ),
        pytest.param(
            {"metadata": {"labels": {"l": "payload.a.b"}}},
            'evaluate workflow label "l" expression',
            id="a label",
        ),
        pytest.param(
            with_parameter("payload.a.b"), 'evaluate workflow parameter "m" expression', id="an argument"
        ),
        pytest.param(
            with_parameter("payload.("), "spec.submit.arguments.parameters[0].valueFrom.event", id="syntax"
        ),
        pytest.param(
            {"arguments": {"parameters": [{"name": "m", "value": "x"}]}},
            "parameter 'm' has no expression",
            id="an argument that is no expression",
        ),
        pytest.param({"arguments": {"parameters": [7]}}, "parameters[0].name", id="no parameter"),
        pytest.param({"arguments": {"parameters": {}}}, None, id="an empty map is no list, and nothing"),
        pytest.param({"workflowTemplateRef": {}}, "workflowTemplateRef.name", id="no template"),
        pytest.param({"metadata": []}, "spec.submit.metadata", id="metadata that is a list"),
    ],
)
def test_what_fails_after_a_match_names_the_field(given, message):
    if message is None:
        assert created(binding(submit=given)).workflow["spec"] == {"workflowTemplateRef": {"name": "build"}}
    else:
        assert message in failure(binding(submit=given))


@pytest.mark.parametrize(
    ("template", "instance_id", "message"),
    [
        pytest.param("not found", "", "failed to get workflow template: not found", id="missing"),
        pytest.param(TEMPLATE, "mine", "belongs to another instance", id="another instance's"),
        pytest.param(
            {"metadata": {}, "spec": {"arguments": {"parameters": [{"name": "must"}]}}},
            "",
            "needs a value for must",
            id="an argument that nobody gives",
        ),
    ],
)
def test_a_template_that_will_not_do(template, instance_id, message):
    assert message in failure(binding(), template=template, instance_id=instance_id)


def test_one_bindings_failure_is_its_own():
    good, bad = binding(uid="1"), binding(uid="2", submit=with_parameter("payload.a.b"))
    happened = event()
    made = plan([bad, good], {TemplateRef("build"): TEMPLATE}, happened, environment(happened), now=NOW)
    assert [create.binding for create in made.creates] == [good]
    assert [found.binding for found in made.failures] == [bad]


def test_a_binding_that_submits_nothing_is_idle():
    bound = parse({"metadata": {"name": "b"}, "spec": {"event": {"selector": "true"}}}, "expr")
    assert planned(bound).idle == (bound,)


@pytest.mark.parametrize(
    ("annotations", "policy", "grouped"),
    [
        pytest.param({}, "Allow", False, id="no policy"),
        pytest.param(
            {"triggerfish.dev/concurrency-policy": "Replace"}, "Replace", True, id="a policy for all runs"
        ),
        pytest.param(
            {
                "triggerfish.dev/concurrency-policy": "Forbid",
                "triggerfish.dev/concurrency-key": "payload.repository.name",
            },
            "Forbid",
            True,
            id="a key",
        ),
        pytest.param(
            {
                "triggerfish.dev/concurrency-policy": "Replace",
                "triggerfish.dev/concurrency-key": "payload.nope",
            },
            "Allow",
            False,
            id="no key: it meets nobody",
        ),
        pytest.param(
            {"triggerfish.dev/concurrency-key": "payload.ref"}, "Allow", False, id="a key without a policy"
        ),
    ],
)
def test_which_runs_must_not_meet(annotations, policy, grouped):
    create = created(binding(annotations=annotations))
    assert (create.policy.value, bool(create.group)) == (policy, grouped)
    assert ("triggerfish.dev/concurrency-key" in create.workflow["metadata"]["labels"]) is grouped


@pytest.mark.parametrize(
    ("order", "happened", "expected"),
    [
        pytest.param(None, event(), "5.0", id="what the payload says"),
        pytest.param(None, event(occurred=9.0), "9.0", id="what the CloudEvent says"),
        pytest.param("payload.n", event(), "7.0", id="what the binding says"),
        pytest.param(None, event({}), None, id="nothing says it"),
    ],
)
def test_what_tells_older_from_newer(order, happened, expected):
    annotations = {"triggerfish.dev/concurrency-policy": "Replace"}
    annotations |= {"triggerfish.dev/concurrency-order": order} if order else {}
    create = created(binding(annotations=annotations), happened)
    assert create.workflow["metadata"]["annotations"].get("triggerfish.dev/occurred") == expected


@pytest.mark.parametrize(
    ("selector", "wrong"),
    [
        pytest.param("namespace == 1", "mismatched types string and int", id="a namespace is a text"),
        pytest.param("first(discriminator)", "cannot use string", id="so is a discriminator"),
        pytest.param("metadata + 1 == 2", "mismatched types map", id="metadata is a map"),
        pytest.param("nope(payload)", "unknown name nope", id="an unknown name that is called"),
        pytest.param(
            "event.payload.x == 1 && payload + 1 == 2 && git.fork", None, id="a payload may be anything"
        ),
    ],
)
def test_a_selector_that_no_event_can_satisfy_is_an_error_of_the_binding(selector, wrong):
    parsed = binding(selector).selector
    assert (wrong in str(parsed)) if wrong else not isinstance(parsed, SpecError)


@pytest.mark.parametrize(
    ("annotations", "field"),
    [
        ({"triggerfish.dev/concurrency-policy": "Maybe"}, "concurrency-policy"),
        ({"triggerfish.dev/concurrency-key": "payload.("}, "concurrency-key"),
    ],
)
def test_a_concurrency_annotation_that_is_wrong_is_named(annotations, field):
    assert field in failure(binding(annotations=annotations))


@pytest.mark.parametrize(
    ("selector", "payload", "matched", "why"),
    [
        pytest.param('payload.ref == "refs/heads/main"', PUSH, True, None, id="true"),
        pytest.param(
            'payload.n == 7 && payload.ref == "x"',
            PUSH,
            False,
            'payload.ref == "x" is false: payload.ref is "refs/heads/main"',
            id="false: the part that is",
        ),
        pytest.param('payload.pull_request.head.ref == "x"', PUSH, False, "failed", id="another payload"),
        pytest.param("payload.ref", PUSH, False, "neither true nor false", id="text"),
        pytest.param("1", PUSH, False, "", id="a number"),
        pytest.param("payload.(", PUSH, False, "spec.event.selector", id="syntax"),
        pytest.param("paylod.ref", PUSH, False, "payload", id="a near miss is suggested"),
        pytest.param("", PUSH, False, "spec.event.selector: there is no expression", id="none"),
        pytest.param('payload matches "("', "x", False, "", id="a pattern that is none"),
    ],
)
def test_matching_and_the_reason_why_not(selector, payload, matched, why):
    bound = binding(selector)
    names = environment(event(payload))
    found = match([bound], names, NOW, b"k")
    assert (len(found.matched), len(found.others) + len(found.faulty)) == ((1, 0) if matched else (0, 1))
    if not matched:
        told = [reason(Explainer(names, NOW, b"k")(other)) for other in found.others] + [
            fault(one) for one in found.faulty
        ]
        assert why in told[0]


@pytest.mark.parametrize(
    "obj",
    [
        {},
        {"metadata": None, "spec": None},
        {"metadata": {"annotations": 7}},
        {"spec": 7},
        {"spec": {"event": 7, "submit": 7}},
        {
            "metadata": {"annotations": {"triggerfish.dev/dialect": "java"}},
            "spec": {"event": {"selector": "true"}},
        },
    ],
)
def test_a_binding_in_disorder_is_one_that_never_matches(obj):
    assert isinstance(parse(obj, "expr").selector, SpecError)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["event", "selector", "submit", "metadata", "name", "x"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "kind"]), json_values))
def test_any_object_is_parsed(obj):
    parsed = parse(obj, "expr")
    assert parsed.submit is None or isinstance(parsed.submit, SpecError | Submit)


def test_cel_is_chosen_by_annotation():
    bound = binding('payload.ref.startsWith("refs/heads/")', annotations={"triggerfish.dev/dialect": "cel"})
    assert bound.dialect == "cel"
    names = environment(event())
    assert match([bound], names, NOW, b"").matched == (bound,)


def outcome(others=0, failures=()):
    names = environment(event())
    found = match([binding("false", name=f"n{n}") for n in range(others)], names, NOW, b"")
    made = (Made(binding(name="hit"), "w-1", created=True),)
    return EventOutcome(made, (), tuple(failures), (), found.others, (), Explainer(names, NOW, b""))


@pytest.mark.parametrize(
    ("detail", "shown", "more"),
    [pytest.param("summary", 20, 5, id="twenty, then a count"), pytest.param("full", 25, None, id="all")],
)
def test_how_much_the_answer_says(detail, shown, more):
    answer = body([outcome(25)], detail)
    assert answer["workflows"] == ["w-1"]
    assert sum(not told["matched"] for told in answer["bindings"]) == shown
    assert answer.get("more") == more


def test_an_answer_can_say_nothing():
    assert body([outcome(3)], "none") == {}


def test_a_failure_is_a_code_and_a_message_with_the_name():
    outcomes = [outcome(1, [BindingFailure(binding(name="bad"), "no template")])]
    answer = failed(outcomes, body(outcomes, "summary"))
    assert (answer["code"], answer["message"]) == (13, "failed to dispatch event: bad: no template")
    assert json.loads(json.dumps(answer))["workflows"] == ["w-1"]


def named(annotations, submit=None, uid="u1", **happened):
    bound = binding(annotations=annotations, submit=submit, uid=uid)
    create = created(bound, event(**happened))
    return create.name, create.naming


@pytest.mark.parametrize("key", ["payload.ref", "payload.repository"], ids=["a text", "an object"])
def test_events_with_an_equal_deduplication_key_make_one_workflow(key):
    # A repository's hook and its organization's: other ids, other bodies, other secrets.
    annotations = {DEDUPLICATION: key}
    one = named(annotations, key=b"1" * 32)
    two = named(annotations, key=b"2" * 32, payload={**PUSH, "sender": 2}, repeatable=False)
    assert one == two
    assert one[1] is Naming.DERIVED
    assert one != named({}, key=b"1" * 32)
    assert one != named(annotations, key=b"1" * 32, uid="u2")
    assert one != named(annotations, payload={**PUSH, "ref": "x", "repository": {}})


@pytest.mark.parametrize("key", ["payload.nope", '""'], ids=["nil", "empty"])
def test_without_a_value_of_the_key_the_delivery_tells_events_apart(key):
    names = {
        named({DEDUPLICATION: key}, key=b"1" * 32),
        named({DEDUPLICATION: key}, key=b"2" * 32),
        named({}, key=b"1" * 32),
    }
    assert len(names) == 2


def test_chance_in_a_name_follows_from_the_deduplication_key():
    submit = {"metadata": {"generateName": 'sprig.randAlpha(5) + "-"'}}
    annotations = {DEDUPLICATION: "payload.ref"}
    assert named(annotations, submit, key=b"1" * 32) == named(annotations, submit, key=b"2" * 32)


def test_a_deduplication_key_that_fails_is_a_failure():
    (failure,) = planned(binding(annotations={DEDUPLICATION: "payload.n.x.y"})).failures
    assert "annotation deduplication-key" in failure.message


def test_a_wrong_binding_keeps_nothing_of_the_events_that_it_fails():
    bound = binding(annotations={NAME_TAKEN: "perhaps"})
    for _ in range(2):
        (failure,) = planned(bound).failures
        assert str(bound.submit) == failure.message
        assert bound.submit.__traceback__ is None


def test_a_wrong_report_keeps_nothing_of_the_events_that_it_fails():
    report, happened = SpecError("annotation x", "is wrong", "right it"), event()
    for _ in range(2):
        with pytest.raises(SpecError, match="annotation x: is wrong; right it") as caught:
            reporting.context(report, happened, environment(happened), NOW, event_budget())
        assert (caught.value.field, caught.value.fix) == ("annotation x", "right it")
        assert report.__traceback__ is None


@pytest.mark.parametrize("wrong", ["true", "Exists", 7])
def test_what_a_taken_name_means_is_one_of_two_words(wrong):
    found = binding(annotations={NAME_TAKEN: wrong}).submit
    assert isinstance(found, SpecError)
    assert "write fail or exists" in str(found)


def test_only_an_expression_that_uses_sprig_waits_for_it():
    """Thirty modules: their import took the first delivery 14 ms, which counted as costly work for 10 s."""
    program = (
        "import sys; from tests.events.test_plan import binding, created\n"
        "metadata = {'name': 'payload.repository.name', 'labels': {'a': 'event.metadata[\"x-a\"][0]'}}\n"
        "created(binding(submit={'metadata': metadata}))\n"
        "modules = ('triggerfish.expressions.sprig', 'triggerfish.expressions.jsonpath')\n"
        "print([name for name in modules if name in sys.modules])\n"
        "created(binding(submit={'metadata': {'name': 'sprig.lower(\"A\")'}}))\n"
        "print([name for name in modules if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    first, then = done.stdout.splitlines()
    assert (first, then) == ("[]", "['triggerfish.expressions.sprig', 'triggerfish.expressions.jsonpath']")


def test_the_names_that_metadata_has_besides_are_those_that_have_a_value():
    assert added().keys() == ADDED
    assert set(METADATA_NAMES) - set(NAMES) == ADDED
    larger = metadata_environment({"payload": 1, "sprig": 2})
    assert set(larger) == {*ADDED, "payload"}
    assert len(larger) == len(ADDED) + 1
    assert "toJson" in larger
    assert "payload" in larger
    assert "git" not in larger
    assert larger["sprig"] is added()["sprig"]
