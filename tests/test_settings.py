"""The one reader of the environment."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from triggerfish.errors import SettingError
from triggerfish.settings import CLI, CONSOLE, CRON, EVENTS, Settings


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


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        pytest.param("https://argo.example.com/workflows/{namespace}/{name}", True, id="Argo's page"),
        pytest.param(
            "http://localhost:2746/w?n={name}&s={namespace}#x", True, id="anywhere in path and query"
        ),
        pytest.param("https://argo.example.com/{name}", False, id="no namespace"),
        pytest.param("https://argo.example.com/{namespace}/{name}/{uid}", False, id="another placeholder"),
        pytest.param("https://{namespace}.example.com/{name}", False, id="in the host"),
        pytest.param("javascript:alert(1)//{namespace}/{name}", False, id="a script"),
        pytest.param("argo.example.com/{namespace}/{name}", False, id="no scheme"),
        pytest.param("https:///{namespace}/{name}", False, id="no host"),
        pytest.param("https://argo.example.com/{namespace}/{name} x", False, id="a blank"),
        pytest.param('https://argo.example.com/{namespace}/{name}"', False, id="a quote"),
        pytest.param("https://argo.example.com:x/{namespace}/{name}", False, id="a port that is none"),
        pytest.param("https://argo.example.com/{namespace!r}/{name}", False, id="a conversion"),
    ],
)
def test_where_runs_are_shown(text, taken):
    if taken:
        assert Settings.of({"WORKFLOW_URL": text}).workflow_url == text
        return
    with pytest.raises(SettingError, match=r"WORKFLOW_URL is .*{namespace} and {name}"):
        Settings.of({"WORKFLOW_URL": text})


def test_a_shared_token_is_not_shown():
    assert "hush" not in repr(Settings.of({"TICK_TOKEN": "hush"}))


# Who runs the code of a room; the others are everybody's.
ROOMS = {
    "shared/triggerfish/cron_function": CRON,
    "shared/triggerfish/events_function": EVENTS,
    "shared/triggerfish/secrets": None,
    "shared/triggerfish/hostapi": None,
    "shared/triggerfish/sinks": EVENTS,
    "shared/triggerfish/console": CONSOLE,
    "shared/triggerfish/cli": CLI,
    "functions/cron": CRON,
    "functions/events": EVENTS,
    "shared/triggerfish/kube": None,
    "shared/triggerfish/cron": None,
    "shared/triggerfish/runtime": None,
}
# What these read are the settings of the functions, as they are deployed.
CLI_ROOM = Path(__file__).parents[1] / "shared" / "triggerfish" / "cli"
OF_FUNCTIONS = (CLI_ROOM / "doctor", CLI_ROOM / "connecting")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_a_setting_says_who_reads_it(setting):
    pattern = re.compile(rf"(settings|self|read)\.{setting.name}\b")
    root = Path(__file__).parents[1]
    found = {
        reader
        for room, reader in ROOMS.items()
        if any(
            pattern.search(path.read_text("utf-8"))
            for path in (root / room).rglob("*.py")
            if not any(path.is_relative_to(room) for room in OF_FUNCTIONS)
        )
    }
    stated = set(setting.metadata["readers"])
    assert found - {None} <= stated
    assert None in found or stated <= found


class TestWorkflowDefaults:
    def read(self, text):
        return json.loads(Settings.of({"WORKFLOW_DEFAULTS": text}).workflow_defaults)

    def test_json(self):
        assert self.read(' {"spec": {"entrypoint": "main"}}') == {"spec": {"entrypoint": "main"}}

    def test_a_file_of_yaml_as_argos_configuration_has_it(self, tmp_path):
        file = tmp_path / "defaults.yaml"
        file.write_text("metadata: {labels: {a: b}}\nspec:\n  entrypoint: main\n")
        assert self.read(str(file)) == {"metadata": {"labels": {"a": "b"}}, "spec": {"entrypoint": "main"}}

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("/nowhere/defaults.yaml", "the file cannot be read"),
            ("{", "neither JSON nor YAML"),
            ("{a: b", "neither JSON nor YAML"),
        ],
    )
    def test_what_is_none_stops_the_function(self, text, said):
        with pytest.raises(SettingError, match=f"WORKFLOW_DEFAULTS.*{said}"):
            self.read(text)

    def test_a_file_without_an_object(self, tmp_path):
        file = tmp_path / "defaults.yaml"
        file.write_text("- spec")
        with pytest.raises(SettingError, match="WORKFLOW_DEFAULTS is not an object"):
            self.read(str(file))
