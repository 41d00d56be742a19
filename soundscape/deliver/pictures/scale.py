"""Picture of a scale: how rough each pitch is with the objects, its degrees, and the partials they are taken from."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundscape.arrangement.dissonance import MOST_PARTIALS, dissonance_curve, tone_curve
from soundscape.arrangement.tuning import Partial, Tuning
from soundscape.deliver.pictures.lettering import titled
from soundscape.deliver.pictures.page import INK, PALE, ROLE_COLOURS, new_page, quiet_axes, save_page
from soundscape.units import hz_of, pitch_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MOST_OBJECTS = 12
LABEL_SHARE = 0.075
"""Of the width: what a label of a degree takes."""


def picture_of_tuning(tuning: Tuning, path: Path, *, partials: Iterable[Partial] = ()) -> Path:
    """Draw a scale over one period, and below it the partials of the objects, folded into it.

    Parameters
    ----------
    tuning : Tuning
    path : Path
    partials
        Of the objects, with those that made no degree; without any, those of the degrees.
    """
    of = tuple(partials) or tuple(one for degree in tuning.degrees for one in degree.partials)
    titles = list(dict.fromkeys(one.title for one in sorted(of, key=lambda one: -one.weight)))
    shown = titles[:MOST_OBJECTS]
    colours = {title: ROLE_COLOURS[place % len(ROLE_COLOURS)] for place, title in enumerate(shown)}
    height_in = 0.35 * max(1, len(shown)) + 0.5
    page = new_page(11.0, 4.6 + height_in)
    curve, rows = page.subplots(2, 1, sharex=True, height_ratios=[3.6, height_in])
    _draw_notes(curve, rows, tuning)
    _draw_roughness(curve, tuning, of)
    _draw_degrees(curve, rows, tuning, colours)
    _draw_partials(rows, tuning, of, colours)
    more = f", the {len(shown)} weightiest of {len(titles)} takes" if len(titles) > len(shown) else ""
    count = f"{len(tuning.degrees)} degree{'s' if len(tuning.degrees) > 1 else ''}"
    page.suptitle(
        f"{titled([tuning.name], otherwise='Scale')}: {count} from {tuning.reference_hz:.1f} Hz{more}",
        fontsize=12,
        color=INK,
    )
    return save_page(page, path)


def _draw_notes(curve: Axes, rows: Axes, tuning: Tuning) -> None:
    """The notes of equal temperament, as a grid."""
    first = math.ceil(pitch_of(tuning.reference_hz) - 1e-9)
    last = math.floor(pitch_of(tuning.reference_hz) + tuning.period_cents / 100.0 + 1e-9)
    pitches = range(first, last + 1, max(1, (last - first) // 24))
    places = [1200.0 * math.log2(hz_of(pitch) / tuning.reference_hz) for pitch in pitches]
    for axes in (curve, rows):
        quiet_axes(axes)
        axes.vlines(places, 0.0, 1.0, transform=axes.get_xaxis_transform(), color=PALE, lw=0.8, zorder=0)
    curve.set_xlim(-0.015 * tuning.period_cents, 1.015 * tuning.period_cents)  # room for half a dot
    rows.set_xticks(places, [NAMES[pitch % 12] for pitch in pitches], fontsize=9)
    rows.set_xlabel("notes of equal temperament, A4 = 440 Hz", fontsize=8, color=INK)
    curve.tick_params(labelbottom=False, length=0)


def _draw_roughness(axes: Axes, tuning: Tuning, partials: tuple[Partial, ...]) -> None:
    """How rough a tone sounds with the objects; for a scale of intervals, the objects with themselves."""
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if not partials:
        return
    heaviest = sorted(partials, key=lambda one: -one.weight)[:MOST_PARTIALS]
    cents = np.linspace(0.0, tuning.period_cents, 1201)
    if all(degree.partials for degree in tuning.degrees):
        values, words = tone_curve(heaviest, tuning.reference_hz, cents), "roughness of a tone with them"
    else:
        values, words = dissonance_curve(heaviest, cents), "roughness of them with themselves, so far up"
    low, high = float(values.min()), float(values.max())
    axes.plot(cents, values, color=INK, lw=1.2)
    axes.fill_between(cents, low, values, color=PALE, alpha=0.5, lw=0.0)
    axes.set_ylim(low, high + 0.08 * (high - low or 1.0))
    axes.set_ylabel(words, fontsize=8, color=INK)


def _draw_degrees(curve: Axes, rows: Axes, tuning: Tuning, colours: dict[str, str]) -> None:
    """A line for each degree, through both, and its place in words above, in two rows where they are close."""
    heaviest = max(degree.weight for degree in tuning.degrees) or 1.0
    ends = [-math.inf, -math.inf]
    for number, degree in enumerate(tuning.degrees):
        colour = colours.get(degree.partials[0].title, INK) if degree.partials else INK
        width = 0.8 + 2.2 * degree.weight / heaviest
        for axes in (curve, rows):
            axes.axvline(degree.cents, color=colour, lw=width, alpha=0.75, zorder=1, clip_on=False)
        row = 0 if degree.cents >= ends[0] else 1
        if degree.cents < ends[row]:
            continue  # a scale of many degrees: a line says enough
        ends[row] = degree.cents + LABEL_SHARE * tuning.period_cents
        curve.annotate(f"{tuning.hz(number):.1f} Hz\n{degree.cents:.0f} cents", (degree.cents, 1.0),
                       (0.0, 4.0 + 24.0 * row), xycoords=curve.get_xaxis_transform(), textcoords="offset points",
                       fontsize=7.5, color=colour, ha="center", va="bottom", annotation_clip=False)  # fmt: skip


def _draw_partials(axes: Axes, tuning: Tuning, partials: tuple[Partial, ...], colours: dict[str, str]) -> None:
    """A row for each take, a dot for each partial, as large as it weighs; the number of those that are a degree."""
    titles = list(colours)
    heaviest = max((one.weight for one in partials), default=1.0) or 1.0
    for one in partials:
        if one.title in colours:
            axes.scatter(_folded(one, tuning), titles.index(one.title), s=10.0 + 150.0 * one.weight / heaviest,
                         color=colours[one.title], alpha=0.6, lw=0.0, zorder=2, clip_on=False)  # fmt: skip
    for degree in tuning.degrees:
        for one in (first for first in degree.partials[:1] if first.title in colours):
            axes.scatter(_folded(one, tuning), titles.index(one.title), s=150.0, color=colours[one.title],
                         edgecolor="white", lw=0.8, zorder=3, clip_on=False)  # fmt: skip
            axes.text(_folded(one, tuning), titles.index(one.title), str(one.number), fontsize=8, color="white",
                      ha="center", va="center_baseline", zorder=4)  # fmt: skip
    axes.set_ylim(max(1, len(titles)) - 0.4, -0.6)
    ids = {one.title: one.segment_id[:12] for one in partials}
    axes.set_yticks(range(len(titles)), [_short(titled([title], otherwise=ids[title])) for title in titles], fontsize=8)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _folded(partial: Partial, tuning: Tuning) -> float:
    cents = 1200.0 * math.log2(partial.hz / tuning.reference_hz) % tuning.period_cents
    return 0.0 if tuning.period_cents - cents < 1e-6 else cents


def _short(title: str) -> str:
    return title if len(title) <= 34 else title[:33] + "…"
