"""What there is to clean in a take: one pass over it, and the choice that follows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from soundscape.analysis.frames import Floats
from soundscape.analysis.lows import Moment
from soundscape.analysis.triage import Triage
from soundscape.audio.files import audio_blocks, audio_info
from soundscape.audio.hashing import AudioHash
from soundscape.errors import AudioError
from soundscape.progress import Progress, quiet

LOWEST_CORNER_HZ, HIGHEST_CORNER_HZ = 10.0, 500.0
EDGES_HZ = np.array([20.0, 25.0, 31.5, 40.0, 50.0, 63.0, 80.0, 100.0, 125.0, 160.0])
"""Thirds of octaves in which content is looked for, from below."""
HIGHER_HZ = np.array([160.0, 200.0, 250.0, 315.0, 400.0, 500.0, 630.0, 800.0, 1000.0, 1250.0, 1600.0, 2000.0])
"""More of them, in which the sound itself is."""
REFERENCE_HZ = (300.0, 4000.0)
UNTOUCHED = 1.3
"""A Butterworth filter of fourth order takes 0.5 dB at so much above its corner: 1 / (10^0.05 - 1)^(1/8)."""
MOST_AUTO_HZ = 100.0
GOES_WITH, MOVES_DB = 0.5, 2.0
"""A band holds content if its level goes with that of the sounds above: correlation, and how far it moves."""
LINE_DB = 15.0
NOTHING_DB, WORTH_DB = -75.0, -70.0
"""What is quieter holds no content; what is quieter is not worth a filter."""
GAP_DB = 10.0
"""What lies below is of another kind if it and the sound rise by so much, per hertz, out of a gap between them."""
OVER_DB = 10.0
"""Rumble and wind that triage calls a fault may rise without a gap, but then so far above the sound's own slope."""
FAINT = 0.05
"""A gust or a thump of a smaller share stays."""
PER_S = 4
LEAST_S = 3
"""In a shorter take nothing can be said of what goes with what."""
SILENT = ("silent",)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a take is, and what is wrong with it low down."""

    recording_id: str
    n_frames: int
    faults: tuple[str, ...]
    wind_noise: float
    handling_noise: float
    corner_hz: float | None
    """Highest corner below the sound; None where nothing of another kind lies there."""
    moments: tuple[Moment, ...]
    """Thumps of a hand and gusts on the microphone, as triage hears them."""
    hum_hz: tuple[int, ...]
    offsets: tuple[float, ...]
    """Mean of each channel; zeros where that is no fault."""


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What is to be done to a take. Empty, it does nothing."""

    high_pass_hz: float | None = None
    moments: tuple[Moment, ...] = ()
    """Thumps and gusts to be repaired."""
    hum_hz: tuple[int, ...] = ()
    offsets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        corner_hz = self.high_pass_hz
        if corner_hz is not None and not LOWEST_CORNER_HZ <= corner_hz <= HIGHEST_CORNER_HZ:
            raise AudioError(
                f"a high-pass at {corner_hz:g} Hz; it goes from {LOWEST_CORNER_HZ:g} to {HIGHEST_CORNER_HZ:g} Hz",
                hint="60 takes rumble away, 100 most of the wind",
            )

    @property
    def words(self) -> str:
        """What is done, for people.

        Examples
        --------
        >>> Cleaning(60.0, (Moment("handling", 2.7, 2.8, 0.5),), (50, 150)).words
        'high-pass at 60 Hz (24 dB an octave); 1 thump below 500 Hz repaired; hum at 50, 150 Hz notched'
        """
        done = []
        if self.high_pass_hz is not None:
            done.append(f"high-pass at {self.high_pass_hz:.3g} Hz (24 dB an octave)")
        if self.moments:
            done.append(f"{_counted(self.moments)} below 500 Hz repaired")
        if self.hum_hz:
            done.append(f"hum at {', '.join(map(str, self.hum_hz))} Hz notched")
        if any(self.offsets):
            done.append(f"offset of {max(self.offsets, key=abs):.2g} taken away")
        return "; ".join(done)


