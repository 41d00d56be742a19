"""Takes with what was heard in them: the waveform, a bar in words for each segment, and the spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import family_of
from soundscape.deliver.pictures.bars import Bar, Lane, bars_of, words_of
from soundscape.deliver.pictures.lettering import name_of, width_in
from soundscape.deliver.pictures.page import FAMILY_COLOURS, INK, PALE, mark_times, new_page, quiet_axes, save_page
from soundscape.deliver.pictures.spectrogram import FAINTEST_TOP_DB, N_ROWS, RANGE_DB, Spectrogram, spectrogram_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
WIDTH_IN, LEFT_IN, PLOT_IN = 13.0, 0.66, 12.1
TITLE_IN, NAME_IN, WAVE_IN, SPECTRUM_IN, TIMES_IN, FOOT_IN = 0.36, 0.24, 0.75, 2.1, 0.3, 0.34
BAR_IN, STRIP_IN, LINE_IN, GAP_IN = 0.19, 0.16, 0.15, 0.07
WORDS_PT = 7.0
FAINTEST_PEAK = 10.0 ** (FAINTEST_TOP_DB / 20.0)
"""A take that is quieter does not fill the height of its waveform."""
MOST_EDGES = 15.0
"""Of more segments the edges are fainter, so that the spectrogram is still seen."""
DARK = 0.22
"""Luminance from which dark words are easier to read on a colour than white ones."""
TICKS_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True, eq=False)
class _Take:
    """A take with its bars laid out."""

    recording: Recording
    image: Spectrogram
    lanes: list[Lane]
    n_left_out: int

    @property
    def bars(self) -> list[Bar]:
        return [bar for lane in self.lanes for bar in lane.bars]

    @property
    def listed(self) -> list[str]:
        """What stands beneath: the words of each number, and how many segments have no bar."""
        waiting = sorted((bar for bar in self.bars if bar.number), key=lambda bar: bar.number)
        more = [f"and {self.n_left_out} more, that overlap"] if self.n_left_out else []
        return [f"{bar.number}  {words_of(bar.segment)[0]}" for bar in waiting] + more

    @property
    def n_columns(self) -> int:
        """Of the list."""
        widest_in = max((width_in(words, WORDS_PT) for words in self.listed), default=1.0)
        return max(1, int(PLOT_IN / (widest_in + 0.25)))

    @property
    def bars_in(self) -> float:
        return sum(_height_in(lane) for lane in self.lanes)

    @property
    def list_in(self) -> float:
        return LINE_IN * -(-len(self.listed) // self.n_columns)

    @property
    def height_in(self) -> float:
        return NAME_IN + WAVE_IN + self.bars_in + 2 * GAP_IN + SPECTRUM_IN + TIMES_IN + self.list_in


def picture_of_takes(takes: Sequence[tuple[Recording, Sequence[Segment]]], path: Path, *, title: str = "") -> Path:
    """Draw takes one below the other: waveform, bars with the tags of segments, spectrogram.

    Phrases have a bar above those of their strikes; segments that overlap have bars one below the other. What has no
    room at its bar has a number there and its words in a list beneath; below all is what the colours stand for.
    """
    return save_page(page_of_takes(takes, title=title), path, dpi=DPI)


def page_of_takes(takes: Sequence[tuple[Recording, Sequence[Segment]]], *, title: str = "") -> Figure:
    """Draw the page that `picture_of_takes` writes."""
    laid_out = [_laid_out(recording, segments) for recording, segments in takes]
    head_in = TITLE_IN if title else 0.06
    foot_in = FOOT_IN if any(take.bars for take in laid_out) else 0.06
    page = new_page(WIDTH_IN, head_in + sum(take.height_in for take in laid_out) + foot_in)
    page.set_layout_engine("none")  # everything has its place in inches
    if title:
        page.text(LEFT_IN / WIDTH_IN, _up(page, 0.08), title, fontsize=12, color=INK, va="top")
    top_in = head_in
    for take in laid_out:
        _draw_take(page, take, top_in)
        top_in += take.height_in
    _draw_legend(page, [bar.segment for take in laid_out for bar in take.bars])
    return page


def _laid_out(recording: Recording, segments: Sequence[Segment]) -> _Take:
    lanes = bars_of(segments, shown_s=recording.duration_s, page_in=PLOT_IN,
                    width_of=lambda words: width_in(words, WORDS_PT))  # fmt: skip
    n_left_out = len(segments) - sum(len(lane.bars) for lane in lanes)
    return _Take(recording, spectrogram_of(recording), lanes, n_left_out)


def _draw_take(page: Figure, take: _Take, top_in: float) -> None:
    wave = _axes(page, top_in + NAME_IN, WAVE_IN)
    bars = _axes(page, top_in + NAME_IN + WAVE_IN + GAP_IN, max(take.bars_in, 1e-3))
    below_in = top_in + NAME_IN + WAVE_IN + take.bars_in + 2 * GAP_IN
    spectrum = _axes(page, below_in, SPECTRUM_IN)
    _draw_wave(wave, take)
    _draw_bars(bars, take.lanes)
    _draw_spectrum(spectrum, take)
    heard = [bar.segment for bar in take.bars if bar.segment.kind != "phrase"]
    for segment in heard:
        wave.axvspan(segment.start_s, segment.end_s, color=_colour(segment), alpha=0.3, linewidth=0, zorder=0)
    edges_s = [time_s for segment in heard for time_s in (segment.start_s, segment.end_s)]
    spectrum.vlines(edges_s, 0.0, N_ROWS, color=PALE, lw=0.5, alpha=min(0.7, MOST_EDGES / max(1, len(heard))))
    for index, words in enumerate(take.listed):
        row, column = divmod(index, take.n_columns)
        across = (LEFT_IN + column * PLOT_IN / take.n_columns) / WIDTH_IN
        page.text(across, _up(page, below_in + SPECTRUM_IN + TIMES_IN + row * LINE_IN), words, fontsize=WORDS_PT,
                  color=INK, va="top")  # fmt: skip


def _axes(page: Figure, top_in: float, height_in: float) -> Axes:
    share = height_in / page.get_figheight()
    return page.add_axes((LEFT_IN / WIDTH_IN, _up(page, top_in) - share, PLOT_IN / WIDTH_IN, share))


def _up(page: Figure, top_in: float) -> float:
    """Share of the page's height that lies below, at so many inches from its top."""
    return 1.0 - top_in / float(page.get_figheight())


