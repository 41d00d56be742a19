"""A gallery without sound: a clock that is told to go on, and players and renderers that remember what they hear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from soundscape.catalogue.query import parse_query
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.exhibit import Exhibit, Layer, Trigger
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.keeper import Keeper
from soundscape.exhibit.ports import Port, Row
from soundscape.exhibit.state import State

RATE_HZ, WINDOW_FRAMES, STEP_S, WARM_S = 1000, 60_000, 0.2, 8.0
HOURS = {"timezone": "UTC", "open": ["09:00-18:00"]}
OPENS = datetime(2026, 11, 3, 9, tzinfo=UTC)
TRIGGERS = (
    Trigger("door", layer="wind", rest_s=20.0),
    Trigger("class", mood={"lively": -0.3}, for_s=600.0, rest_s=0.0),
)


def exhibit_of(hours: dict[str, Any] = HOURS) -> Exhibit:
    """One layer, two triggers."""
    layers = (Layer("wind", parse_query("wind"), goes_on=True),)
    return Exhibit(Path("hall.toml"), "Hall", layers, hours_from_table(hours, where="hours"), triggers=TRIGGERS)


class HandClock:
    """Goes on, and jumps, by hand."""

    def __init__(self, begins: datetime) -> None:
        self.wall, self._steady_s = begins, 1000.0

    def now(self) -> datetime:
        return self.wall

    def steady_s(self) -> float:
        return self._steady_s

    def go(self, by_s: float) -> None:
        self.wall += timedelta(seconds=by_s)
        self._steady_s += by_s

    def jump(self, by_s: float) -> None:
        self.wall += timedelta(seconds=by_s)


class FakePort:
    """Alive until it is killed; remembers what it was told."""

    def __init__(self, clock: HandClock) -> None:
        self.clock, self.heard, self.says = clock, list[Row](), list[dict[str, Any]]()
        self.is_alive, self.hangs, self.warm_s = True, False, clock.steady_s() + WARM_S

    def send(self, row: Row) -> bool:
        self.heard.append(row)
        return self.is_alive

    def rows(self) -> list[dict[str, Any]]:
        if not self.is_alive or self.hangs:
            return []
        rows, self.says = self.says, []
        return [*rows, *self.regular()]

    def kill(self) -> None:
        self.is_alive = False

    def regular(self) -> list[dict[str, Any]]:
        """What it says all the time."""
        return [{"what": "ready"}] if self.clock.steady_s() >= self.warm_s else []

    def told(self, does: str) -> list[Row]:
        """Orders of a kind."""
        return [row for row in self.heard if row["do"] == does]


class FakePlayer(FakePort):
    """Warm after a while; plays from where it is told to."""

    def regular(self) -> list[dict[str, Any]]:
        return [*super().regular(), {"what": "status", "playing": bool(self.told("take over"))}]

    @property
    def at_s(self) -> float:
        """Second of the opening that it plays now."""
        row = [row for row in self.heard if row["do"] in ("take over", "follow")][-1]
        return float(row["frame"]) / RATE_HZ + self.clock.steady_s() - float(row["sent_s"])


class FakeGenerator(FakePort):
    """Has all windows that it is asked for at once; the key says of what they are made."""

    works = True

    def regular(self) -> list[dict[str, Any]]:
        if not self.works or not self.heard or self.clock.steady_s() < self.warm_s:
            return super().regular()
        row = self.heard[-1]
        if row["do"] != "render":
            return []
        key = f"{row['opens']} {row['wishes']} {row['left_out']}"
        return [{"what": "ready"}, *({"what": "window", "key": key, "window": n}
                                     for n in range(row["first"], row["until"]))]  # fmt: skip


class Gallery:
    """A keeper with ports that are fakes."""

    def __init__(self, folder: Path, begins: datetime, *, exhibit: Exhibit | None = None) -> None:
        self.clock, self.folder = HandClock(begins), folder
        self.players, self.generators = list[FakePlayer](), list[FakeGenerator]()
        self.log, self.state = DayLog(folder), State(folder)
        self.keeper = Keeper(exhibit or exhibit_of(), self, self.clock, self.state, self.log, rate_hz=RATE_HZ,
                             window_frames=WINDOW_FRAMES)  # fmt: skip
        self.silent_s = self.longest_s = 0.0

    def player(self) -> Port:
        self.players.append(FakePlayer(self.clock))
        return self.players[-1]

    def generator(self) -> Port:
        self.generators.append(FakeGenerator(self.clock))
        return self.generators[-1]

    @property
    def playing(self) -> FakePlayer | None:
        """Who can be heard."""
        heard = [one for one in self.players if one.is_alive and not one.hangs and one.told("take over")
                 and not one.told("shut")]  # fmt: skip
        assert len(heard) <= 1, "two play at once"
        return heard[0] if heard else None

    @property
    def off_s(self) -> float:
        """How far what plays is from where the day is."""
        assert self.playing is not None
        assert self.keeper.span is not None
        return self.playing.at_s - (self.clock.now() - self.keeper.span.opens).total_seconds()

    def go(self, for_s: float) -> None:
        """Let time pass; how long nobody was heard is remembered."""
        for _ in range(round(for_s / STEP_S)):
            self.keeper.step()
            self.silent_s = 0.0 if self.playing else self.silent_s + STEP_S
            self.longest_s = max(self.longest_s, self.silent_s)
            self.clock.go(STEP_S)

    def said(self) -> str:
        """All of today's log."""
        return "\n".join(self.log.lines(self.clock.now().date()))


def opened(folder: Path, *, after_s: float = 30.0) -> Gallery:
    """A gallery whose doors have been open for a while."""
    gallery = Gallery(folder, OPENS - timedelta(seconds=60))
    gallery.go(60.0 + after_s)
    gallery.silent_s = gallery.longest_s = 0.0
    return gallery
