"""What a cleaning takes away: the spectrogram before, and below it the one after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.deliver.pictures.lettering import titled
from soundscape.deliver.pictures.page import INK, clock, new_page, quiet_axes, save_page
from soundscape.deliver.pictures.spectrogram import FAINTEST_TOP_DB
from soundscape.units import Samples

LOWEST_HZ, HIGHEST_HZ, N_ROWS = 15.0, 8000.0, 260
WINDOW_S = 0.17
"""Long, so that 50 Hz and 60 Hz are told apart."""
N_COLUMNS = 1000
RANGE_DB = 80.0
TICKS_HZ = (20, 50, 100, 200, 500, 1000, 2000, 5000)


def picture_of_cleaning(before: Samples, after: Samples, rate_hz: int, path: Path, *, title: str = "",
                        start_s: float = 0.0) -> Path:  # fmt: skip
    """Draw both stretches (n_frames, n_channels), equally long, on one scale; in the take they begin at `start_s`."""
    page = new_page(13.0, 7.0)
    edges_hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, rate_hz / 2), N_ROWS + 1)
    images = [_image(part.mean(axis=1), rate_hz, edges_hz) for part in (before, after)]
    top_db = max(FAINTEST_TOP_DB, float(images[0].max()))
    ticks = [hz for hz in TICKS_HZ if hz <= edges_hz[-1]]
    rows = np.interp(np.log(ticks), np.log(edges_hz), np.arange(N_ROWS + 1))
    end_s = start_s + len(before) / rate_hz
    for axes, image, words in zip(page.subplots(2, 1, sharex=True), images, ("before", "after"), strict=True):
        axes.imshow(image, origin="lower", aspect="auto", cmap="magma", vmin=top_db - RANGE_DB, vmax=top_db,
                    extent=(start_s, end_s, 0.0, N_ROWS), interpolation="nearest")  # fmt: skip
        axes.set_yticks(rows, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
        axes.set_ylabel("Hz", fontsize=8, color=INK)
        axes.set_title(words, fontsize=9, color=INK, loc="left")
        axes.xaxis.set_major_formatter(clock)
        quiet_axes(axes)
    axes.set_xlabel("time in the take (min:s)", fontsize=9, color=INK)
    page.suptitle(titled([title], otherwise="A take and what cleaning leaves of it"), fontsize=12, color=INK)
    return save_page(page, path)


def _image(mono: NDArray[np.floating], rate_hz: int, edges_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level in dB (N_ROWS, n_columns)."""
    n = round(WINDOW_S * rate_hz)
    padded = np.pad(mono, n // 2)
    starts = np.linspace(0, len(padded) - n - 1, min(N_COLUMNS, max(1, len(mono) // (n // 16)))).astype(int)
    window = np.hanning(n) / (0.25 * n)
    centres_hz = np.sqrt(edges_hz[1:] * edges_hz[:-1])
    bins_hz = np.arange(n // 2 + 1) * rate_hz / n
    columns = [np.interp(centres_hz, bins_hz, np.abs(np.fft.rfft(padded[start : start + n] * window)))
               for start in starts]  # fmt: skip
    return np.asarray(20.0 * np.log10(np.array(columns).T + 1e-7))
