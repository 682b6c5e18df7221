"""The one reader of the environment."""

import pytest

from triggerfish.errors import SettingError
from triggerfish.settings import Settings


def test_nothing_set_means_the_defaults():
    assert Settings.of({}) == Settings()


def test_a_setting_is_read_by_its_name_in_capitals():
    settings = Settings.of({"EVENT_CONCURRENCY": "8", "MODE": "shadow", "INSTANCE_ID": "blue", "HOME": "/x"})
    assert (settings.event_concurrency, settings.mode, settings.instance_id) == (8, "shadow", "blue")


def test_an_empty_setting_is_an_unset_one():
    assert Settings.of({"TICK_GRACE_SECONDS": ""}).tick_grace_seconds == 120


@pytest.mark.parametrize(
    ("variable", "text", "takes"),
    [
        pytest.param("MODE", "Active", "active, shadow", id="choices are exact"),
        pytest.param("EVENT_CONCURRENCY", "-1", "a whole number", id="negative"),
        pytest.param("EVENT_CONCURRENCY", "1e3", "a whole number", id="not a plain number"),
        pytest.param("MAX_BODY_BYTES", "²", "a whole number", id="a digit that is not ASCII"),
    ],
)
def test_a_wrong_setting_names_itself_and_what_it_takes(variable, text, takes):
    with pytest.raises(SettingError) as caught:
        Settings.of({variable: text})
    assert variable in str(caught.value)
    assert takes in str(caught.value)


def test_a_shared_token_is_not_shown():
    assert "hush" not in repr(Settings.of({"TICK_TOKEN": "hush"}))
