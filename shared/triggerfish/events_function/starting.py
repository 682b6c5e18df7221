"""What the events function checks before it serves, beside what both functions do.

What a setting needs is imported only for who has it: a cold start with the defaults checks in a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from triggerfish import settings
from triggerfish.errors import SettingError
from triggerfish.events_function.app import EventsApp
from triggerfish.events_function.routes import ServiceRoute
from triggerfish.kube.setting_checks import cluster
from triggerfish.runtime import logs, starting
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.starting import Examination
from triggerfish.settings import EVENTS, Settings


def start() -> None:
    """Check the settings of this process if it serves the events function, and import what a delivery needs.

    A platform gives the processor until a process listens, and less of it before the first request.
    """
    if starting.start(EVENTS, CHECKS, ADVICES):
        import_module("triggerfish.events_function.service")
        import_module("triggerfish.events_function.api.events")


def examine(environment: Mapping[str, str]) -> Examination:
    """The same for any environment, as a value."""
    return starting.examine(environment, CHECKS, ADVICES)


def opened(console: Callable[[], tuple[ServiceRoute, ...]]) -> EventsApp:
    """The app with the settings of this process; with the routes of the console, if it serves that."""
    logs.configure()
    read = settings.from_process()
    return EventsApp(read, Clock(), more_routes=console() if read.console == "on" else ())


def _secrets(read: Settings) -> Iterator[SettingError]:
    if read.secret_store == Settings().secret_store:
        return
    from triggerfish.secrets.store import backend_of

    async def none(namespace: str, name: str) -> Any:
        raise NotImplementedError("no Secret is read at the start")

    try:
        backend_of(read, none, Clock())
    except SettingError as error:
        yield error


def _git_hosts(read: Settings) -> Iterator[SettingError]:
    if read.has_host_settings:
        from triggerfish.hostapi.checking import host_settings

        yield from host_settings(read)


def _broker(read: Settings) -> Iterator[SettingError]:
    if not read.k_sink:
        if read.sink_audience and not read.sink_identity:
            yield SettingError("SINK_IDENTITY is unset, and SINK_AUDIENCE alone admits nobody; set both")
        if read.sink_identity and not read.sink_audience:
            yield SettingError("SINK_AUDIENCE is unset, and SINK_IDENTITY alone admits nobody; set both")
        return
    from triggerfish.sinks.sink import open_sink

    try:
        open_sink(read, Clock())
    except SettingError as error:
        yield error
    for variable, value in (("SINK_AUDIENCE", read.sink_audience), ("SINK_IDENTITY", read.sink_identity)):
        if not value:
            yield SettingError(
                f"{variable} is unset; with K_SINK set it too, or no event that the broker brings back to"
                " POST /internal/events is admitted, and every delivery is lost"
            )


def _idle(read: Settings) -> Iterator[str]:
    store = read.secret_store
    if read.secret_name and store in ("kubernetes", "file"):
        yield f"SECRET_NAME has no effect with SECRET_STORE={store}: did you mean another store?"
    if read.secret_folder and store != "file":
        yield "SECRET_FOLDER has no effect without SECRET_STORE=file"
    if read.metrics == "on" and not read.metrics_token:
        yield "METRICS is on without METRICS_TOKEN: GET /metrics answers everybody 401"


CHECKS = (cluster, _secrets, _broker, _git_hosts)
ADVICES = (_idle, starting.advice_on_reports)
