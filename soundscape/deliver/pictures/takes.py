"""Takes with what was heard in them: the waveform, a bar in words for each segment, and the spectrogram."""

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
from soundscape.units import frame_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

N_COLUMNS = 1400
"""Columns of a picture: a longer take is averaged into as many, so that an hour costs no more memory than a minute."""
N_ROWS = 220
WINDOW_FRAMES = 2048
LOWEST_HZ, HIGHEST_HZ = 30.0, 20_000.0
RANGE_DB = 75.0
QUIETEST_PEAK = 1e-4
WIDTH_IN, LETTER_IN, BAR_IN = 13.0, 0.062, 0.19
"""Of the page, of a letter of a bar (about), and of a bar."""
FEWEST_LETTERS = 3
MOST_LANES = 8
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, eq=False)
class Image:
    """What is drawn of a take: a spectrogram in dB (N_ROWS, n_columns), lowest row first, and peaks (n_columns, 2)."""

    level_db: NDArray[np.float64]
    peaks: NDArray[np.float64]
    edges_hz: NDArray[np.float64]


def picture_of_takes(takes: Sequence[tuple[Recording, Sequence[Segment]]], path: Path, *, title: str = "") -> Path:
    """Draw takes one below the other: waveform, bars with the tags of segments, spectrogram.

    Phrases have a bar above those of their strikes; segments that overlap have bars one below the other.
    """
    lanes = [lanes_of(segments) for _, segments in takes]
    heights = [height for rows in lanes for height in (0.75, max(1, len(rows)) * BAR_IN, 2.1)]
    page = new_page(WIDTH_IN, 0.5 + sum(heights) + 0.35 * len(takes))
    page.get_layout_engine().set(h_pad=0.035, hspace=0.0)  # type: ignore[union-attr, call-arg]
    rows = page.subplots(3 * len(takes), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for index, (recording, _) in enumerate(takes):
        wave, bars, spectrum = rows[3 * index : 3 * index + 3]
        image = image_of(recording)
        _draw_wave(wave, recording, image)
        _draw_spectrum(spectrum, recording, image)
        _draw_bars(bars, lanes[index], recording.duration_s)
        for segment in (one for row in lanes[index] for one in row if one.kind != "phrase"):
            wave.axvspan(segment.start_s, segment.end_s, color=_colour(segment), alpha=0.35, linewidth=0)
            spectrum.vlines((segment.start_s, segment.end_s), 0.0, N_ROWS, color=PALE, lw=0.7, alpha=0.8)
    rows[-1].set_xlabel("time (min:s)", fontsize=9, color=INK)
    if title:
        page.suptitle(title, fontsize=12, color=INK)
    return save_page(page, path)


def lanes_of(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments in lanes in which none overlaps, phrases above all others; what finds no lane is left out.

    Examples
    --------
    >>> knock, other, both = (Segment(str(n), "r", start_s, end_s, kind) for n, (start_s, end_s, kind) in
    ...                       enumerate(((0.0, 1.0, "event"), (0.8, 2.0, "event"), (0.0, 2.0, "phrase"))))
    >>> [[one.id for one in lane] for lane in lanes_of([knock, other, both])]
    [['2'], ['0'], ['1']]
    """
    found: list[list[Segment]] = []
    for kinds in (("phrase",), ("event", "note", "texture")):
        lanes: list[list[Segment]] = []
        for segment in sorted(segments, key=lambda one: (one.start_s, -one.end_s)):
            if segment.kind in kinds:
                free = next((lane for lane in lanes if lane[-1].end_s <= segment.start_s), None)
                if free is not None:
                    free.append(segment)
                elif len(found) + len(lanes) < MOST_LANES:
                    lanes.append([segment])
        found += lanes
    return found


def image_of(recording: Recording, start_s: float = 0.0, end_s: float | None = None, *,
             n_columns: int = N_COLUMNS) -> Image:  # fmt: skip
    """What is drawn of a stretch of a take, in at most so many columns.

    Raises
    ------
    AudioError
        If its file is gone or cannot be read.
    """
    first = frame_at(start_s, recording.rate_hz)
    last = recording.n_frames if end_s is None else min(recording.n_frames, frame_at(end_s, recording.rate_hz))
    per_column = max(WINDOW_FRAMES // 8, -(-(last - first) // n_columns))
    edges_hz = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, recording.rate_hz / 2), N_ROWS + 1)
    columns, peaks = [], []
    for block in audio_blocks(Path(recording.path), block_frames=per_column, start_frame=first, stop_frame=last):
        mono = block.mean(axis=1, dtype=np.float64)
        peaks.append((mono.min(), mono.max()))
        columns.append(_spectrum(mono, recording.rate_hz, edges_hz))
    return Image(np.array(columns).T, np.array(peaks), edges_hz)


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


def _draw_wave(axes: Axes, recording: Recording, image: Image) -> None:
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


def _draw_spectrum(axes: Axes, recording: Recording, image: Image) -> None:
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


def _draw_bars(axes: Axes, lanes: Sequence[Sequence[Segment]], shown_s: float) -> None:
    """A bar for each segment, with as much of its tags as it has room for."""
    axes.set_xlim(0.0, shown_s)
    axes.set_ylim(max(1, len(lanes)), 0.0)
    axes.axis("off")
    for row, lane in enumerate(lanes):
        for segment in lane:
            axes.barh(row + 0.5, segment.duration_s, 0.86, segment.start_s, color=_colour(segment), edgecolor="white",
                      linewidth=0.8)  # fmt: skip
            room = int(segment.duration_s / max(shown_s, 1e-9) * (WIDTH_IN - 0.8) / LETTER_IN)
            axes.text(segment.start_s, row + 0.54, f" {_words(segment, room - 1)}", fontsize=6.5, color="white",
                      va="center", clip_on=True)  # fmt: skip


def _words(segment: Segment, room: int) -> str:
    """Tags of a segment in at most so many letters: the more there is room for, the more is said."""
    heard = [f"{tag.name} {tag.confidence:.0%}" if tag.by == "machine" else tag.name for tag in segment.tags[:2]]
    what = "phrase: " if segment.kind == "phrase" else ""
    names = [tag.name for tag in segment.tags[:1]]
    for words in (what + ", ".join(heard), what + "".join(heard[:1]), "".join(heard[:1]), *names):
        if words and len(words) <= room:
            return words
    return f"{names[0][: room - 1]}…" if names and room > FEWEST_LETTERS else ""


def _colour(segment: Segment) -> str:
    return FAMILY_COLOURS.get(family_of(segment.tag) if segment.tag else "", FAMILY_COLOURS[""])
