"""docs/events.md names every route, every metric and every annotation of events."""

import re
from pathlib import Path

from triggerfish import annotations as keys
from triggerfish.events_function.metrics import EventMetrics
from triggerfish.events_function.routes import ROUTES

PAGE = (Path(__file__).parents[2] / "docs" / "events.md").read_text()


def test_every_route_is_there():
    for route in ROUTES:
        folder, _, verb = route.pattern.rpartition("/")
        if verb in ("stop", "terminate", "suspend", "resume"):
            (row,) = [
                row for row in PAGE.splitlines() if f"| {route.method} `{folder}/" in row and "suspend" in row
            ]
            assert f"/{verb}`" in row
            continue
        names = {route.pattern, route.pattern + "/{discriminator}", route.pattern + "/{namespace}"}
        assert any(f"`{name}`" in PAGE for name in names), route.pattern


def test_every_metric_is_there():
    metrics = EventMetrics()
    shown = set(re.findall(r"^# TYPE (\w+) ", metrics.text().decode(), re.MULTILINE))
    names = {name for name in shown if not name.endswith("_created")}
    missing = {name for name in names if name not in PAGE}
    assert names
    assert not missing


def test_every_annotation_is_there():
    for name in set(keys.OF_BINDINGS) - {keys.DIALECT}:
        assert f"`{name}`" in PAGE
