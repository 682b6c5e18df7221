"""The ``fields`` of a query, as Argo's server reads them."""

import pytest

from triggerfish.events_function.api.fields import BodyFields

LIST = {
    "metadata": {"resourceVersion": "1"},
    "items": [
        {"metadata": {"name": "a", "uid": "u"}, "spec": {"x": 1}, "status": {"phase": "P", "nodes": {}}}
    ],
}


@pytest.mark.parametrize(
    ("text", "item"),
    [
        pytest.param("", LIST["items"][0], id="nothing keeps all"),
        pytest.param("items.metadata.name", {"metadata": {"name": "a"}}, id="one path"),
        pytest.param("items.spec,items.status.phase", {"spec": {"x": 1}, "status": {"phase": "P"}}, id="two"),
        pytest.param(
            "-items.status.nodes,items.metadata",
            {"spec": {"x": 1}, "status": {"phase": "P"}},
            id="all but these",
        ),
    ],
)
def test_what_stays_of_a_list(text, item):
    assert BodyFields.read(text).of(LIST)["items"] == [item]


def test_what_is_not_asked_for_is_left_out():
    assert BodyFields.read("items.spec").of(LIST).keys() == {"items"}


def test_a_watch_names_its_objects_by_their_place_in_the_stream():
    fields = BodyFields.read("result.object.spec,result.type", "result.object.")
    assert fields.of(LIST["items"][0]) == {"spec": {"x": 1}}
