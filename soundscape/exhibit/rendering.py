"""Who renders for a keeper: told by rows which windows are needed, it makes them and says which are there."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from soundscape.errors import OutputError, SoundscapeError
from soundscape.exhibit.generator import CLIPS, FALLBACK, Asked, Generator, ShareGone
from soundscape.exhibit.hours import Span
from soundscape.exhibit.plan import Wish
from soundscape.exhibit.repetition import repetition_of
from soundscape.exhibit.stems import Stems
from soundscape.live.pipes import LineReader

FULL_S, GONE_S = 5.0, 30.0
"""After so long a full disk, and a share that went away, are tried again."""
BOTH = 2
"""Windows of a plan that are there before those of the one before it are removed: the one that sounds, and the next."""
ALIVE_S, STEP_S = 1.0, 0.1
"""How often it says that it is there, and the longest that it does not look whether it is late with that."""
Row = Mapping[str, Any]
Tell = Callable[[Row], None]


class Rendering:
    """Renders what was asked for last.

    Parameters
    ----------
    beds
        Where the fallback and the clips of triggers are kept.
    steady_s
        Seconds that only grow: what could not be done is tried again after some of them.
    """

    def __init__(self, generator: Generator, beds: Stems, tell: Tell, *,
                 steady_s: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self._generator, self._beds, self._tell, self._steady_s = generator, beds, tell, steady_s
        self._asked: Asked | None = None
        self._keep = 0
        self._told: set[tuple[str, int]] = set()
        self._planned, self._n_made = "", 0
        self._again_s = -math.inf

    def prepare(self) -> None:
        """Have the bed and the clips ready, where they are not yet, or are those of another exhibit or catalogue."""
        try:
            self._beds.begin_anew_for(f"{self._generator.exhibit!r} {self._generator.catalogue.digest}")
            if not self._beds.has(FALLBACK, 0):
                self._beds.write(FALLBACK, 0, self._generator.bed())
            for layer in {trigger.layer for trigger in self._generator.exhibit.triggers if trigger.layer}:
                name = f"{CLIPS}-{layer}"
                if not self._beds.has(name, 0):
                    for number, samples in enumerate(self._generator.clips(layer)):
                        self._beds.write(name, number, samples)
        except OutputError as error:
            self._tell({"what": "full", "why": str(error)})
        self._tell({"what": "ready"})

    def obey(self, row: Row) -> None:
        """Take what is asked for."""
        if row.get("do") != "render":
            return
        span = Span(datetime.fromisoformat(row["opens"]), datetime.fromisoformat(row["closes"]))
        wishes = tuple(Wish(one["from_s"], one["until_s"], one["mood"], one["profile"]) for one in row["wishes"])
        left_out = tuple(map(str, row.get("left_out", ())))
        self._asked = Asked(span, wishes, int(row["first"]), int(row["until"]), left_out)
        self._keep = int(row["keep"])

    def turn(self) -> bool:
        """Render one window, if one is missing and nothing is in the way; whether there was something to do."""
        asked = self._asked
        if asked is None or self._steady_s() < self._again_s:
            return False
        try:
            return self._turn(asked)
        except OutputError as error:  # what was played makes room; the next is tried soon
            self._generator.stems.forget(self._generator.key, asked.first)
            return self._rest({"what": "full", "why": str(error)}, FULL_S)
        except ShareGone as error:
            return self._rest({"what": "gone", "why": str(error)}, GONE_S)
        except SoundscapeError as error:
            return self._rest({"what": "error", "line": str(error)}, GONE_S)

    def _turn(self, asked: Asked) -> bool:
        generator = self._generator
        key = generator.plan_for(asked.span, asked.wishes, asked.left_out)
        if key != self._planned:
            self._planned, self._n_made = key, 0
            self._tell_plan(key)
        for number in range(asked.first, asked.until):  # what was there already, after a restart
            if (key, number) not in self._told and (found := generator.stems.read(key, number)) is not None:
                self._say_window(key, number, generator.loudness_of(found))
        made = generator.render(asked)
        unreadable, generator.unreadable = generator.unreadable, {}
        for take_id, why in unreadable.items():
            self._tell({"what": "unreadable", "id": take_id, "why": why})
        if made is None:
            return False
        self._say_window(key, made, generator.measured)
        self._n_made += 1
        if self._n_made >= BOTH:
            generator.stems.forget(key, self._keep)
        return True

    def _rest(self, row: Row, for_s: float) -> bool:
        """Say what is in the way, and try again later."""
        self._tell(row)
        self._again_s = self._steady_s() + for_s
        return False

    def _tell_plan(self, key: str) -> None:
        plan = self._generator.plan
        assert plan is not None
        found = repetition_of(plan)
        repeats = "no repetition within 4 h" if found.is_free_of_repeats() else "something came again within 4 h"
        self._tell({"what": "planned", "key": key, "material_s": found.material_s, "repeats": repeats})

    def _say_window(self, key: str, number: int, loudness: tuple[float, float]) -> None:
        self._told = {(of, n) for of, n in self._told if of == key and n >= self._keep} | {(key, number)}
        self._tell({"what": "window", "key": key, "window": number, "lufs": loudness[0], "moment_lufs": loudness[1]})


def serve(rendering: Rendering, lines: LineReader, tell: Tell, *, also: Tell | None = None) -> None:
    """Be the process that renders, until it is told to quit or nobody is there to tell it anything.

    Parameters
    ----------
    lines
        Rows of JSON that a keeper sends.
    also
        Called with each of them before it is obeyed.
    """
    rendering.prepare()
    due_s, n_heard, n_done = 0.0, 0, -1
    while not lines.is_done:
        for line in lines.lines():
            n_heard += 1
            with contextlib.suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                if row.get("do") == "quit":
                    return
                if also is not None:
                    also(row)
                rendering.obey(row)
        if time.monotonic() >= due_s:
            due_s = time.monotonic() + ALIVE_S
            tell({"what": "alive"})
        if not rendering.turn():
            if n_done != n_heard:
                n_done = n_heard
                tell({"what": "idle", "heard": n_heard})
            lines.wait(STEP_S)
