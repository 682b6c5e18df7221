"""The fields that `lint` knows are those of Argo's own description of its API."""

import json
import os

import pytest
from tests.real.argo_fields import TARGET, table, text
from tests.real.golang import Unavailable


def test_without_go_there_is_no_table() -> None:
    with pytest.raises(Unavailable, match="no Go"):
        table({"PATH": ""})


@pytest.mark.real
def test_the_table_is_what_argo_describes() -> None:
    try:
        found = table(os.environ)
    except Unavailable as error:
        pytest.skip(str(error))
    assert TARGET.read_text() == text(found)


def test_it_leads_nowhere_else() -> None:
    """Each type that a field has is in the table; a list or a map is of one that is."""
    found = json.loads(TARGET.read_text())
    named = {kind.strip("[]{}") for fields in found["types"].values() for kind in fields.values()}
    assert named - {""} <= found["types"].keys()
    assert {*found["kinds"].values(), found["metadata"]} <= found["types"].keys()
