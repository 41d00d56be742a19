"""What is wrong with a take, and where it is first heard, from its samples as they stream by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.analysis.frames import Floats
from soundscape.analysis.longlines import low_power_of
from soundscape.analysis.lows import N_BINS, Lows, Moment
from soundscape.analysis.windows import hann
from soundscape.units import Samples

CLIPPED_AT, CLIPPED_RUN, CLIPPED_RUNS = 0.999, 3, 3
DC = 0.01
BY_CHANCE, INDEPENDENT_HZ = 3.0, 1000.0
"""The mean of a short sound strays from zero by so many of its standard errors, if so many samples a second count."""
SILENT_PEAK = 10.0 ** (-90.0 / 20.0)
QUIET_LUFS = -50.0
DROPOUT_S, DROPOUT_REACH_S = 0.01, 0.005
DROPOUT_LEVEL = 10.0 ** (-60.0 / 20.0)
"""What is beside a dropout is louder than this."""
HUM_OVER_DB = 15.0
RUMBLE_SHARE = 0.6
TRUNCATED = "truncated"
"""Fault of a file that ends before it should, which its samples do not tell."""
WIND, HANDLING = 0.12, 0.04
"""Half a minute with a strong thump or two is handled."""


class Triage:
    """Feed it blocks, and what is heard of them in mono; then ask for the faults."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._n_frames = 0
        self._sums = self._squares = np.zeros(1)
        self._peak = 0.0
        self._n_clipped = 0
        self._past = np.zeros(0, np.float32)
        self._window = hann(rate_hz)
        self._spectrum = np.zeros(min(N_BINS, rate_hz // 2 + 1))
        self._total = 0.0
        """Power above 1 Hz, of which `_spectrum` is what is low."""
        self._lows = Lows(rate_hz)
        self.first_s: dict[str, float] = {}
        """Where each fault that has a place is first heard: `clipped_s`, `dropouts_s`."""

    @property
    def features(self) -> dict[str, float]:
        """How much is wrong (`wind_noise`, `handling_noise`, 0..1), and where it is first heard (`wind_s` ...)."""
        return {"wind_noise": self._lows.wind, "handling_noise": self._lows.handling, **self.first_s,
                **self._lows.first_s}  # fmt: skip

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Where wind on the microphone and hands are heard."""
        return self._lows.moments

    def update(self, mono: Floats, block: Samples) -> None:
        """Add (n,) mono samples, and the (n, n_channels) they were made of."""
        highest = np.abs(block[:, 0]) if block.shape[1] == 1 else np.abs(block).max(axis=1)
        self._sums = self._sums + block.sum(axis=0, dtype=np.float64)
        self._squares = self._squares + np.einsum("ij,ij->j", block, block, dtype=np.float64)
        self._peak = max(self._peak, float(highest.max(initial=0.0)))
        self._count_clipped(highest)
        self._find_dropouts(highest)
        for start in range(0, len(mono) - self._rate_hz + 1, self._rate_hz):
            second = mono[start : start + self._rate_hz]
            windowed = (second - second.mean()) * self._window
            power = low_power_of(windowed, len(self._spectrum))
            self._spectrum += power
            # Parseval: half of it all is on this side of the spectrum
            self._total += 0.5 * (self._rate_hz * float(windowed @ windowed) - float(power[0])) - float(power[1])
            self._lows.update(second, block[start : start + self._rate_hz], power)
        self._n_frames += len(mono)

    def _count_clipped(self, highest: Floats) -> None:
        if highest.max(initial=0.0) < CLIPPED_AT:
            return
        for start, stop in _runs(highest >= CLIPPED_AT):
            if stop - start >= CLIPPED_RUN:
                self._n_clipped += 1
                self.first_s.setdefault("clipped_s", (self._n_frames + start) / self._rate_hz)

    def _find_dropouts(self, highest: Floats) -> None:
        """Zeros that cut a sound off and let it in again; a decay that ends in zeros is none."""
        reach, most = round(DROPOUT_REACH_S * self._rate_hz), self._rate_hz
        line = np.concatenate([self._past, highest])
        first_frame = self._n_frames - len(self._past)
        # a dropout covers at least one of these: looking for runs costs more
        has_zeros = not line[:: round(DROPOUT_S * self._rate_hz)].all()
        for start, stop in _runs(line == 0.0) if has_zeros else []:
            is_new = stop + reach > len(self._past) and stop + reach <= len(line) and start >= reach
            if is_new and DROPOUT_S * self._rate_hz <= stop - start <= most:
                sides = line[start - reach : start].max(), line[stop : stop + reach].max()
                if min(sides) > DROPOUT_LEVEL:
                    self.first_s.setdefault("dropouts_s", (first_frame + start) / self._rate_hz)
        self._past = line[-(most + 2 * reach) :].copy()

    def faults(self, loudness_lufs: float) -> tuple[str, ...]:
        """Faults of the take as a whole."""
        if self._peak < SILENT_PEAK:
            return ("silent",)
        found = {
            "clipped": self._n_clipped >= CLIPPED_RUNS, "hum": bool(self.hum_hz), "dc": self._is_off_zero(),
            "rumble": self._rumbles(), "wind": self._lows.wind > WIND, "handling": self._lows.handling > HANDLING,
             "quiet": loudness_lufs < QUIET_LUFS, "dropouts": "dropouts_s" in self.first_s,
        }  # fmt: skip
        return tuple(name for name, is_so in found.items() if is_so)

    def _is_off_zero(self) -> bool:
        """Some channel's mean is more than a little, and more than chance makes of a sound so short."""
        means = np.abs(self.offsets)
        variances = np.maximum(0.0, self._squares / max(1, self._n_frames) - means**2)
        n_independent = max(1.0, self._n_frames * INDEPENDENT_HZ / self._rate_hz)
        return bool((means > np.maximum(DC, BY_CHANCE * np.sqrt(variances / n_independent))).any())

    @property
    def offsets(self) -> NDArray[np.float64]:
        """Mean of each channel (n_channels,)."""
        return self._sums / max(1, self._n_frames)

    @property
    def hum_hz(self) -> tuple[int, ...]:
        """Lines of mains hum below 500 Hz; none where it does not hum.

        It does where three of the first four harmonics of 50 or 60 Hz stand out of what is around them.
        """
        for mains_hz in (50, 60):
            lines = [mains_hz * k for k in range(1, 500 // mains_hz) if self._stands_out(mains_hz * k)]
            if mains_hz in lines and sum(line <= 4 * mains_hz for line in lines) >= 3:
                return tuple(lines)
        return ()

    def _stands_out(self, line_hz: int) -> bool:
        around = np.r_[self._spectrum[line_hz - 15 : line_hz - 4], self._spectrum[line_hz + 5 : line_hz + 16]]
        line = self._spectrum[line_hz - 1 : line_hz + 2].max()
        return bool(line > 10.0 ** (HUM_OVER_DB / 10.0) * np.median(around) and line > 0.0)

    def _rumbles(self) -> bool:
        """Most of the power is below 40 Hz."""
        return self._total > 0.0 and float(self._spectrum[2:40].sum()) / self._total > RUMBLE_SHARE


def _runs(on: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
