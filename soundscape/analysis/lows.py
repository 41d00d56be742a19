"""What reaches a microphone and is no sound of the place: wind on its membrane, hands on its body.

Both are heard low down. Wind on a microphone is a noise that falls steeply with frequency, swells and sinks, and
has little in common between two microphones (turbulence is carried past each of them by itself); wind in
trees lies higher, steadier, and reaches both. A hand is a thump: it rises within a few hundredths of a second and has
nothing, or far less, above it, unlike a drum or a gate.

References
----------
Slopes and coherence of wind noise: Nelke and Vary, Measurement, analysis and simulation of wind noise signals for
mobile communication devices, IWAENC 2014. Turbulence between two microphones: Corcos, Journal of the Acoustical
Society of America 35, 1963.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from soundscape.analysis.frames import Floats
from soundscape.units import Samples

LOW_RATE_HZ = 2000
WINDOW, HOP = 64, 20
"""Of the low rate: levels over 32 ms, every 10 ms."""
WEIGHTS = np.hanning(WINDOW)
HOPS_PER_S = LOW_RATE_HZ // HOP
THUMP, ABOVE = slice(1, 6), slice(10, 33)
"""Bins of 31 Hz: where a hand is heard, and where other sounds are."""

N_BINS = 900
WIND_HZ, MIDDLE_HZ, HIGHER_HZ = slice(20, 110), slice(110, 300), slice(300, N_BINS)
FALL_DB = (8.0, 18.0)
"""From the wind's band to the middle, for each hertz: none of it is wind, all of it is."""
FALL_ABOVE_DB = 3.0
SWELL_DB, SWELLS_PER_S = (1.8, 3.3), 4
"""Deviation of the levels of 10 s; that of a steady noise is 1.4."""
LEVEL_DB = (-62.0, -42.0)
COHERENCE = (0.4, 0.7)
FLATNESS = 0.25
"""A tone is no wind: geometric over arithmetic mean of the spectrum, which is 0.56 of noise."""
MEMORY_S = 10
LEAST_S = 3
"""A gust lasts; what is shorter is an event."""

RISE_DB, RISE_FRAMES, STRIKE_FRAMES = (9.0, 24.0), 12, 16
SUDDEN_DB = 8.0
OVER_DB, OVER_FRAMES = 8.0, 40
"""A thump is over soon; what rings on is a drum or a bell."""
LEAST_DB = -45.0
BARE_DB, TILT_DB = 20.0, 5.0
"""A thump is so far above what lies higher; or by half of it, and rises by so much more."""
EVENT_DB = 14.0
"""What lies higher and rises by so much is an event, and what is low in it belongs to it."""

CLEAR_TILT_DB, CLEAR_OVER_DB = 20.0, 16.0
"""A strong thump in a quiet take lifts what lies higher too, past `EVENT_DB`, but by far less; no drum is so bare."""
ONE_THUMP_S = 0.3
"""What is heard again within it is the same hand."""

