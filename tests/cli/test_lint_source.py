"""Where a field of a manifest stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.cli.lint.source import UnreadableFile, manifests

TEXT = """\
# a comment
kind: CronWorkflow
metadata:
  name: hourly
spec:
  schedules:
    - "0 * * * *"
    - "61 * * * *"
---
apiVersion: v1
kind: List
items:
  - kind: WorkflowTemplate
    metadata: {name: one}
  - kind: WorkflowTemplate
    metadata:
      name: two
---
---
{"kind": "WorkflowEventBinding",
 "metadata": {"name": "json"}}
"""


def test_every_object_is_found_and_lists_are_taken_apart():
    found = [(manifest.kind, manifest.name) for manifest in manifests(TEXT, "a.yaml")]
    assert found == [
        ("CronWorkflow", "hourly"),
        ("WorkflowTemplate", "one"),
        ("WorkflowTemplate", "two"),
        ("WorkflowEventBinding", "json"),
    ]


@pytest.mark.parametrize(
    ("index", "field", "line"),
    [
        pytest.param(0, "", 2, id="the object itself"),
        pytest.param(0, "spec.schedules[1]", 8, id="an item of a list"),
        pytest.param(0, "spec.schedules[7]", 6, id="an item that is not there: its list"),
        pytest.param(0, "spec.workflowSpec.entrypoint", 5, id="a field that is not there: the one around it"),
        pytest.param(0, "status", 2, id="nothing of it is there: the object"),
        pytest.param(2, "metadata.name", 17, id="inside a List"),
        pytest.param(3, "metadata", 21, id="JSON is YAML"),
    ],
)
def test_the_line_of_a_field(index, field, line):
    assert list(manifests(TEXT, "a.yaml"))[index].line(field) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a: 1\nb: [", 2, id="ends in the middle"),
        pytest.param("a: 1\n\tb: 2", 2, id="a tab"),
        pytest.param("- a\n- b", 1, id="a list"),
        pytest.param("a: 1\n---\njust words", 3, id="a text"),
        pytest.param("a: !!python/object:os.system {}", 1, id="a tag that would make an object"),
        pytest.param("a: \x00", 1, id="a control character"),
    ],
)
def test_what_cannot_be_read_names_its_line(text, line):
    with pytest.raises(UnreadableFile) as caught:
        list(manifests(text, "a.yaml"))
    assert caught.value.line == line


def test_an_alias_of_itself_ends():
    assert next(manifests("a: &x [*x]", "a.yaml")).line("a[0]") == 1


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#\n\t 01,?", max_size=60))
def test_any_text_is_manifests_or_unreadable(text):
    try:
        lines = [manifest.lines[""] for manifest in manifests(text, "x")]
    except UnreadableFile as error:
        lines = [error.line]
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.parametrize("text", ["2026-12-24", "2026-13-01", "2026-12-24T10:00:00Z"])
def test_what_looks_like_a_date_is_text_as_it_is_for_kubectl(text):
    """An annotation of a day without quotes was a date, and one of no such day made the file unreadable."""
    (found,) = manifests(f"metadata: {{annotations: {{triggerfish.dev/exclude: {text}}}}}", "a.yaml")
    assert found.body["metadata"]["annotations"] == {"triggerfish.dev/exclude": text}
