"""Picture of a scale: its degrees round a circle that is one period, and the partials each is made of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from soundscape.arrangement.tuning import Tuning
from soundscape.deliver.pictures.page import INK, PALE, ROLE_COLOURS, new_page, save_page
from soundscape.units import hz_of, pitch_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MOST_OBJECTS = 12


def picture_of_tuning(tuning: Tuning, path: Path) -> Path:
    """Draw a scale as a circle: outside the notes of equal temperament, inside a spoke for each degree.

    The length of a spoke is the weight of its degree; a dot for each partial lies where that partial is.
    """
    page = new_page(11.0, 7.2)
    axes = page.subplots()
    titles = list(dict.fromkeys(one.title for degree in tuning.degrees for one in degree.partials))
    colours = {title: ROLE_COLOURS[place % len(ROLE_COLOURS)] for place, title in enumerate(titles)}
    axes.set_xlim(-1.5, 3.0)
    axes.set_ylim(-1.45, 1.45)
    axes.set_aspect("equal")
    axes.axis("off")
    _draw_notes(axes, tuning)
    _draw_degrees(axes, tuning, colours)
    for place, title in enumerate(titles[:MOST_OBJECTS]):
        axes.plot(1.75, 1.2 - 0.16 * place, "o", color=colours[title], markersize=6)
        axes.text(1.85, 1.2 - 0.16 * place, title[:40], fontsize=9, color=INK, va="center")
    if len(titles) > MOST_OBJECTS:
        axes.text(1.85, 1.2 - 0.16 * MOST_OBJECTS, f"and {len(titles) - MOST_OBJECTS} more", fontsize=9, color=INK,
                  va="center")  # fmt: skip
    page.suptitle(f"{tuning.name}: {len(tuning.degrees)} degrees from {tuning.reference_hz:.1f} Hz", fontsize=12,
                  color=INK)  # fmt: skip
    return save_page(page, path)


def _point(cents: float, radius: float, tuning: Tuning) -> tuple[float, float]:
    """Clockwise from the top, where 0 cents is."""
    angle = 2.0 * math.pi * cents / tuning.period_cents
    return radius * math.sin(angle), radius * math.cos(angle)


def _draw_notes(axes: Axes, tuning: Tuning) -> None:
    """The circle, and the notes of equal temperament on it."""
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0.0, 0.0), 1.0, fill=False, color=PALE))
    first = math.ceil(pitch_of(tuning.reference_hz) - 1e-9)
    n_notes = int(tuning.period_cents // 100) + 1
    for pitch in range(first, first + n_notes):
        cents = 1200.0 * math.log2(hz_of(pitch) / tuning.reference_hz)
        if cents < tuning.period_cents - 1e-6:
            axes.plot(*zip(_point(cents, 0.97, tuning), _point(cents, 1.03, tuning), strict=True), color=INK, lw=0.8)
            axes.text(*_point(cents, 1.1, tuning), NAMES[pitch % 12], fontsize=9, color=INK, ha="center", va="center")


def _draw_degrees(axes: Axes, tuning: Tuning, colours: dict[str, str]) -> None:
    heaviest = max(degree.weight for degree in tuning.degrees) or 1.0
    for number, degree in enumerate(tuning.degrees):
        colour = colours[degree.partials[0].title] if degree.partials else INK
        inner = _point(degree.cents, 0.88 - 0.6 * degree.weight / heaviest, tuning)
        axes.plot(*zip(inner, _point(degree.cents, 1.0, tuning), strict=True), color=colour, lw=2.0)
        for partial in degree.partials:
            cents = 1200.0 * math.log2(partial.hz / tuning.reference_hz)
            axes.plot(*_point(cents, 1.0, tuning), "o", color=colours[partial.title], markersize=4, alpha=0.8)
        words = f"{degree.cents:.0f}"
        axes.text(*_point(degree.cents, 1.27, tuning), f"{words}\n{tuning.hz(number):.1f} Hz", fontsize=7, color=colour,
                  ha="center", va="center")  # fmt: skip
