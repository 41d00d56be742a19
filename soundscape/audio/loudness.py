"""How loud a programme is: ITU-R BS.1770-5, EBU R 128, Tech 3341 and Tech 3342, for any layout and any rate.

A layout enters as one weight per channel (1 ahead and above, 1.41 to the sides, 0 for an LFE). Ambisonics has no
standardised loudness: measure what its decoder gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.audio import metering
from soundscape.audio.kweighting import k_weighting
from soundscape.audio.truepeak import TruePeak
from soundscape.units import Samples

OFFSET_LU = -0.691
"""Makes a 997 Hz sine at full scale in one channel read -3.01 LUFS (BS.1770, annex 1)."""
HOPS_PER_S = 100
MOMENTARY_HOPS, SHORT_TERM_HOPS, GATING_HOPS = 40, 300, 10
STRETCH = 1 << 16
ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU, RANGE_GATE_LU = -70.0, -10.0, -20.0
LAST_HOPS = 150
"""Silence after the end, so that the range hears the last seconds (Tech 3342)."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a meter reads; -inf where nothing was loud or long enough."""

    integrated_lufs: float
    range_lu: float
    momentary_max_lufs: float
    short_term_max_lufs: float
    true_peak_dbtp: float
    sample_peak_db: float


class Energies:
    """The K-weighted energy of each hundredth of a second of a stream, over all channels.

    Parameters
    ----------
    rate_hz : int >= 1000
    weights : (n_channels,)
    """

    def __init__(self, rate_hz: int, weights: Sequence[float]) -> None:
        if rate_hz < 1000:
            raise ValueError(f"rate must be at least 1000 Hz, got {rate_hz}")
        self._weights = np.asarray(weights, dtype=np.float64)
        self._rate_hz = rate_hz
        self._sections = k_weighting(rate_hz)
        self._edges = np.round(np.arange(HOPS_PER_S + 1) * rate_hz / HOPS_PER_S).astype(np.int64)
        self._state = np.zeros((4, len(self._weights)))
        self._energy = np.zeros(len(self._weights) + 1)
        self._at = np.zeros(3, np.int64)
        self._hops: list[NDArray[np.float64]] = []

    def update(self, block: Samples) -> None:
        """Add (n_frames, n_channels) frames."""
        if block.ndim != 2 or block.shape[1] != len(self._weights):
            raise ValueError(f"frames of {len(self._weights)} channels expected, got an array of {block.shape}")
        frames = np.ascontiguousarray(block, np.float32)
        hops = np.empty(len(frames) * HOPS_PER_S // self._rate_hz + 2)
        self._at[2] = 0
        metering.weigh(frames, self._sections, self._weights, self._edges, self._state, self._energy, self._at, hops)
        self._hops.append(hops[: self._at[2]])

    def hops(self) -> NDArray[np.float64]:
        """Those of the whole hundredths so far, (n,): what windows of any length are summed from."""
        self._hops = [np.concatenate(self._hops)] if self._hops else [np.zeros(0)]
        return self._hops[0]

    @property
    def rest(self) -> float:
        """That of the hundredth that has begun."""
        return float(self._weights @ self._energy[:-1])


class Meter:
    """A loudness meter for a stream: the reading has the same bits for blocks of any length.

    Parameters
    ----------
    rate_hz : int >= 1000
    weights : (n_channels,)
        BS.1770-5 weight of each channel.

    Examples
    --------
    >>> tone = np.sin(np.arange(96_000) * 2 * np.pi * 997 / 48_000).astype(np.float32)[:, None]
    >>> meter = Meter(48_000, [1.0])
    >>> for start in range(0, len(tone), 1000): meter.update(tone[start : start + 1000])
    >>> round(meter.result().integrated_lufs, 2)
    -3.01
    """

    def __init__(self, rate_hz: int, weights: Sequence[float]) -> None:
        self._rate_hz = rate_hz
        self._energies = Energies(rate_hz, weights)
        self._peak = TruePeak(rate_hz, len(weights))
        self._n_frames = 0

    def update(self, block: Samples) -> None:
        """Add (n_frames, n_channels) frames."""
        self._energies.update(block)
        self._peak.update(np.ascontiguousarray(block, np.float32))
        self._n_frames += len(block)

    def result(self, *, gain_db: float = 0.0) -> Loudness:
        """The reading of everything since the beginning, or what a gain would make of it; the meter can go on.

        A gain moves more than the reading: what was below the gate of -70 LUFS may be above it.
        """
        hops, hop_frames = self._energies.hops(), self._rate_hz / HOPS_PER_S
        rest = self._energies.rest
        if gain_db:
            hops, rest = hops * 10.0 ** (gain_db / 10.0), rest * 10.0 ** (gain_db / 10.0)
        to_the_end = np.concatenate([hops, [rest], np.zeros(LAST_HOPS)])
        return Loudness(
            integrated_lufs=integrated_lufs(_windows(hops, MOMENTARY_HOPS) / (MOMENTARY_HOPS * hop_frames)),
            range_lu=range_lu(_windows(to_the_end, SHORT_TERM_HOPS) / (SHORT_TERM_HOPS * hop_frames)),
            momentary_max_lufs=lufs(_largest_window(hops, MOMENTARY_HOPS) / (MOMENTARY_HOPS * hop_frames)),
            short_term_max_lufs=lufs(_largest_window(hops, SHORT_TERM_HOPS) / (SHORT_TERM_HOPS * hop_frames)),
            true_peak_dbtp=_db(self._peak.to_the_end()) + gain_db,
            sample_peak_db=_db(self._peak.sample_peak) + gain_db,
        )

    def gated_or_whole_lufs(self) -> float:
        """Integrated loudness; of less than a block of 400 ms, which has nothing to gate, the loudness of it all.

        Examples
        --------
        >>> meter = Meter(48_000, [1.0])
        >>> meter.update(np.sin(np.arange(9600) * 2 * np.pi * 997 / 48_000).astype(np.float32)[:, None])
        >>> meter.result().integrated_lufs, round(meter.gated_or_whole_lufs(), 1)
        (-inf, -3.0)
        """
        hops = self._energies.hops()
        if len(hops) >= MOMENTARY_HOPS:
            return gated_lufs(hops, self._rate_hz)
        return lufs((float(hops.sum()) + self._energies.rest) / max(1, self._n_frames))

    def short_term_lufs(self) -> NDArray[np.float64]:
        """Loudness (n,) of the 3 s before each tenth of a second, from 3.0 s on (EBU Tech 3341)."""
        powers = _windows(self._energies.hops(), SHORT_TERM_HOPS)
        with np.errstate(divide="ignore"):
            return OFFSET_LU + 10.0 * np.log10(powers * HOPS_PER_S / (SHORT_TERM_HOPS * self._rate_hz))


def loudness(samples: Samples, rate_hz: int, weights: Sequence[float]) -> Loudness:
    """Loudness of (n_frames, n_channels) samples; see `Meter`."""
    meter = Meter(rate_hz, weights)
    meter.update(samples)
    return meter.result()


def gated_lufs(hops: NDArray[np.float64], rate_hz: int) -> float:
    """Gated loudness of a stretch, from the energies of its hundredths of a second."""
    return integrated_lufs(_windows(hops, MOMENTARY_HOPS) * HOPS_PER_S / (MOMENTARY_HOPS * rate_hz))


def lufs(power: float) -> float:
    """Loudness of a weighted mean square; -inf of nothing."""
    return OFFSET_LU + 10.0 * math.log10(power) if power > 0.0 else -math.inf


def power_of(loudness_lufs: float) -> float:
    """Weighted mean square of a loudness."""
    return float(10.0 ** ((loudness_lufs - OFFSET_LU) / 10.0))


def integrated_lufs(powers: NDArray[np.float64]) -> float:
    """Gated loudness of 400 ms blocks that step by 100 ms (BS.1770-5, annex 1)."""
    loud = powers[powers > power_of(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return -math.inf
    gate = float(loud.mean()) * 10.0 ** (RELATIVE_GATE_LU / 10.0)
    return lufs(float(loud[loud > gate].mean()))


def range_lu(powers: NDArray[np.float64]) -> float:
    """Loudness range of 3 s windows that step by 100 ms: 10th to 95th percentile above both gates (Tech 3342)."""
    loud = powers[powers >= power_of(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return 0.0
    kept = np.sort(loud[loud >= loud.mean() * 10.0 ** (RANGE_GATE_LU / 10.0)])
    low, high = (kept[round((len(kept) - 1) * part)] for part in (0.10, 0.95))
    return 10.0 * math.log10(high / low)


def _windows(hops: NDArray[np.float64], n_hops: int) -> NDArray[np.float64]:
    """Sum of each `n_hops` hops in a row, every tenth of a second."""
    if len(hops) < n_hops:
        return np.zeros(0)
    sums: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(hops, n_hops)[::GATING_HOPS].sum(axis=1)
    return sums


def _largest_window(hops: NDArray[np.float64], n_hops: int) -> float:
    """Largest sum of `n_hops` hops in a row, wherever it begins; a stretch at a time, for a day has many."""
    if len(hops) < n_hops:
        return 0.0
    windows = np.lib.stride_tricks.sliding_window_view(hops, n_hops)
    return max(float(windows[first : first + STRETCH].sum(axis=1).max()) for first in range(0, len(windows), STRETCH))


def _db(peak: float) -> float:
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf
