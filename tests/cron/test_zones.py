"""Which database of time zones is used, and what is said of names that are not in it."""

import struct
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from triggerfish.cron.schedules import zones
from triggerfish.cron.schedules.schedule import parse
from triggerfish.errors import ScheduleError
from triggerfish.expressions import zonefiles
from triggerfish.expressions.zonefiles import Database, newest_first


def fixed(hours: int) -> bytes:
    """A zone file of one offset (RFC 8536, version 1)."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    return b"TZif" + bytes(16) + counts + struct.pack(">lbb", hours * 3600, 0, 0) + b"XXX\0"


def database(folder: Path, version: str, hours: int, *names: str, listed: tuple[str, ...] = ()) -> Database:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(fixed(hours))
    lines = [f"# version {version}", *(f"Z {name} 0 - XXX" for name in (*names, *listed))]
    (folder / "tzdata.zi").write_text("\n".join(lines))
    return Database.of(folder, folder.name)


@pytest.mark.parametrize(
    ("versions", "first"),
    [
        pytest.param(("2025b", "2026f"), "2026f", id="the system is newer"),
        pytest.param(("2026f", "2025b"), "2026f", id="the package is newer"),
        pytest.param(("2026z", "2026za"), "2026za", id="after z comes za"),
        pytest.param(("2026b-dirty", ""), "2026b", id="one that does not say its version is the last resort"),
        pytest.param(("", "2019a"), "2019a", id="any version is better than none"),
    ],
)
def test_the_newest_database_comes_first(tmp_path: Path, versions: tuple[str, str], first: str) -> None:
    both = [
        database(tmp_path / str(index), version, index, "Europe/Berlin")
        for index, version in enumerate(versions)
    ]
    assert newest_first(both)[0].version == first


def test_of_two_equal_ones_the_first_stays_first(tmp_path: Path) -> None:
    both = [database(tmp_path / name, "2026b", 1, "Europe/Berlin") for name in ("package", "system")]
    assert newest_first(both)[0].source == "package"


def test_a_file_that_is_listed_and_not_there_is_no_zone(tmp_path: Path) -> None:
    # Debian lists US/Pacific, and has its file in the package tzdata-legacy.
    newer = database(tmp_path, "2026f", 1, "Europe/Berlin", listed=("US/Pacific",))
    assert newer.zone("US/Pacific") is None
    assert newer.zone("Europe/Berlin") is not None


@pytest.mark.parametrize(
    "name", ["../Berlin", "Europe/../Europe/Berlin", "tzdata.zi", "/etc/localtime", "Europe"]
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    assert database(tmp_path, "2026f", 1, "Europe/Berlin").zone(name) is None


def test_a_broken_file_is_no_zone(tmp_path: Path) -> None:
    broken = database(tmp_path, "2026f", 1, "Europe/Berlin")
    (tmp_path / "Europe/Berlin").write_bytes(b"TZif?")
    assert broken.zone("Europe/Berlin") is None


def test_a_folder_without_a_list_is_searched(tmp_path: Path) -> None:
    found = database(tmp_path, "2026f", 1, "Europe/Berlin", "UTC", "posix/UTC", "right/UTC")
    (tmp_path / "tzdata.zi").unlink()
    (tmp_path / "zone.tab").write_text("# no zone")
    assert found.names == {"Europe/Berlin", "UTC"}


def test_a_schedule_may_have_a_database_of_its_own(tmp_path: Path) -> None:
    own = database(tmp_path, "2026f", 3, "Europe/Berlin")
    after = datetime(2026, 11, 23, tzinfo=UTC)
    assert parse("0 12 * * *", "Europe/Berlin", database=own).next(after) == after.replace(hour=9)
    assert parse("0 12 * * *", "Europe/Berlin").next(after) == after.replace(hour=11)
    with pytest.raises(ScheduleError, match="unknown time zone 'Asia/Tokyo'"):
        parse("0 12 * * *", "Asia/Tokyo", database=own)


def test_version_and_source_are_those_of_the_newest_at_hand() -> None:
    newest = max(zonefiles.at_hand(), key=lambda each: each.version)
    assert (zones.version(), zones.source()) == (newest.version, newest.source)
    assert zones.version() >= "2026f"


@pytest.mark.parametrize(
    ("version", "updated", "released"),
    [
        pytest.param(
            "2025b", "2025-01-07", date(2025, 7, 10), id="the next leap seconds come half a year on"
        ),
        pytest.param("2025c", "2025-07-07", date(2025, 12, 31), id="in its year at the latest"),
        pytest.param("2025b", "", date(2025, 12, 31), id="without leap seconds: the end of its year"),
        pytest.param("", "", None, id="no version"),
    ],
)
def test_the_latest_day_of_a_release(
    tmp_path: Path, version: str, updated: str, released: date | None
) -> None:
    found = database(tmp_path, version, 0, "UTC")
    if updated:
        seconds = int(datetime.fromisoformat(f"{updated}T00:00Z").timestamp())
        (tmp_path / "leapseconds").write_text(f"#\n#updated {seconds} ({updated} 00:00:00 UTC)\n")
    assert found.released == released


def test_a_database_over_a_year_old_is_a_warning(tmp_path: Path) -> None:
    old = database(tmp_path, "2025b", 0, "UTC")
    assert zones.warning(datetime(2026, 12, 31, tzinfo=UTC), old) == ""
    said = zones.warning(datetime(2027, 1, 1, tzinfo=UTC), old)
    assert "2025b" in said
    assert "over a year old" in said


def test_the_databases_at_hand_warn_some_day() -> None:
    assert zones.warning(datetime(2100, 1, 1, tzinfo=UTC))


# Release 2026b, which the recorded vectors have, is wrong in these.
@pytest.mark.parametrize(
    ("zone", "noon"),
    [
        ("Africa/Casablanca", "12:00"),
        ("Africa/El_Aaiun", "12:00"),
        ("America/Edmonton", "18:00"),
        ("America/Inuvik", "18:00"),
        ("America/Winnipeg", "17:00"),
        ("America/Havana", "16:00"),
    ],
)
def test_zones_that_changed_in_the_autumn_of_2026(zone: str, noon: str) -> None:
    found = parse("0 12 * * *", zone).next(datetime(2026, 11, 28, tzinfo=UTC))
    assert found is not None
    assert f"{found:%H:%M}" == noon


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("utc", "did you mean UTC?"),
        ("Z", "did you mean UTC?"),
        ("z", "did you mean UTC?"),
        ("GMT+3", "did you mean Etc/GMT-3, which is 3 hours ahead of UTC"),
        ("UTC-5", "did you mean Etc/GMT+5, which is 5 hours behind UTC"),
        ("+01:00", "did you mean Etc/GMT-1, which is 1 hour ahead of UTC"),
        ("utc+0200", "did you mean Etc/GMT-2, which is 2 hours ahead of UTC"),
        ("UTC+00:00", "did you mean UTC?"),
        ("UTC+05:30", "an offset is not a zone"),
        ("GMT+15", "an offset is not a zone"),
        ("-13", "an offset is not a zone"),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("EUROPE/BERLIN", "did you mean Europe/Berlin?"),
        ("America/New York", "did you mean America/New_York?"),
        ("Berlin", "did you mean Europe/Berlin?"),
        ("new york", "did you mean America/New_York?"),
        ("CEST", "did you mean Europe/Berlin?"),
        ("PST", "did you mean America/Los_Angeles?"),
        ("Europe/Berln", "did you mean Europe/Berlin"),
        ("Mars/Base", "use an IANA name such as Europe/Berlin"),
        ("x" * 500, "use an IANA name such as Europe/Berlin"),
    ],
)
def test_an_unknown_zone_says_what_may_be_meant(text: str, hint: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        zones.load(text)
    assert hint in str(caught.value)


def test_every_zone_that_a_hint_names_is_there() -> None:
    from triggerfish.cron.schedules import zone_names

    for name in zone_names._ABBREVIATIONS.values():
        zones.load(name)
    for hours in range(1, 15):
        zones.load(f"Etc/GMT-{hours}")
    for hours in range(1, 13):
        zones.load(f"Etc/GMT+{hours}")