def _draw_wave(axes: Axes, take: _Take) -> None:
    recording, image = take.recording, take.image
    times_s = (np.arange(len(image.peaks)) + 0.5) * recording.duration_s / len(image.peaks)
    axes.fill_between(times_s, image.peaks[:, 0], image.peaks[:, 1], color=INK, linewidth=0.5)
    axes.axhline(0.0, color=PALE, linewidth=0.5, zorder=0.5)
    axes.set_xlim(0.0, recording.duration_s)
    reach = 1.2 * max(FAINTEST_PEAK, image.peak)
    axes.set_ylim(-reach, reach)
    axes.set_yticks([])
    axes.set_xticks([])
    quiet_axes(axes)
    faults = f"   ({', '.join(recording.faults)})" if recording.faults else ""
    axes.set_title(f"{name_of(recording)}{faults}", fontsize=9, color=INK, loc="left", pad=4)
    if image.peak:
        axes.set_title(f"peak {20.0 * np.log10(image.peak):.0f} dBFS", fontsize=7, color=INK, loc="right", pad=4)


def _draw_spectrum(axes: Axes, take: _Take) -> None:
    image = take.image
    top_db = max(FAINTEST_TOP_DB, float(image.level_db.max()))
    axes.imshow(image.level_db, origin="lower", aspect="auto", cmap="magma", vmin=top_db - RANGE_DB, vmax=top_db,
                extent=(0.0, take.recording.duration_s, 0.0, N_ROWS), interpolation="nearest")  # fmt: skip
    ticks = [hz for hz in TICKS_HZ if image.edges_hz[0] <= hz <= image.edges_hz[-1]]
    rows = np.interp(np.log(ticks), np.log(image.edges_hz), np.arange(N_ROWS + 1))
    axes.set_yticks(rows, [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in ticks])
    axes.set_ylabel("Hz", fontsize=8, color=INK)
    mark_times(axes, take.recording.duration_s)
    quiet_axes(axes)
    if image.is_silent:
        why = "a steady offset and no sound" if image.peak else "every sample is zero"
        axes.text(0.5, 0.5, f"silent: {why}", fontsize=11, color=PALE, ha="center", va="center",
                  transform=axes.transAxes)  # fmt: skip


