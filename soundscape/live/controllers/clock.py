"""The MIDI clock: 24 ticks for each beat, by a loop that is locked to them.

A tick comes when a cable and a computer let it: some are late, none are early. A straight line is laid through them,
through all at first, later through what weighs as much as the last two beats; tempo and place are read off the line.
"""

from __future__ import annotations

from soundscape.live.controllers.messages import CONTINUE, SONG_POSITION, START, STOP, TICK
from soundscape.live.controls import Beat, Control, Transport

TICKS_PER_BEAT = 24
MEMORY_TICKS = 48
TICKS_PER_SIXTEENTH = 6
SLOWEST_BPM, FASTEST_BPM = 10.0, 400.0
LOST = 0.5
"""A tick this part of a tick away from where it should be, and the next as well, is another tempo."""
GAP_TICKS = 4.0
"""After a pause of so many ticks the clock has been started anew."""


class TickLine:
    """Line through the times of ticks: where the last one should have been, and how far apart they are."""

    def __init__(self) -> None:
        self.n_ticks = 0
        self.at_s = 0.0
        self.period_s = 0.0
        self._n_astray = 0

    def add(self, time_s: float) -> None:
        """One more tick. A pause or a new tempo begins a new line.

        The gains are those of a regression over all ticks so far, which needs no memory of them; from `MEMORY_TICKS` on
        they stay, so that older ticks fade out.
        """
        if self.n_ticks == 0 or (self.n_ticks > 1 and self._is_lost(time_s)):
            self.n_ticks, self.at_s, self.period_s = 1, time_s, 0.0
            self._n_astray = 0
            return
        self.n_ticks += 1
        if self.n_ticks == 2:
            self.period_s = time_s - self.at_s
            self.at_s = time_s
            return
        n = min(self.n_ticks, MEMORY_TICKS)
        expected_s = self.at_s + self.period_s
        error_s = time_s - expected_s
        self.at_s = expected_s + error_s * 2 * (2 * n - 1) / (n * (n + 1))
        self.period_s += error_s * 6 / (n * (n + 1))

    def _is_lost(self, time_s: float) -> bool:
        away_s = time_s - self.at_s - self.period_s
        if self.period_s <= 0.0 or away_s > GAP_TICKS * self.period_s:
            return True
        # the first ticks say too little of the tempo to tell a jump from jitter
        self._n_astray = self._n_astray + 1 if abs(away_s) > LOST * self.period_s and self.n_ticks > 6 else 0
        return self._n_astray > 2

    @property
    def tempo_bpm(self) -> float:
        """Beats in a minute, 0 while nothing can be said."""
        if self.n_ticks < 2 or self.period_s <= 0.0:
            return 0.0
        tempo = 60.0 / (self.period_s * TICKS_PER_BEAT)
        return tempo if SLOWEST_BPM <= tempo <= FASTEST_BPM else 0.0


class MidiClock:
    """Ticks, start, stop and song position of one port."""

    def __init__(self) -> None:
        self._line = TickLine()
        self._tick = -1  # number of the last one
        self._is_due = False  # the score plays with the next tick

    def read(self, message: bytes, time_s: float) -> list[Control]:
        """Beats and what the score should do.

        Start and continue are put off until the tick that follows, as the standard wants it; each beat says where the
        clock is at the time its tick came in, which is not quite a whole number: the tick was late.
        """
        status = message[0]
        if status == TICK:
            return self._tick_at(time_s)
        if status == START:
            self._tick, self._is_due = -1, True
            return [Transport("locate", to_beat=0.0)]
        if status == CONTINUE:
            self._is_due = True
        elif status == STOP:
            self._is_due = False
            return [Transport("stop")]
        elif status == SONG_POSITION:
            ticks = (message[1] | message[2] << 7) * TICKS_PER_SIXTEENTH
            self._tick = ticks - 1
            return [Transport("locate", to_beat=ticks / TICKS_PER_BEAT)]
        return []

    def wait(self, time_s: float) -> list[Control]:
        """A clock that falls silent has not been stopped: the show goes on at the tempo it had."""
        return []

    def _tick_at(self, time_s: float) -> list[Control]:
        self._line.add(time_s)
        self._tick += 1
        out: list[Control] = []
        if self._is_due:
            self._is_due = False
            out.append(Transport("play"))
        if self._tick % TICKS_PER_BEAT == 0 and (tempo_bpm := self._line.tempo_bpm):
            late_ticks = (time_s - self._line.at_s) / self._line.period_s
            out.append(Beat((self._tick + late_ticks) / TICKS_PER_BEAT, tempo_bpm))
        return out
