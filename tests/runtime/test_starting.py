"""What is wrong with a function's settings is known before it serves, all of it, with the fix."""

import json

import pytest
from tests.support.wrong_settings import TABLE, good

import triggerfish
from triggerfish.cron_function import starting as cron
from triggerfish.events_function import starting as events
from triggerfish.runtime.misspelt import sentences
from triggerfish.runtime.starting import introduction
from triggerfish.settings import Settings

AWS = {
    "SECRET_STORE": "aws",
    "SECRET_NAME": "webhooks-{namespace}",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "A",
    "AWS_SECRET_ACCESS_KEY": "hush",
}
AZURE = {
    "SECRET_STORE": "azure",
    "SECRET_NAME": "https://v.vault.azure.net/secrets/webhooks-{namespace}",
    "IDENTITY_ENDPOINT": "http://127.0.0.1:9/",
}
FUNCTIONS = {"cron": cron, "events": events}


def test_there_are_thirty():
    assert len(TABLE) >= 30


@pytest.mark.parametrize("wrong", TABLE, ids=lambda wrong: wrong.name)
def test_every_error_is_told_with_its_fix(wrong, tmp_path):
    found = FUNCTIONS[wrong.function].examine(wrong.given(tmp_path))
    expected = wrong.sentences(tmp_path)
    assert [str(error) for error in found.wrong] == expected
    assert all(error.variable for error in found.wrong)
    assert all(sentence in found.sentence for sentence in expected)
    assert "hush" not in found.sentence


@pytest.mark.parametrize("function", FUNCTIONS)
def test_good_settings_are_not_found_fault_with(function, tmp_path):
    (tmp_path / "secrets").mkdir()
    more = {
        "WEBHOOK_IDENTITY": "legacy",
        "SECRET_STORE": "file",
        "SECRET_FOLDER": str(tmp_path / "secrets"),
        "K_SINK": "pubsub://projects/p/topics/t",
        "SINK_AUDIENCE": "events",
        "SINK_IDENTITY": "system:serviceaccount:knative:broker",
        "DEFAULT_TIMEZONE": "Europe/Berlin",
        "CONSOLE": "on",
        "MANAGED_NAMESPACE": "argo",
        "INSTANCE_ID": "blue",
        "TICK_EVERY": "60",
        "TICK_TOKEN": "hush",
        "HEARTBEAT_URL": "https://hc-ping.com/hush",
        "METRICS": "on",
        "METRICS_TOKEN": "hush",
    }
    for settings in ({}, more):
        environment = {**good(tmp_path), **settings}
        found = FUNCTIONS[function].examine(environment)
        assert (found.wrong, found.advice) == ((), ())
        assert found.settings == Settings.of(environment)


@pytest.mark.parametrize(
    ("function", "environment", "says"),
    [
        ("cron", {"WORKERS": "4"}, "WORKERS is 4: limits, caches and metrics are of each worker"),
        ("cron", {"TICK_EVERY": "60", "K_SERVICE": "cron"}, "Use Cloud Scheduler or a PingSource"),
        ("cron", {"TICK_EVERY": "60", "K_SERVICE": "cron", "CPU_ALWAYS": "on"}, None),
        ("cron", {"K_SERVICE": "cron"}, None),
        ("cron", {"TICK_SHARDS": "4"}, "TICK_SHARDS has no effect without TICK_EVERY"),
        ("events", {"SECRET_NAME": "projects/p/secrets/s"}, "no effect with SECRET_STORE=kubernetes"),
        ("events", {"SECRET_STORE": "google", "SECRET_NAME": "projects/p/secrets/s-{namespace}"}, None),
        ("events", AWS, None),
        ("events", AZURE, None),
        ("events", {"SECRET_FOLDER": "/secrets"}, "no effect without SECRET_STORE=file"),
        ("events", {"METRICS": "on"}, "METRICS is on without METRICS_TOKEN"),
        ("cron", {"METRICS": "on"}, None),
    ],
)
def test_what_may_be_meant_otherwise_is_a_warning(function, environment, says, tmp_path):
    found = FUNCTIONS[function].examine({**good(tmp_path), **environment})
    assert found.wrong == ()
    assert len(found.advice) == (says is not None)
    assert says is None or says in found.advice[0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EVENTS_CONCURRENCY", "EVENT_CONCURRENCY"),
        ("EVENT_CONCURENCY", "EVENT_CONCURRENCY"),
        ("TOKEN_TICK", "TICK_TOKEN"),
        ("TIKC_TOKEN", "TICK_TOKEN"),
        ("TICK_DEADLINE", "TICK_DEADLINE_SECONDS"),
        ("MAX_BODY", "MAX_BODY_BYTES"),
        ("MANAGED_NAMESPACES", "MANAGED_NAMESPACE"),
        ("TRIGGERFISH_TICK_EVERY", "TICK_EVERY"),
        ("managed_namespace", "MANAGED_NAMESPACE"),
        ("SECRET-STORE", "SECRET_STORE"),
        ("DEFAULT_TIME_ZONE", "DEFAULT_TIMEZONE"),
    ],
)
def test_a_variable_that_is_almost_a_setting_is_told(name, meant):
    assert sentences([name, "PATH"]) == [
        f"the variable {name} is no setting, and is not read; did you mean {meant}?"
    ]


def test_what_platforms_set_is_no_typo():
    theirs = """
        PATH HOME HOSTNAME PORT NODE LANG PWD SHLVL TERM USER PYTHONUNBUFFERED FUNCTION_TARGET
        FUNCTION_SOURCE FUNCTION_SIGNATURE_TYPE K_SERVICE K_REVISION K_CONFIGURATION
        K_CE_OVERRIDES CLOUD_RUN_TIMEOUT_SECONDS KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT
        KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT KUBERNETES_PORT_443_TCP_PORT
        TRIGGERFISH_CRON_SERVICE_HOST TRIGGERFISH_CRON_SERVICE_PORT TRIGGERFISH_CRON_PORT
        TRIGGERFISH_EVENTS_SERVICE_PORT_HTTP GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT
        LOG_LEVEL GUNICORN_LOG_LEVEL SSL_CERT_FILE HTTPS_PROXY NO_PROXY
    """
    assert sentences(theirs.split()) == []


def test_the_line_of_the_start_says_how_the_function_is_set_up_and_hides_secrets():
    chosen = Settings.of(
        {
            "TICK_TOKEN": "hush",
            "METRICS_TOKEN": "hush",
            "HEARTBEAT_URL": "https://hush.example.com",
            "K_SINK": "https://me:hush@broker.example.com/a",
            "MODE": "shadow",
            "TICK_EVERY": "60",
            "GKE_CA": "A" * 1000,
        }
    )
    line = introduction("cron", chosen)
    assert line["settings"] == {
        "GKE_CA": "A" * 200 + "…",
        "MODE": "shadow",
        "TICK_EVERY": 60,
        "HEARTBEAT_URL": "(set)",
        "TICK_TOKEN": "(set)",
        "METRICS_TOKEN": "(set)",
        "K_SINK": "https://broker.example.com/a",
    }
    assert (line["function"], line["version"]) == ("cron", triggerfish.__version__)
    assert line["zones"]["version"] >= "2026f"
    assert "hush" not in json.dumps(line)
