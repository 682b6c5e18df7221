"""What the cron function checks before it serves, beside what both functions do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from triggerfish import settings
from triggerfish.cron_function.app import CronApp
from triggerfish.errors import SettingError
from triggerfish.kube.setting_checks import cluster
from triggerfish.runtime import logs, starting
from triggerfish.runtime.clock import Clock
from triggerfish.runtime.starting import Examination, is_url
from triggerfish.settings import CRON, Settings


def start() -> None:
    """Check the settings of this process if it serves the cron function."""
    starting.start(CRON, CHECKS, ADVICES)


def examine(environment: Mapping[str, str]) -> Examination:
    """The same for any environment, as a value."""
    return starting.examine(environment, CHECKS, ADVICES)


def opened() -> CronApp:
    """The app with the settings of this process."""
    logs.configure()
    return CronApp(settings.from_process(), Clock())


def _callers(read: Settings) -> Iterator[SettingError]:
    if bool(read.tick_audience) != bool(read.tick_identity):
        missing, given = ("TICK_IDENTITY", "TICK_AUDIENCE")
        if read.tick_identity:
            missing, given = given, missing
        yield SettingError(f"{missing} is unset, and {given} alone admits nobody; set both, or TICK_TOKEN")


def _ticking(read: Settings) -> Iterator[SettingError]:
    if not read.tick_every:
        return
    if read.workers > 1:
        yield SettingError(
            f"WORKERS is {read.workers}; with TICK_EVERY it takes 1, as each worker would tick by itself:"
            " run more instances"
        )
    if read.tick_every == 1:
        yield SettingError("TICK_EVERY is 1; it takes 0, or from 2 to 3600: a tick needs a second at least")
    elif read.tick_deadline_seconds >= read.tick_every:
        yield SettingError(
            f"TICK_DEADLINE_SECONDS is {read.tick_deadline_seconds}; with TICK_EVERY={read.tick_every} it"
            f" takes less than that, such as {max(1, read.tick_every * 5 // 6)}"
        )
    if read.tick_audience and not read.tick_token:
        yield SettingError(
            "TICK_TOKEN is unset; with TICK_EVERY and TICK_AUDIENCE set it too: the function has no OIDC"
            " token for its own tick"
        )


def _git_hosts(read: Settings) -> Iterator[SettingError]:
    if read.has_host_settings:
        from triggerfish.hostapi.checking import host_settings

        yield from host_settings(read)


def _heartbeat(read: Settings) -> Iterator[SettingError]:
    if read.heartbeat_url and not is_url(read.heartbeat_url):
        # The URL may hold a secret.
        yield SettingError("HEARTBEAT_URL is no URL; it takes one that begins with https:// or http://")


def _platform(read: Settings) -> Iterator[str]:
    if read.tick_every and read.k_service and read.cpu_always == "off":
        yield (
            "TICK_EVERY is set on Cloud Run or Knative (K_SERVICE), where an instance may have no CPU between"
            " requests, or none may run: ticks would stop in silence. Use Cloud Scheduler or a PingSource"
            " instead; or let an instance always run with its CPU, and set CPU_ALWAYS=on"
        )
    if read.tick_shards > 1 and not read.tick_every:
        yield "TICK_SHARDS has no effect without TICK_EVERY: the caller of the tick says the shard"


CHECKS = (cluster, _callers, _ticking, _heartbeat, _git_hosts)
ADVICES = (_platform, starting.advice_on_reports)
