"""What is wrong with a take, and where it is first heard, from its samples as they stream by."""

from __future__ import annotations

import numpy as np
from scipy.signal import welch

from soundscape.analysis.frames import Floats

CLIPPED_AT, CLIPPED_RUN, CLIPPED_RUNS = 0.999, 3, 3
DC = 0.01
SILENT_PEAK = 10.0 ** (-90.0 / 20.0)
QUIET_LUFS = -50.0
DROPOUT_S = 0.01
HUM_OVER_DB = 15.0
RUMBLE_SHARE = 0.6


class Triage:
    """Feed it mono blocks with the highest channel of each frame; then ask for the faults."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._n_frames = 0
        self._sum = 0.0
        self._peak = 0.0
        self._n_clipped = 0
        self._n_zeros = 0
        self._was_heard = False
        self._spectrum = np.zeros(rate_hz // 2 + 1)
        self.first_s: dict[str, float] = {}
        """Where each fault that has a place is first heard: `clipped_s`, `dropouts_s`."""

    def update(self, mono: Floats, highest: Floats) -> None:
        """Add (n,) mono samples and (n,) the largest magnitude among the channels."""
        self._sum += float(mono.sum(dtype=np.float64))
        self._peak = max(self._peak, float(highest.max(initial=0.0)))
        self._count_clipped(highest)
        self._find_dropouts(highest)
        if len(mono) >= self._rate_hz:
            _, power = welch(mono, self._rate_hz, nperseg=self._rate_hz, noverlap=0)
            self._spectrum += power * len(mono)
        self._n_frames += len(mono)

    def _count_clipped(self, highest: Floats) -> None:
        if highest.max(initial=0.0) < CLIPPED_AT:
            return
        for start, stop in _runs(highest >= CLIPPED_AT):
            if stop - start >= CLIPPED_RUN:
                self._n_clipped += 1
                self.first_s.setdefault("clipped_s", (self._n_frames + start) / self._rate_hz)

    def _find_dropouts(self, highest: Floats) -> None:
        runs = _runs(highest == 0.0) if (highest == 0.0).any() else []
        for start, stop in runs:
            length = stop - start + (self._n_zeros if start == 0 else 0)
            is_inside = (start > 0 or self._was_heard) and stop < len(highest)
            if is_inside and DROPOUT_S * self._rate_hz <= length <= self._rate_hz:
                self.first_s.setdefault("dropouts_s", (self._n_frames + stop - length) / self._rate_hz)
        ends_in_zeros = bool(runs) and runs[-1][1] == len(highest)
        self._n_zeros = (runs[-1][1] - runs[-1][0] if ends_in_zeros else 0) + (
            self._n_zeros if ends_in_zeros and runs[-1][0] == 0 else 0)  # fmt: skip
        self._was_heard = self._was_heard or bool(highest.any())

    def faults(self, loudness_lufs: float) -> tuple[str, ...]:
        """Faults of the take as a whole."""
        if self._peak < SILENT_PEAK:
            return ("silent",)
        mean = abs(self._sum / max(1, self._n_frames))
        found = {
            "clipped": self._n_clipped >= CLIPPED_RUNS, "hum": self._hums(), "dc": mean > DC,
            "rumble": self._rumbles(), "quiet": loudness_lufs < QUIET_LUFS, "dropouts": "dropouts_s" in self.first_s,
        }  # fmt: skip
        return tuple(name for name, is_so in found.items() if is_so)

    def _hums(self) -> bool:
        """Three of the first four harmonics of 50 or 60 Hz stand out of what is around them."""
        for mains_hz in (50, 60):
            over = []
            for harmonic_hz in range(mains_hz, 4 * mains_hz + 1, mains_hz):
                around = np.r_[self._spectrum[harmonic_hz - 15 : harmonic_hz - 4],
                               self._spectrum[harmonic_hz + 5 : harmonic_hz + 16]]  # fmt: skip
                line = self._spectrum[harmonic_hz - 1 : harmonic_hz + 2].max()
                over.append(line > 10.0 ** (HUM_OVER_DB / 10.0) * np.median(around) and line > 0.0)
            if sum(over) >= 3 and over[0]:
                return True
        return False

    def _rumbles(self) -> bool:
        """Most of the power is below 40 Hz."""
        total = float(self._spectrum[2:].sum())
        return total > 0.0 and float(self._spectrum[2:40].sum()) / total > RUMBLE_SHARE


def _runs(on: np.ndarray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
