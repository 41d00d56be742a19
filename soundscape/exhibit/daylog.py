"""What happened on a day, in plain words, for who comes in the morning; and what happened in a week."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from soundscape.audio.loudness import lufs, power_of

MOST_BYTES = 1 << 20
"""Of a day: after so much it only counts."""
KEPT_DAYS = 400
_CLOCK = len("00:00:00  ")


@dataclass(frozen=True, slots=True)
class Loudness:
    """How loud a stretch of a day was."""

    mean_lufs: float = -math.inf
    """By power, without gates; minus infinity where it was silent, or is not known."""
    loudest_lufs: float = -math.inf
    """Loudest 400 ms."""


@dataclass
class Heard:
    """What was heard between an opening and its closing, from what its renderer says of plan and windows."""

    material_s: float = 0.0
    repeats: str = ""
    _windows: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By number: mean loudness and loudest moment, LUFS."""

    def planned(self, row: Mapping[str, Any]) -> None:
        """Take what is said of a plan."""
        self.material_s, self.repeats = float(row["material_s"]), str(row["repeats"])

    def window(self, row: Mapping[str, Any]) -> None:
        """Take what is said of a window."""
        if "lufs" in row:
            self._windows[int(row["window"])] = float(row["lufs"]), float(row["moment_lufs"])

    def material(self) -> str:
        """From how much there was to choose; empty where that is not known yet."""
        return f" with {self.material_s / 60.0:.0f} minutes of source material" if self.material_s else ""

    def loudness(self, first: int = 0, last: int | None = None) -> Loudness:
        """How loud windows were, from one to another, both in; those of which nothing is known are passed over."""
        wanted = self._windows if last is None else range(first, last + 1)
        heard = (self._windows[number] for number in wanted if number in self._windows)
        loud = [pair for pair in heard if math.isfinite(pair[0])]
        if not loud:
            return Loudness()
        power = sum(power_of(mean_lufs) for mean_lufs, _ in loud) / len(loud)
        return Loudness(float(lufs(power)), max(moment_lufs for _, moment_lufs in loud))

    def line(self, open_s: float) -> str:
        """A closing line."""
        told, heard = [f"heard {open_s / 3600.0:.1f} h"], self.loudness()
        if math.isfinite(heard.mean_lufs):
            told += [f"loudness {heard.mean_lufs:.1f} LUFS, loudest moment {heard.loudest_lufs:.1f}"]
        return ", ".join([*told, *([self.repeats] if self.repeats else [])])


class DayLog:
    """One text file for each day; a disk that is full costs lines, never sound."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "log"
        self.n_lost = 0

    def say(self, local: datetime, line: str) -> None:
        """Write a line at a time of the clock on the wall."""
        path = self.path(local.date())
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > MOST_BYTES:
                self.n_lost += 1
                return
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"{local:%H:%M:%S}  {' '.join(line.split())}\n")
        except OSError:
            self.n_lost += 1

    def forget(self, today: date) -> None:
        """Remove the logs of days that are long past."""
        oldest = self.path(today - timedelta(days=KEPT_DAYS)).name
        for path in self._folder.glob("????-??-??.txt"):
            if path.name < oldest:
                with suppress(OSError):
                    path.unlink()

    def path(self, day: date) -> Path:
        """Where a day's log is."""
        return self._folder / f"{day.isoformat()}.txt"

    def lines(self, day: date) -> list[str]:
        """What was written on a day."""
        try:
            return self.path(day).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    def faults(self, day: date, zone: tzinfo) -> list[tuple[datetime, str]]:
        """What went wrong on a day, as far as it was written down, and when; aware."""
        found = []
        for line in self.lines(day):
            with suppress(ValueError):
                at = datetime.combine(day, time.fromisoformat(line[: len("00:00:00")]), tzinfo=zone)
                if is_fault(said := line[_CLOCK:]):
                    found.append((at, said))
        return found

    def week(self, last: date) -> str:
        """The seven days up to one: when it was open, and how often what happened."""
        rows = []
        for day in (last - timedelta(days=n) for n in range(6, -1, -1)):
            lines = self.lines(day)
            words = Counter(KINDS.get(kind_of(line[_CLOCK:]), "") for line in lines)
            told = "; ".join(f"{kind}: {count}" for kind, count in sorted(words.items()) if kind)
            rows.append(f"{day:%A %d %B}: {told or 'nothing was written'}")
        return "\n".join(rows) + "\n"


KINDS = {
    "opened": "opened", "closed": "closed", "fallback": "the bed stood in", "player": "the player was replaced",
    "generator": "the renderer was started again", "device": "the sound card was gone", "clock": "the clock jumped",
    "disk": "the disk was full", "trigger": "visitors started something", "read": "a recording could not be read",
    "share": "the recordings were out of reach", "error": "something could not be rendered",
    "dry": "a sound came too late", "refused": "a sound found no room",
    "keeper": "something unexpected was passed over",
}  # fmt: skip
"""Words at which a line begins, and what a summary calls them."""


_NO_FAULTS = ("opened", "closed", "trigger")


def kind_of(line: str) -> str:
    """Word at which a line begins, where it is one of the kinds; else empty.

    Examples
    --------
    >>> kind_of("player died; the spare plays on after 0.4 s"), kind_of("playing on")
    ('player', '')
    """
    word = line.split(" ", 1)[0].rstrip(":,;")
    return word if word in KINDS else ""


_IN_OTHER_WORDS = ("fallback", "device", "read", "share", "keeper", "error", "dry", "refused")
"""Kinds whose lines begin with a word that only the program's makers use."""


def in_words(line: str) -> str:
    """A line as somebody says it who works in the gallery.

    Examples
    --------
    >>> in_words("fallback a window is missing"), in_words("player died; the spare plays on after 0.4 s")
    ('the bed stood in: a window is missing', 'player died; the spare plays on after 0.4 s')
    """
    kind = kind_of(line)
    return f"{KINDS[kind]}: {line[len(kind) :].lstrip(': ')}" if kind in _IN_OTHER_WORDS else line


def is_fault(line: str) -> bool:
    """Whether a line tells of something that went wrong."""
    return kind_of(line) not in ("", *_NO_FAULTS)
