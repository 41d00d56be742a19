"""Takes with what was heard in them: segments over the spectrogram, the waveform above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundscape.audio.files import audio_blocks
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import family_of
from soundscape.deliver.pictures.page import FAMILY_COLOURS, INK, PALE, clock, new_page, quiet_axes, save_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 1400
"""Columns of a picture: a longer take is averaged into as many, so that an hour costs no more memory than a minute."""
N_ROWS = 220
WINDOW_FRAMES = 2048
LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0
RANGE_DB = 75.0
QUIETEST_PEAK = 1e-4
NARROW = 0.03
"""Share of the picture that a segment must take to have its words drawn."""
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, eq=False)
class _Image:
    """What is drawn of a take: a spectrogram in dB (N_ROWS, n_columns), and peaks (n_columns, 2)."""

    level_db: NDArray[np.float64]
    peaks: NDArray[np.float64]
    edges_hz: NDArray[np.float64]


def picture_of_takes(takes: Sequence[tuple[Recording, Sequence[Segment]]], path: Path, *, title: str = "") -> Path:
    """Draw takes one below the other: waveform, spectrogram, and a box with its tags for each segment."""
    page = new_page(13.0, 0.5 + 3.1 * len(takes))
    rows = page.subplots(2 * len(takes), 1, squeeze=False, gridspec_kw={"height_ratios": [1, 3] * len(takes)})[:, 0]
    for index, (recording, segments) in enumerate(takes):
        wave, spectrum = rows[2 * index], rows[2 * index + 1]
        image = _image(recording)
        _draw_wave(wave, recording, image)
        _draw_spectrum(spectrum, recording, image)
        for segment in segments:
            _draw_segment(wave, spectrum, segment, recording.duration_s)
    rows[-1].set_xlabel("time (min:s)", fontsize=9, color=INK)
    if title:
        page.suptitle(title, fontsize=12, color=INK)
    return save_page(page, path)


def _image(recording: Recording) -> _Image:
    per_column = max(WINDOW_FRAMES // 8, -(-recording.n_frames // N_COLUMNS))
    edges_hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, recording.rate_hz / 2), N_ROWS + 1)
    columns, peaks = [], []
    for block in audio_blocks(Path(recording.path), block_frames=per_column):
        mono = block.mean(axis=1, dtype=np.float64)
        peaks.append((mono.min(), mono.max()))
        columns.append(_spectrum(mono, recording.rate_hz, edges_hz))
    return _Image(np.array(columns).T, np.array(peaks), edges_hz)


def _spectrum(mono: NDArray[np.float64], rate_hz: int, edges_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level in dB of each row of the picture, averaged over windows of the stretch."""
    n = min(WINDOW_FRAMES, max(64, len(mono)))
    padded = np.pad(mono, (0, max(0, n - len(mono))))
    starts = np.linspace(0, len(padded) - n, max(1, min(8, len(padded) // n))).astype(int)
    window = np.hanning(n)
    padded = padded - padded.mean()  # an offset would fill the picture from below
    spectra = [np.abs(np.fft.rfft(padded[start : start + n] * window)) ** 2 for start in starts]
    power = np.mean(spectra, axis=0) / (window.sum() / 2) ** 2
    centres_hz = np.sqrt(edges_hz[1:] * edges_hz[:-1])
    level_db = 10.0 * np.log10(power + 1e-14)
    row_db: NDArray[np.float64] = np.interp(centres_hz, np.arange(len(power)) * rate_hz / n, level_db)
    return row_db


def _draw_wave(axes: Axes, recording: Recording, image: _Image) -> None:
    times_s = np.linspace(0.0, recording.duration_s, len(image.peaks))
    axes.fill_between(times_s, image.peaks[:, 0], image.peaks[:, 1], color=INK, linewidth=0.3)
    axes.set_xlim(0.0, recording.duration_s)
    highest = max(QUIETEST_PEAK, float(np.abs(image.peaks).max(initial=0.0)))
    axes.set_ylim(-1.3 * highest, 1.3 * highest)
    axes.set_yticks([])
    axes.set_xticks([])
    quiet_axes(axes)
    title = " / ".join(dict.fromkeys(t for t in (recording.title, recording.titles.get("zh", "")) if t))
    faults = f"   ({', '.join(recording.faults)})" if recording.faults else ""
    axes.set_title(f"{title}{faults}", fontsize=9, color=INK, loc="left")
    axes.set_title(f"peak {20.0 * np.log10(highest):.0f} dBFS", fontsize=7, color=INK, loc="right")


def _draw_spectrum(axes: Axes, recording: Recording, image: _Image) -> None:
    top_db = float(image.level_db.max(initial=-120.0))
    axes.imshow(image.level_db, origin="lower", aspect="auto", cmap="magma", vmin=top_db - RANGE_DB, vmax=top_db,
                extent=(0.0, recording.duration_s, 0.0, N_ROWS), interpolation="nearest")  # fmt: skip
    ticks = [hz for hz in TICKS_HZ if image.edges_hz[0] <= hz <= image.edges_hz[-1]]
    rows = np.interp(np.log(ticks), np.log(image.edges_hz), np.arange(N_ROWS + 1))
    axes.set_yticks(rows, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
    axes.set_ylabel("Hz", fontsize=8, color=INK)
    axes.set_xlim(0.0, recording.duration_s)
    axes.xaxis.set_major_formatter(clock)
    quiet_axes(axes)


def _draw_segment(wave: Axes, spectrum: Axes, segment: Segment, shown_s: float) -> None:
    from matplotlib.patches import Rectangle

    family = family_of(segment.tag) if segment.tag else ""
    colour = FAMILY_COLOURS.get(family, FAMILY_COLOURS[""])
    wave.axvspan(segment.start_s, segment.end_s, color=colour, alpha=0.35, linewidth=0)
    box = Rectangle((segment.start_s, 2.0), segment.duration_s, N_ROWS - 4.0, fill=False, edgecolor=PALE, linewidth=1.1)
    spectrum.add_patch(box)
    if segment.duration_s < NARROW * shown_s:  # its words would lie on its neighbours'
        return
    words = [f"{tag.name} {tag.confidence:.0%}" if tag.by == "machine" else tag.name for tag in segment.tags[:2]]
    spectrum.text(segment.start_s, N_ROWS - 6.0, "\n".join(words) or "?", fontsize=6.5, color="white", va="top",
                  clip_on=True, bbox={"facecolor": colour, "alpha": 0.85, "pad": 1.5, "linewidth": 0})  # fmt: skip