def _draw_bars(axes: Axes, lanes: Sequence[Lane]) -> None:
    """A bar for each segment, in inches, with what words or which number it has."""
    axes.set_xlim(0.0, PLOT_IN)
    axes.set_ylim(max(1e-3, sum(_height_in(lane) for lane in lanes)), 0.0)
    axes.axis("off")
    top_in = 0.0
    for index, lane in enumerate(lanes):
        if index == 0 or lane.is_of_phrases != lanes[index - 1].is_of_phrases:
            axes.text(-0.08, top_in + 0.5 * BAR_IN, "phrases" if lane.is_of_phrases else "sounds", fontsize=WORDS_PT,
                      color=INK, ha="right", va="center_baseline")  # fmt: skip
        for bar in lane.bars:
            _draw_bar(axes, bar, top_in)
        top_in += _height_in(lane)


def _draw_bar(axes: Axes, bar: Bar, top_in: float) -> None:
    colour, middle_in = _colour(bar.segment), top_in + 0.5 * BAR_IN
    axes.barh(middle_in, bar.width_in, 0.86 * BAR_IN, bar.left_in, color=colour, edgecolor="white",
              linewidth=min(0.8, 10.0 * bar.width_in))  # fmt: skip
    if bar.place != "strip":
        axes.text(bar.words_in, middle_in, bar.words, fontsize=WORDS_PT, va="center_baseline",
                  color=_ink_on(colour) if bar.place == "inside" else INK)  # fmt: skip
        return
    number_in = top_in + BAR_IN + (bar.row + 0.62) * STRIP_IN
    axes.plot([bar.left_in + bar.width_in / 2, bar.words_in], [top_in + 0.93 * BAR_IN, number_in - 0.065], color=INK,
              lw=0.4)  # fmt: skip
    axes.text(bar.words_in, number_in, bar.words, fontsize=WORDS_PT, color=INK, ha="center", va="center_baseline")


def _height_in(lane: Lane) -> float:
    return BAR_IN + lane.n_rows * STRIP_IN


def _draw_legend(page: Figure, segments: Sequence[Segment]) -> None:
    """What the colours stand for, of those that are there."""
    from matplotlib.patches import Patch

    there = {_family(segment) for segment in segments}
    handles = [Patch(color=colour, label=name or "no tag") for name, colour in FAMILY_COLOURS.items() if name in there]
    if handles:
        page.legend(handles=handles, loc="lower left", bbox_to_anchor=(LEFT_IN / WIDTH_IN, 0.0), ncols=len(handles),
                    fontsize=8, frameon=False, handlelength=1.0, borderaxespad=0.3, borderpad=0.2)  # fmt: skip


def _family(segment: Segment) -> str:
    return family_of(segment.tag) if segment.tag else ""


def _colour(segment: Segment) -> str:
    return FAMILY_COLOURS.get(_family(segment), FAMILY_COLOURS[""])


def _ink_on(colour: str) -> str:
    """Colour of words on a colour."""
    from matplotlib.colors import to_rgb

    linear = np.array(to_rgb(colour)) ** 2.2
    return INK if linear @ (0.2126, 0.7152, 0.0722) > DARK else "white"