def survey(path: Path | str, *, progress: Progress = quiet) -> Survey:
    """Hear what there is to clean, in one pass and little memory.

    Raises
    ------
    AudioError
        If the file cannot be read.
    """
    info = audio_info(path)
    triage, lows = Triage(info.rate_hz), _LowContent(info.rate_hz)
    digest, n_frames = AudioHash(info.rate_hz, info.n_channels), 0
    for block in audio_blocks(path, block_frames=info.rate_hz):
        mono = block.mean(axis=1)
        triage.update(mono, block)
        lows.update(mono)
        digest.update(block)
        n_frames += len(block)
        progress("listening", min(n_frames, info.n_frames), info.n_frames)
    faults, features = triage.faults(0.0), triage.features
    moments = tuple(one for one in triage.moments if one.share >= FAINT)
    corner_hz = lows.corner_hz(triage.hum_hz, is_heard=not {"rumble", "wind"}.isdisjoint(faults))
    offsets = tuple(map(float, triage.offsets)) if "dc" in faults else (0.0,) * info.n_channels
    return Survey(digest.hexdigest(), n_frames, faults, features["wind_noise"], features["handling_noise"],
                  corner_hz, moments, triage.hum_hz, offsets)  # fmt: skip


def cleaning_of(found: Survey, *, high_pass_hz: float | Literal["auto"] | None = "auto",
                repairs: bool = True) -> Cleaning:  # fmt: skip
    """The choice for a take.

    Parameters
    ----------
    high_pass_hz
        10 to 500; `auto` is the highest corner below the sound, where something of another kind lies there; None is
        no filter.
    repairs
        Thumps and gusts below 500 Hz where triage hears them, hum where it hums, an offset where there is one.

    Raises
    ------
    AudioError
        If the take is silent, nothing of what was asked for is to be done, or the corner is out of range.
    """
    if found.faults == SILENT:
        raise AudioError("nothing to clean: the take is silent", hint="name another take")
    corner_hz = found.corner_hz if high_pass_hz == "auto" else high_pass_hz
    cleaning = Cleaning(corner_hz)
    if repairs:
        cleaning = Cleaning(corner_hz, found.moments, found.hum_hz, found.offsets)
    if not cleaning.words:
        missing = ["no wind on the microphone, no hand, no hum, no offset"] if repairs else []
        missing += ["nothing below the sound that is of another kind"] if high_pass_hz == "auto" else []
        raise AudioError(f"nothing to {'repair' if repairs else 'clean'}: {'; '.join(missing)}",
                         hint="--high-pass 60 filters it all the same")  # fmt: skip
    return cleaning


def _counted(moments: tuple[Moment, ...]) -> str:
    n_thumps = sum(one.what == "handling" for one in moments)
    both = ((n_thumps, "thump", "thumps"), (len(moments) - n_thumps, "stretch of wind", "stretches of wind"))
    return " and ".join(f"{n} {one if n == 1 else many}" for n, one, many in both if n)


