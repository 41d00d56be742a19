"""What is drawn of a take: its waveform in columns, and its levels in rows as even to the ear as a keyboard.

Low rows are heard through long windows, in which neighbouring pitches part, high rows through short ones, in which
neighbouring strikes do; a short take has shorter ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from soundscape.audio.files import audio_blocks
from soundscape.catalogue.segment import Recording
from soundscape.units import Samples, frame_at

N_COLUMNS = 1850
"""At most: a longer take is averaged into as many, so that an hour costs no more memory than a minute."""
N_ROWS = 300
WINDOWS = ((0.12, 80.0), (0.046, 700.0), (0.012, 6000.0))
"""Length in seconds, and the frequency in Hz at which it alone is heard; in between two blend."""
MOST_WINDOWS = 4
"""In a column that is longer than a window."""
LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0
LEAST_PERIODS = 1.5
"""In a window: what is slower is not told apart from an offset."""
WINDOWS_PER_TAKE, SHORTEST_S = 8, 0.005
"""A short take has windows of this share of it, but none below this length; and never of more than half the take."""
POINTS_PER_ROW = 7
SPECTRA_PER_WINDOW = 8
FLOOR_DB = -140.0
RANGE_DB = 75.0
FAINTEST_TOP_DB = -40.0
"""The brightest colour stands for no less: what is fainter is drawn darker, and silence is black."""


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """A take in columns."""

    level_db: NDArray[np.float64]
    """(N_ROWS, n_columns); a sine of full scale has 0 dB."""
    peaks: NDArray[np.float64]
    """(n_columns, 2): the lowest and the highest sample of any channel.

    Where a column has several samples, the first of the next counts too, so that no gap is between columns.
    """
    edges_hz: NDArray[np.float64]
    """(N_ROWS + 1,)"""
    is_silent: bool
    """Whether nothing moves: in no channel does any sample differ from the first."""

    @property
    def peak(self) -> float:
        """The highest sample, full scale 1.0."""
        return float(np.abs(self.peaks).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class _Ear:
    """One window, the rows it has a say in, and how often it listens."""

    window: Samples
    rows: slice
    share: NDArray[np.float64]
    n_fft: int
    points: NDArray[np.float64]
    """Where in a spectrum its rows are read, several times each; in bins."""
    every: int
    """Columns from one of its spectra to the next: in between little changes in a window so long."""


def spectrogram_of(
    recording: Recording, start_s: float = 0.0, end_s: float | None = None, *, n_columns: int = N_COLUMNS
) -> Spectrogram:
    """Read a take or a stretch of it, once and block by block.

    Parameters
    ----------
    recording : Recording
    start_s, end_s : float >= 0 or None
        In seconds of the take; None is its end.
    n_columns : int
        At most.

    Raises
    ------
    AudioError
        As `audio_blocks`.
    """
    rate_hz, begins = recording.rate_hz, frame_at(start_s, recording.rate_hz)
    ends = recording.n_frames if end_s is None else min(recording.n_frames, frame_at(end_s, rate_hz))
    recording, n_frames = replace(recording, n_frames=ends - begins), ends - begins
    longest = _n_window(WINDOWS[0][0], recording)
    lowest_hz = min(max(LOWEST_HZ, LEAST_PERIODS * rate_hz / longest), rate_hz / 8)
    edges_hz = np.geomspace(lowest_hz, min(HIGHEST_HZ, rate_hz / 2), N_ROWS + 1)
    bounds = np.linspace(0, n_frames, min(n_columns, n_frames) + 1).round().astype(int)
    ears = _ears(recording, edges_hz, n_columns=len(bounds) - 1)
    heard: list[list[NDArray[np.float64]]] = [[] for _ in ears]
    peaks, margin, is_silent, first = [], longest // 2, True, None
    joint = 1 if n_frames > n_columns else 0
    blocks = audio_blocks(recording.path, start_frame=begins, stop_frame=ends)
    for column, stretch in enumerate(_stretches(blocks, bounds, margin)):
        inner = stretch[:, margin : stretch.shape[1] - margin + joint]
        peaks.append((inner.min(), inner.max()))
        first = inner[:, :1] if first is None else first
        is_silent = is_silent and bool((inner == first).all())
        for ear, levels in zip(ears, heard, strict=True):
            if column % ear.every == 0:
                levels.append(_levels_db(stretch, ear, margin))
    level_db = np.zeros((N_ROWS, len(peaks)))
    for ear, levels in zip(ears, heard, strict=True):
        level_db[ear.rows] += ear.share[:, None] * _between(np.array(levels).T, ear.every, len(peaks))
    return Spectrogram(level_db, np.array(peaks, dtype=np.float64), edges_hz, is_silent)


def _n_window(window_s: float, recording: Recording) -> int:
    take_s = recording.duration_s
    fitting_s = min(window_s, max(take_s / WINDOWS_PER_TAKE, SHORTEST_S), take_s / 2)
    return max(4, round(fitting_s * recording.rate_hz))


def _ears(recording: Recording, edges_hz: NDArray[np.float64], *, n_columns: int) -> list[_Ear]:
    centres, knots = np.log(np.sqrt(edges_hz[1:] * edges_hz[:-1])), np.log([hz for _, hz in WINDOWS])
    found = []
    for (window_s, _), alone in zip(WINDOWS, np.eye(len(WINDOWS)), strict=True):
        n, share = _n_window(window_s, recording), np.interp(centres, knots, alone)
        at = np.flatnonzero(share)
        if at.size:
            rows = slice(at[0], at[-1] + 1)
            window = np.hanning(n + 1)[:-1]
            n_fft = fft.next_fast_len(2 * n, real=True)
            places = np.arange(rows.start * POINTS_PER_ROW, rows.stop * POINTS_PER_ROW) / POINTS_PER_ROW
            points_hz = np.exp(np.interp(places, np.arange(N_ROWS + 1), np.log(edges_hz)))
            every = max(1, n * n_columns // (SPECTRA_PER_WINDOW * recording.n_frames))
            found.append(_Ear((2.0 / window.sum() * window).astype(np.float32), rows, share[rows], n_fft,
                              points_hz * n_fft / recording.rate_hz, every))  # fmt: skip
    return found


def _between(level_db: NDArray[np.float64], every: int, n_columns: int) -> NDArray[np.float64]:
    """All columns (n_rows, n_columns), from every so many of them."""
    at = np.minimum(np.arange(n_columns) / every, level_db.shape[1] - 1)
    before = at.astype(int)
    after = np.minimum(before + 1, level_db.shape[1] - 1)
    all_db: NDArray[np.float64] = level_db[:, before] + (at - before) * (level_db[:, after] - level_db[:, before])
    return all_db


def _stretches(read: Iterator[Samples], bounds: NDArray[np.int_], margin: int) -> Iterator[Samples]:
    """Samples (n_channels, n) of each column with a margin on either side; beyond its ends a take is mirrored."""
    blocks = (np.ascontiguousarray(block.T) for block in read)
    held, at = np.pad(next(blocks), ((0, 0), (margin, 0)), mode="reflect"), -margin
    for start, stop in pairwise(bounds):
        while at + held.shape[1] < stop + margin:
            more = next(blocks, None)
            if more is None:
                held = np.pad(held, ((0, 0), (0, stop + margin - at - held.shape[1])), mode="reflect")
            else:
                held = np.concatenate([held, more], axis=1)
        held, at = held[:, start - margin - at :], start - margin
        yield held[:, : stop - start + 2 * margin]


def _levels_db(stretch: Samples, ear: _Ear, margin: int) -> NDArray[np.float64]:
    """Level of each row of an ear, averaged over windows of a stretch and over its channels."""
    n, n_column = len(ear.window), stretch.shape[1] - 2 * margin
    n_windows = max(1, min(MOST_WINDOWS, n_column // n))
    centres = margin + (np.arange(n_windows) + 0.5) * n_column / n_windows
    starts = np.clip((centres - n / 2).astype(int), 0, stretch.shape[1] - n)
    offset = stretch.mean(axis=1, keepdims=True)  # it would fill the picture from below
    cut = (np.stack([stretch[:, start : start + n] for start in starts]) - offset) * ear.window
    power = (np.abs(fft.rfft(cut, ear.n_fft, axis=-1)) ** 2).mean(axis=(0, 1))[: int(ear.points[-1]) + 2]
    level_db = 10.0 * np.log10(power + 10.0 ** (FLOOR_DB / 10.0))
    points_db = np.interp(ear.points, np.arange(len(power)), level_db)
    rows_db: NDArray[np.float64] = points_db.reshape(-1, POINTS_PER_ROW).max(axis=1)
    return rows_db
