"""What each dependency costs at import: processor time of a process that imports it, less a bare one's."""

import resource
import subprocess
import sys

import pytest

MODULES = [
    "functions_framework.aio",
    "kubernetes",
    "croniter",
    "celpy",
    "cryptography.hazmat.primitives.serialization",
    "google.cloud.secretmanager",
    "yaml",
    "aiohttp",
    "google.auth",
    "re2",
    "icalendar",
    "orjson",
    "prometheus_client",
    "recurring_ical_events",
    "tzdata",
    "uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn_worker",
    "httptools",
    "opentelemetry.sdk.trace",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
]


def seconds(code: str) -> float:
    """Processor seconds of a fresh interpreter that runs ``code``: the best of five."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(5))


@pytest.fixture(scope="module")
def bare() -> float:
    return seconds("pass")


@pytest.mark.parametrize("module", MODULES)
def test_import(module, bare, record):
    record(f"import {module}", (seconds(f"import {module}") - bare) * 1000, "ms", detail="processor time")