class _LowContent:
    """How levels of low bands go with what sounds above, summed up as a take streams by."""

    def __init__(self, rate_hz: int) -> None:
        self._n = rate_hz // PER_S
        self._window = np.hanning(self._n).astype(np.float32)
        self._sums = np.zeros((6, len(EDGES_HZ) - 1))
        self._spectrum = np.zeros(rate_hz // 2 + 1)
        self._second = np.hanning(rate_hz).astype(np.float32)

    def update(self, mono: Floats) -> None:
        """Add (n,) samples; what is left of the last quarter of a second is not heard."""
        for start in range(0, len(mono) - self._n + 1, self._n):
            power = np.abs(rfft(mono[start : start + self._n] * self._window)) ** 2 / (0.375 * self._n**2)
            above = self._level(power, *REFERENCE_HZ)
            for band, (low_hz, high_hz) in enumerate(pairwise(EDGES_HZ)):
                level = self._level(power, low_hz, high_hz)
                self._sums[:, band] += (1.0, level, level**2, above, above**2, level * above)
        for start in range(0, len(mono) - len(self._second) + 1, len(self._second)):
            self._spectrum += np.abs(rfft(mono[start : start + len(self._second)] * self._second)) ** 2

    def _level(self, power: NDArray[np.floating], low_hz: float, high_hz: float) -> float:
        bins = slice(round(low_hz / PER_S), max(round(high_hz / PER_S), round(low_hz / PER_S) + 1))
        return float(10.0 * np.log10(power[bins].sum() + 1e-12))

    def corner_hz(self, hum_hz: tuple[int, ...], *, is_heard: bool) -> float | None:
        """Highest corner below all content; `is_heard`: triage calls rumble or wind a fault."""
        n = self._sums[0].max()
        if n < LEAST_S * PER_S:
            return None
        _, level, square, above, above_square, product = self._sums / n
        moves = np.sqrt(np.maximum(square - level**2, 0.0))
        both = moves * np.sqrt(np.maximum(above_square - above**2, 0.0))
        goes_with = (product - level * above) / np.maximum(both, 1e-9)
        holds = (goes_with > GOES_WITH) & (moves > MOVES_DB) & (level > NOTHING_DB)
        holds |= [self._has_line(low, high, hum_hz) for low, high in pairwise(EDGES_HZ)]
        holds |= self._is_of_the_sound(is_heard=is_heard)
        first = int(np.argmax(holds)) if holds.any() else len(holds)
        corner_hz = min(MOST_AUTO_HZ, float(EDGES_HZ[first]) / UNTOUCHED)
        below = level[EDGES_HZ[1:] <= corner_hz]
        is_there = len(below) > 0 and float(below.max()) > WORTH_DB
        return corner_hz if is_there and corner_hz >= EDGES_HZ[0] else None

    def _is_of_the_sound(self, *, is_heard: bool) -> NDArray[np.bool_]:
        """Bands that are not clearly of another kind than the sound, which also may be steady and broad.

        What lies below is of another kind where a gap parts the two, or where triage hears it and it is far above
        what the sound would have there if it went on as it falls from 2 kHz to 160 Hz.
        """
        n_bands = len(EDGES_HZ) - 1
        densities = np.array([self._density_db(low, high)
                              for low, high in (*pairwise(EDGES_HZ), *pairwise(HIGHER_HZ))])  # fmt: skip
        gap = int(np.argmin(densities[:n_bands]))
        sound = np.flatnonzero(densities[gap:] > densities[gap] + GAP_DB) + gap
        if densities[:gap].max(initial=-np.inf) > densities[gap] + GAP_DB and len(sound):
            return np.asarray(np.arange(n_bands) >= sound[0])
        if is_heard:
            middles = np.log2([np.sqrt(low * high) for low, high in (*pairwise(EDGES_HZ), *pairwise(HIGHER_HZ))])
            slope = np.polynomial.Polynomial.fit(middles[n_bands:], densities[n_bands:], 1)
            goes_on = np.maximum(slope(middles[:n_bands]), np.median(densities[n_bands:]))
            return np.asarray(densities[:n_bands] < goes_on + OVER_DB)
        return np.ones(n_bands, bool)

    def _density_db(self, low_hz: float, high_hz: float) -> float:
        bins = slice(round(low_hz), max(round(high_hz), round(low_hz) + 1))
        return float(10.0 * np.log10(self._spectrum[bins].sum() / (bins.stop - bins.start) + 1e-20))

    def _has_line(self, low_hz: float, high_hz: float, hum_hz: tuple[int, ...]) -> bool:
        """Whether a tone that is no hum stands in a band."""
        for line in range(round(low_hz), round(high_hz)):
            around = np.r_[self._spectrum[max(5, line - 8) : line - 2], self._spectrum[line + 3 : line + 9]]
            is_hum = any(abs(line - hum) <= 2 for hum in hum_hz)
            if not is_hum and self._spectrum[line] > 10.0 ** (LINE_DB / 10.0) * np.median(around) > 0.0:
                return True
        return False
