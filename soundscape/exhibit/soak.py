"""A rehearsal of many days on a fast clock: the real planner, renderer, deck, body and keeper, with time that is given.

Players live in this process (`soundscape.exhibit.standins`), so that hundreds of deaths take no time; the renderer has
one of its own. That real players can be killed is shown elsewhere, by tests that kill them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from soundscape.audio.loudness import Energies, gated_lufs
from soundscape.catalogue.catalogue import Catalogue
from soundscape.exhibit.daylog import DayLog
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.faults import LASTS_S, Fault, FaultyPool, FaultyStems, faults
from soundscape.exhibit.heap import give_back_what_is_large
from soundscape.exhibit.hours import CLOSED, Span
from soundscape.exhibit.keeper import Keeper
from soundscape.exhibit.planner import plan_span
from soundscape.exhibit.player import rss_mb
from soundscape.exhibit.ports import Port
from soundscape.exhibit.rehearsed import Renders
from soundscape.exhibit.repetition import repetition_of
from soundscape.exhibit.standins import BLOCK_FRAMES, LOADING_S, FastClock, Nobody, PlayerHere, RendererThere
from soundscape.exhibit.state import State
from soundscape.exhibit.stems import Stems
from soundscape.exhibit.windows import window_frames
from soundscape.progress import Progress, quiet
from soundscape.units import Samples

SILENT_DB, LONGEST_SILENCE_S, SETTLES_S = -80.0, 2.0, 25.0
_QUIET = 10.0 ** (SILENT_DB / 20.0)
_DOORS_S = 6.0
_WAITS_S = 60.0
MOST_ERRORS = 100


@dataclass
class Suffered:
    """A fault, and what became of it."""

    fault: Fault
    at: datetime
    silence_s: float = 0.0
    state: str = ""

    def row(self) -> dict[str, Any]:
        """As plain values."""
        return {"at": self.at.isoformat(), "kind": self.fault.kind, "silence_s": round(self.silence_s, 2),
                "state": self.state}  # fmt: skip


@dataclass
class Soaked:
    """What a rehearsal found."""

    days: int
    open_s: float = 0.0
    wall_s: float = 0.0
    gaps: list[dict[str, Any]] = field(default_factory=list)
    """Stretches of more than two seconds below -80 dBFS while the doors were open."""
    schedule_errors: list[str] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    """Days on which a combination came again within four hours."""
    loudness_by_hour: list[dict[str, Any]] = field(default_factory=list)
    memory_mb_by_day: list[float] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    keeper_errors: int = 0
    longest_silence_s: float = 0.0

    def as_row(self) -> dict[str, Any]:
        """As one JSON object."""
        return {**self.__dict__, "hour_s": self.wall_s / max(self.open_s / 3600.0, 1e-9)}


class Soak:
    """Rehearses days of an exhibit.

    Parameters
    ----------
    folder
        For windows, state and log.
    pool
        Where decoded takes are kept.
    begins
        First day, at midnight of the gallery.
    n_faults
        How many things go wrong, at times drawn by the exhibit's seed.
    """

    def __init__(self, exhibit: Exhibit, catalogue: Catalogue, folder: Path, pool: FaultyPool, *, begins: datetime,
                 days: int, n_faults: int = 0, progress: Progress = quiet) -> None:  # fmt: skip
        self._exhibit, self._catalogue, self._pool, self._progress = exhibit, catalogue, pool, progress
        self._folder, self._stems, self._beds = folder, FaultyStems(folder / "windows"), Stems(folder / "beds")
        self._renders = Renders(exhibit, catalogue, self._stems, self._beds, pool)
        self._clock = FastClock(begins)
        self._days, self._rate_hz = days, pool.rate_hz
        self._is_catalogue_gone = False
        self._players: list[PlayerHere] = []
        self._renderers: list[RendererThere] = []
        self._layout = self._renders.generator().layout
        self._state, self._log = State(folder), DayLog(folder)
        self._keeper = Keeper(exhibit, self, self._clock, self._state, self._log, rate_hz=self._rate_hz,
                              window_frames=window_frames(self._rate_hz))  # fmt: skip
        self._spans = self._open_spans(begins)
        open_s = sum(span.duration_s for span in self._spans)
        self._coming = list(faults(n_faults, open_s, exhibit.seed))
        self._ends: list[tuple[float, Callable[[], None]]] = []
        self._suffering: list[Suffered] = []
        self.result = Soaked(days, open_s)
        self._done_s = self._silent_s = 0.0

    def player(self) -> Port:
        """See `soundscape.exhibit.ports.Ports`."""
        self._players = [one for one in self._players if one.is_alive]
        one = PlayerHere(self._clock, self._stems, self._beds, self._exhibit, self._layout.n_channels,
                         self._rate_hz)  # fmt: skip
        self._players.append(one)
        return one

    def generator(self) -> Port:
        """See `soundscape.exhibit.ports.Ports`."""
        if self._is_catalogue_gone:
            return Nobody()
        self._renderers = [one for one in self._renderers if one.is_alive]
        one = RendererThere(self._renders, self._folder, self._clock)
        self._renderers.append(one)
        return one

    def run(self) -> Soaked:
        """All days; closed hours pass at once."""
        give_back_what_is_large()
        began_s = time.perf_counter()
        try:
            with self._state:
                for span in self._spans:
                    self._open(span)
        finally:
            self._keeper.close()
            for one in self._renderers:
                one.kill()
        self.result.wall_s = time.perf_counter() - began_s
        self.result.keeper_errors = self._keeper.counts["keeper"]
        self.result.faults += [one.row() for one in self._suffering]
        return self.result

    def _open_spans(self, begins: datetime) -> list[Span]:
        zone = self._exhibit.hours.zone
        first = begins.astimezone(zone).date()
        return [span for n in range(self._days) for span in self._exhibit.hours.spans(first + timedelta(days=n))]

    def _open(self, span: Span) -> None:
        """One opening, from shortly before until shortly after it."""
        self._clock.offset_s = 0.0
        self._clock.go((span.opens - self._clock.true).total_seconds() - 20.0)
        self._warm()
        energies = Energies(self._rate_hz, self._layout.loudness_weights)
        hour, block_s = 0, BLOCK_FRAMES / self._rate_hz
        while self._clock.true < span.closes + timedelta(seconds=10.0):
            after_s = (self._clock.true - span.opens).total_seconds()
            self._hurt(after_s)
            self._wait()
            self._keeper.step()
            block = self._pulled()
            self._listen(block, after_s, span, block_s)
            if block is not None and 0.0 <= after_s < span.duration_s:
                energies.update(block)
            self._check_schedule(span, after_s)
            if after_s // 60.0 != (after_s + block_s) // 60.0:
                self._check_profile()
            self._clock.go(block_s)
            closes = after_s + block_s >= span.duration_s
            if after_s < span.duration_s and (closes or int(after_s // 3600.0) > hour):
                hops = energies.hops()
                self.result.loudness_by_hour.append(
                    {
                        "at": (span.opens + timedelta(hours=hour)).isoformat(),
                        "lufs": round(gated_lufs(hops, self._rate_hz), 1),
                    }
                )
                hour, energies = int(after_s // 3600.0), Energies(self._rate_hz, self._layout.loudness_weights)
                self._progress("rehearsing", self._done_s + after_s, self.result.open_s)
        self._done_s += span.duration_s
        self._end_of_day(span)

    def _warm(self) -> None:
        """Before the doors open: everything is rendered and loaded, as long as that takes here."""
        deadline_s = time.perf_counter() + _WAITS_S
        self._keeper.step()
        self._clock.go(LOADING_S)
        while self._keeper.windows_ahead < 2 and time.perf_counter() < deadline_s:
            time.sleep(0.01)
            self._keeper.step()

    def _wait(self) -> None:
        """A renderer is quicker than the day, if not as quick as this clock: wait for it."""
        deadline_s = time.perf_counter() + _WAITS_S
        while time.perf_counter() < deadline_s:
            alive = [one for one in self._renderers if one.is_alive]
            is_near = not self._stems.is_full and self._keeper.windows_ahead < 2
            if not any(one.is_waited_for or (is_near and not one.is_idle) for one in alive):
                return
            time.sleep(0.002)
            for one in alive:
                one.listen()
            self._keeper.step()

    def _pulled(self) -> Samples | None:
        blocks = [block for one in self._players if (block := one.pull()) is not None]
        return blocks[0] if blocks else None

    def _listen(self, block: Samples | None, after_s: float, span: Span, block_s: float) -> None:
        """Notice silence while the doors are open."""
        is_inside = _DOORS_S < after_s < span.duration_s - _DOORS_S
        is_silent = block is None or float(np.abs(block).max()) < _QUIET
        self._silent_s = self._silent_s + block_s if is_inside and is_silent else 0.0
        self.result.longest_silence_s = max(self.result.longest_silence_s, self._silent_s)
        for one in self._suffering:
            one.silence_s = max(one.silence_s, self._silent_s)
        if LONGEST_SILENCE_S < self._silent_s <= LONGEST_SILENCE_S + block_s:
            self.result.gaps.append({"at": self._clock.true.isoformat()})

    def _check_schedule(self, span: Span, after_s: float) -> None:
        """The doors are open when the table says so, to a second."""
        should = 1.0 < after_s < span.duration_s - 1.0
        if self._clock.offset_s == 0.0 and should != self._keeper.is_open and not -1.0 <= after_s <= 1.0:
            near_end = abs(after_s - span.duration_s) <= 1.0
            if not near_end:
                self._err(f"open is {self._keeper.is_open}")

    def _check_profile(self) -> None:
        """Nobody has chosen a profile: the one on schedule is played."""
        asked, played = self._exhibit.hours.profile_at(self._clock.true), self._keeper.standing()["profile"]
        if self._keeper.is_open and self._clock.offset_s == 0.0 and asked not in (played, CLOSED):
            self._err(f"the profile is {played}, not {asked}")

    def _err(self, what: str) -> None:
        if len(self.result.schedule_errors) < MOST_ERRORS:
            self.result.schedule_errors.append(f"{self._clock.true.isoformat()}: {what}")

    def _end_of_day(self, span: Span) -> None:
        """What a day leaves: memory, repeats, and that the doors are closed."""
        self.result.memory_mb_by_day.append(round(rss_mb() + sum(one.rss_mb for one in self._renderers), 1))
        if self._keeper.is_open:
            self._err("still open")
        if (found := repetition_of(plan_span(self._exhibit, self._catalogue, span))).is_free_of_repeats():
            return
        self.result.repeats.append(
            f"{span.opens.date()}: {found.combination.what} after {found.combination.after_s:.0f} s"
        )

    def _hurt(self, after_s: float) -> None:
        """Let what is due go wrong, end what has gone wrong for long enough, and look how it stands after that."""
        now_s = self._clock.steady_s()
        for due_s, end in [one for one in self._ends if one[0] <= now_s]:
            end()
            self._ends.remove((due_s, end))
        for one in [one for one in self._suffering if (self._clock.true - one.at).total_seconds() > SETTLES_S]:
            self._suffering.remove(one)
            one.state = self._standing()
            self.result.faults.append(one.row())
        while self._coming and after_s >= 0.0 and self._done_s + after_s >= self._coming[0].at_s:
            fault = self._coming.pop(0)
            self._suffering.append(Suffered(fault, self._clock.true))
            self._do(fault)

    def _standing(self) -> str:
        """`right` where the playing player is where the day is, or the bed stands in; else what is wrong."""
        standing = self._keeper.standing()
        playing = next((one for one in self._players if one.is_alive and one.is_playing), None)
        if not self._keeper.is_open:
            return "right" if self._exhibit.hours.span_at(self._clock.now()) is None else "closed in open hours"
        if playing is None or self._keeper.span is None:
            return "nobody plays"
        if standing["status"] == "degraded" or self._exhibit.hours.span_at(self._clock.now()) is None:
            return "right"  # the bed stands in, or a clock that is wrong is not believed at once
        expected_s = (self._clock.now() - self._keeper.span.opens).total_seconds()
        off_s = playing.deck.frame / self._rate_hz - expected_s
        return "right" if abs(off_s) < 1.0 else f"off by {off_s:.1f} s"

    def _do(self, fault: Fault) -> None:
        """Let something go wrong."""
        playing = next((one for one in self._players if one.is_alive and one.is_playing), None)
        rendering = next((one for one in self._renderers if one.is_alive), None)
        until_s = self._clock.steady_s() + LASTS_S
        if fault.kind == "player killed" and playing:
            playing.kill()
        elif fault.kind == "player hangs" and playing:
            playing.hangs = True
        elif fault.kind == "device gone" and playing:
            playing.lose()
        elif fault.kind == "generator killed" and rendering:
            rendering.kill()
        elif fault.kind in ("window torn", "window deleted"):
            self._spoil(fault)
        elif fault.kind == "file unreadable":
            take = sorted(self._catalogue.recordings)[int(fault.at_s) % len(self._catalogue.recordings)]
            self._fail(broken=self._pool.broken | {take})
            self._ends.append((until_s, lambda: self._fail(broken=self._pool.broken - {take})))
        elif fault.kind == "clock jump":
            self._clock.offset_s += fault.by_s
            self._ends.append((until_s, self._set_right))
        elif fault.kind == "disk full":
            self._fail(is_full=True)
            self._ends.append((until_s, lambda: self._fail(is_full=False)))
        elif fault.kind == "catalogue gone" and rendering:
            self._is_catalogue_gone = True
            rendering.kill()
            self._ends.append((until_s, lambda: setattr(self, "_is_catalogue_gone", False)))
        elif fault.kind == "trigger flood":
            for _ in range(10_000 // 50):
                for trigger in self._exhibit.triggers:
                    self._keeper.trigger(trigger.name)

    def _fail(self, *, broken: set[str] | None = None, is_full: bool | None = None) -> None:
        """Let files and disk fail for those that render, and those that will."""
        self._pool.broken = self._pool.broken if broken is None else broken
        self._stems.is_full = self._stems.is_full if is_full is None else is_full
        for one in self._renderers:
            one.send({"do": "fail", "is_full": self._stems.is_full, "broken": sorted(self._pool.broken)})

    def _spoil(self, fault: Fault) -> None:
        """Tear or delete windows that are still to come."""
        for path in list(self._coming_files())[:2]:
            if fault.kind == "window deleted":
                path.unlink(missing_ok=True)
            else:
                self._stems.tear(path)

    def _coming_files(self) -> Iterator[Path]:
        playing = next((one for one in self._players if one.is_alive and one.is_playing), None)
        at = 0 if playing is None else playing.deck.frame // window_frames(self._rate_hz)
        for path in self._stems.files():
            if path.parent.name == self._keeper.key and path.stem.isdigit() and int(path.stem) > at:
                yield path

    def _set_right(self) -> None:
        """Somebody sets the clock right again."""
        self._clock.offset_s = 0.0