Levels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch in which wind on the microphone or a hand is heard; of a thump it is the blow, not what rings after."""

    what: Literal["wind", "handling"]
    start_s: float
    stop_s: float
    share: float
    """How bad it is: 0..1."""


class Lows:
    """Feed it whole seconds; then ask how much of the take is wind and how much is hands."""

    def __init__(self, rate_hz: int) -> None:
        self._step = max(1, round(rate_hz / LOW_RATE_HZ))
        self._slope_at_1_khz = float(2.0 * np.sin(np.pi * 1000.0 / rate_hz)) ** 2
        self._n_s = 0
        self._tail = np.zeros(WINDOW - HOP)
        self._levels = np.zeros((0, 2))
        """In dB every 10 ms, of the last seconds: where a thump is heard, and above."""
        self._swells: deque[Levels] = deque(maxlen=MEMORY_S)
        self._gust: list[float] = []
        self._wind = self._hands = 0.0
        self.first_s: dict[str, float] = {}
        """Where each is first heard: `wind_s`, `handling_s`."""
        self._thumps: list[Moment] = []
        self._gusts: list[Moment] = []

    @property
    def moments(self) -> tuple[Moment, ...]:
        """All that was heard of both, in order of time."""
        return tuple(sorted(self._thumps + self._gusts, key=lambda one: (one.start_s, one.what)))

    @property
    def wind(self) -> float:
        """How much of the take wind on the microphone takes, weighted by how bad it is: 0..1."""
        return self._wind / max(1, self._n_s)

    @property
    def handling(self) -> float:
        """Share of the seconds with a thump of a hand, weighted by how far it rises: 0..1."""
        return self._hands / max(1, self._n_s)

    def update(self, mono: Floats, block: Samples, power: NDArray[np.floating]) -> None:
        """Add a second: (rate,) mono, the (rate, n_channels) it was made of, and its power (N_BINS,), 1 Hz a bin."""
        low = self._lowered(mono[:, None])[:, 0]
        levels = self._levels_of(low, mono)
        self._levels = np.concatenate([self._levels, levels])[-3 * HOPS_PER_S :]
        self._hear_hands()
        self._hear_wind(levels, block, power)
        self._n_s += 1

    def _lowered(self, block: Samples) -> NDArray[np.float64]:
        """At the low rate. Means over a few samples leave little of what would fold down (and what folds is high)."""
        n_channels = block.shape[1]
        parts = block[: len(block) // self._step * self._step].reshape(-1, self._step * n_channels)
        return np.asarray(
            parts @ np.tile(np.eye(n_channels, dtype=np.float32) / self._step, (self._step, 1)), np.float64
        )

    def _levels_of(self, low: NDArray[np.float64], mono: Floats) -> Levels:
        """Levels in dB every 10 ms (n, 2): where a thump is heard, and above."""
        line = np.concatenate([self._tail, low])
        self._tail = line[-(WINDOW - HOP) :]
        views = np.lib.stride_tricks.sliding_window_view(line, WINDOW)[::HOP]
        spectra = np.abs(rfft(views * WEIGHTS, axis=1)) ** 2 / (0.1875 * WINDOW**2)
        hop = self._step * HOP
        steps = mono[1 : len(mono) // hop * hop] - mono[: len(mono) // hop * hop - 1]
        slopes = np.add.reduceat(steps * steps, np.arange(0, len(steps), hop)) / hop
        n = min(len(slopes), len(views))
        above = spectra[:n, ABOVE].sum(axis=1) + slopes[:n] / self._slope_at_1_khz
        both = np.stack([spectra[:n, THUMP].sum(axis=1), above], axis=1)
        return np.asarray(10.0 * np.log10(both + 1e-12))

    def _hear_hands(self) -> None:
        """Judge a second of frames, once it is known what comes after them."""
        levels = self._levels
        stop = len(levels) - OVER_FRAMES
        start = max(0, stop - HOPS_PER_S)
        usual = np.maximum(np.median(levels[max(0, start - HOPS_PER_S) : start or stop], axis=0), -90.0)
        low = levels[start:stop, 0]
        if not ((low - usual[0] > RISE_DB[0]) & (low > LEAST_DB)).any():
            return
        # a drum or a gate begins with what lies higher, and only hums afterwards
        above = maximum_filter1d(levels[:, 1], STRIKE_FRAMES, origin=(STRIKE_FRAMES - 1) // 2)[start:stop]
        before = minimum_filter1d(levels[:, 0], RISE_FRAMES, origin=(RISE_FRAMES - 1) // 2)[start:stop]
        after = uniform_filter1d(levels[:, 0], OVER_FRAMES // 2)[start + OVER_FRAMES * 3 // 4 :][: stop - start]
        rise, rise_above, over = low - usual[0], above - usual[1], low - above
        bare = (over > BARE_DB) | ((rise - rise_above > TILT_DB) & (over > 0.5 * BARE_DB))
        event = maximum_filter1d(levels[:, 1], OVER_FRAMES, origin=OVER_FRAMES // 2 - 1)[start:stop]
        bare &= (event - usual[1] < EVENT_DB) | (low - event > BARE_DB)
        sudden = (rise > RISE_DB[0]) & (low - before > SUDDEN_DB) & (low - after > OVER_DB) & (low > LEAST_DB)
        thumps = sudden & bare
        frame = self._n_s * HOPS_PER_S - len(levels) + HOPS_PER_S + start
        if thumps.any():
            self.first_s.setdefault("handling_s", (frame + int(np.argmax(thumps))) / HOPS_PER_S)
            self._hands += _share(float(rise[thumps].max()), RISE_DB)
        # the share does not count these: it goes on meaning in catalogues what it meant
        clear = (rise - np.maximum(event - usual[1], 0.0) > CLEAR_TILT_DB) & (low - event > CLEAR_OVER_DB)
        for at in np.flatnonzero(sudden & (bare | clear)):
            self._add_thump(frame + int(at), _share(float(rise[at]), RISE_DB))

    def _add_thump(self, frame: int, share: float) -> None:
        at_s, stop_s = frame / HOPS_PER_S, (frame + 1) / HOPS_PER_S
        last = self._thumps[-1] if self._thumps else None
        if last is not None and at_s - last.stop_s < ONE_THUMP_S:
            self._thumps[-1] = replace(last, stop_s=stop_s, share=max(share, last.share))
        else:
            self._thumps.append(Moment("handling", at_s, stop_s, share))

    def _hear_wind(self, levels: Levels, block: Samples, power: NDArray[np.floating]) -> None:
        parts = 10.0 ** (levels[: len(levels) // SWELLS_PER_S * SWELLS_PER_S, 0] / 10.0)
        self._swells.append(10.0 * np.log10(parts.reshape(SWELLS_PER_S, -1).mean(axis=1)))
        low, middle, higher = (float(power[band].mean()) + 1e-12 for band in (WIND_HZ, MIDDLE_HZ, HIGHER_HZ))
        fall = 10.0 * np.log10(low / middle)
        bad = 0.0
        falls = fall > FALL_DB[0] and middle > 10.0 ** (FALL_ABOVE_DB / 10.0) * higher
        if falls and _flatness(power[WIND_HZ] * np.arange(WIND_HZ.start, WIND_HZ.stop) ** 2.0) > FLATNESS:
            swell = float(np.concatenate(self._swells).std())
            bad = (
                _share(float(fall), FALL_DB)
                * _share(swell, SWELL_DB)
                * _share(float(np.median(levels[:, 0])), LEVEL_DB)
            )
            bad *= 1.0 - _share(self._coherence(block), COHERENCE)
        self._gust = [*self._gust, bad] if bad > 0.0 else []
        if len(self._gust) == LEAST_S:
            self._wind += sum(self._gust)
            self.first_s.setdefault("wind_s", float(self._n_s + 1 - LEAST_S))
            self._gusts.append(Moment("wind", self._n_s + 1.0 - LEAST_S, self._n_s + 1.0, max(self._gust)))
        elif len(self._gust) > LEAST_S:
            self._wind += bad
            self._gusts[-1] = replace(self._gusts[-1], stop_s=self._n_s + 1.0, share=max(bad, self._gusts[-1].share))
            self._gust = self._gust[-LEAST_S - 1 :]

    def _coherence(self, block: Samples) -> float:
        """How much the first two channels have in common where the wind is; 0 of a mono take, which does not say."""
        if block.shape[1] < 2 or np.array_equal(block[:, 0], block[:, 1]):
            return 0.0
        low = self._lowered(block[:, :2])
        left, right = rfft((low - low.mean(axis=0)) * np.hanning(len(low))[:, None], axis=0)[WIND_HZ].T
        energy = float(np.sqrt((np.abs(left) ** 2).sum() * (np.abs(right) ** 2).sum()))
        return float(np.abs((left * np.conj(right)).sum())) / max(energy, 1e-12)


def _share(value: float, span: tuple[float, float]) -> float:
    return min(1.0, max(0.0, (value - span[0]) / (span[1] - span[0])))


def _flatness(power: NDArray[np.floating]) -> float:
    return float(np.exp(np.log(power + 1e-20).mean()) / (power.mean() + 1e-20))
