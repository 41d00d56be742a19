"""A poster of an ambient track: what sounds when, layer by layer, from where, how loud; for a wall or a signature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.deliver.credits import credits_of
from soundscape.deliver.pictures.lettering import name_of, named_roles, titled
from soundscape.deliver.pictures.page import INK, PALE, ROLE_COLOURS, clock, new_page, quiet_axes, save_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Locator

A3_IN = (16.5, 11.7)
LOUDEST_DB, SOFTEST_DB = 3.0, -24.0
MOST_CREDITS = 12
TICKS_S = (10.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
"""Of these the closest that leaves at most `MOST_TICKS`; whole minutes from the second minute on."""
MOST_TICKS = 13


def picture_of_track(arrangement: Arrangement, path: Path, *, duration_s: float, about: str = "",
                     loudness_lufs: Sequence[tuple[float, float]] = ()) -> Path:  # fmt: skip
    """Draw a poster, A3 across.

    Parameters
    ----------
    about
        A line below the title: season, term, layout.
    loudness_lufs
        (time_s, short-term loudness) of the finished track.
    """
    page = new_page(*A3_IN)
    page.set_layout_engine("constrained", w_pad=0.2, h_pad=0.14)
    roles = arrangement.roles
    grid = page.add_gridspec(3, 2, height_ratios=(5.2, 1.3, 1.6), width_ratios=(3.2, 1.0))
    lanes = page.add_subplot(grid[0, :])
    _draw_lanes(lanes, arrangement, duration_s)
    loudness = page.add_subplot(grid[1, :], sharex=lanes)
    _draw_loudness(loudness, loudness_lufs)
    lanes.set_xlim(0.0, duration_s)
    lanes.set_xticks(np.arange(0.0, duration_s + 1e-6, tick_s(duration_s)))
    words = page.add_subplot(grid[2, 0])
    _write_credits(words, arrangement)
    _draw_map(page, grid[2, 1], arrangement, roles)
    title = titled((arrangement.title, arrangement.title_zh), otherwise="Ambient track")
    page.suptitle(title, color=INK, fontsize=30, x=0.01, ha="left")
    lanes.set_title(f"{about}\n", color=INK, fontsize=13, loc="left")
    return save_page(page, path, dpi=130)


def tick_s(duration_s: float) -> float:
    """Seconds from one mark of the clock to the next.

    Examples
    --------
    >>> tick_s(30.0), tick_s(120.0), tick_s(600.0), tick_s(3600.0), tick_s(86_400.0)
    (10.0, 60.0, 60.0, 300.0, 7200.0)
    """
    steps_s = TICKS_S if duration_s < 120.0 else TICKS_S[1:]
    return next((step_s for step_s in steps_s if duration_s / step_s < MOST_TICKS), steps_s[-1])


def _draw_lanes(axes: Axes, arrangement: Arrangement, duration_s: float) -> None:
    """A lane for each layer: what goes on as a band, what comes and goes as drops, larger where it is louder."""
    roles = arrangement.roles
    for lane, role in enumerate(roles):
        colour = ROLE_COLOURS[lane % len(ROLE_COLOURS)]
        events = [event for event in arrangement.events if event.role == role]
        for event in events:
            if event.loops:
                _draw_band(axes, event, lane, colour, duration_s)
        struck = [event for event in events if not event.loops]
        axes.broken_barh([(event.start_s, max(event.duration_s, duration_s / 900.0)) for event in struck],
                         (lane - 0.05, 0.1), facecolors=colour, alpha=0.45, linewidth=0)  # fmt: skip
        axes.scatter([event.start_s for event in struck], [lane] * len(struck), s=[_size(event) for event in struck],
                     color=colour, alpha=0.75, edgecolor="white", linewidth=0.6, zorder=3)  # fmt: skip
    axes.set_yticks(range(len(roles)), named_roles(roles), fontsize=13)
    axes.set_ylim(len(roles) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(clock)
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    quiet_axes(axes)
    axes.tick_params(axis="y", length=0, labelsize=13)
    axes.tick_params(axis="x", labelbottom=False)


def _draw_band(axes: Axes, event: Event, lane: int, colour: str, duration_s: float) -> None:
    """A sound that goes on, thin where it fades and where it has ebbed."""
    times_s = np.linspace(0.0, event.duration_s, 120)
    fade_s = max(event.fade_in_s, 1e-3), max(event.fade_out_s, 1e-3)
    level = np.clip(np.minimum(times_s / fade_s[0], (event.duration_s - times_s) / fade_s[1]), 0.0, 1.0)
    if event.level_db is not None:
        level = level * 10.0 ** (event.level_db.at(times_s) / 20.0)
    for turn in (0.0, -duration_s):  # what sounds over the end is drawn at the beginning
        at_s = event.start_s + times_s + turn
        if at_s[-1] > 0.0:
            axes.fill_between(at_s, lane - 0.32 * level, lane + 0.32 * level, color=colour, alpha=0.4, linewidth=0)


def _size(event: Event) -> float:
    """Area of a drop: between a pinhead and a coin."""
    share = (event.gain_db - SOFTEST_DB) / (LOUDEST_DB - SOFTEST_DB)
    return 12.0 + 240.0 * min(1.0, max(0.0, share)) ** 2


def _draw_loudness(axes: Axes, loudness_lufs: Sequence[tuple[float, float]]) -> None:
    if loudness_lufs:
        times_s, levels = np.array(loudness_lufs).T
        low = max(-70.0, float(np.percentile(levels, 1)) - 6.0)
        axes.fill_between(times_s, np.maximum(levels, low), low, color=INK, alpha=0.25, linewidth=0)
        axes.set_ylim(low, float(levels.max()) + 2.0)
        axes.yaxis.set_major_locator(_few(4))
    axes.set_ylabel("short-term\nLUFS", color=INK, fontsize=9)
    axes.set_xlabel("time (min:s)", color=INK, fontsize=10)
    axes.xaxis.set_major_formatter(clock)
    quiet_axes(axes)


def _write_credits(axes: Axes, arrangement: Arrangement) -> None:
    axes.set_axis_off()
    found = credits_of(arrangement)
    lines = []
    for credit in found[:MOST_CREDITS]:
        take = credit.recording
        by = _shortened("; ".join(filter(None, (take.object_id, take.recordist))), 30)
        facts = "; ".join(filter(None, (by, _shortened(take.licence or "licence not stated", 18))))
        lines.append(f"{_shortened(name_of(take), 28)} ({facts}), {clock(round(credit.sounding_s))}")
    if len(found) > MOST_CREDITS:
        lines.append(f"and {len(found) - MOST_CREDITS} more")
    half = -(-len(lines) // 2)
    for column, part in enumerate((lines[:half], lines[half:])):
        axes.text(0.52 * column, 1.0, "\n".join(part), fontsize=8, color=INK, va="top", linespacing=1.6,
                  transform=axes.transAxes)  # fmt: skip


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _draw_map(page: Figure, place: object, arrangement: Arrangement, roles: tuple[str, ...]) -> None:
    """Where events begin, seen from above; the listener in the middle looks up the page."""
    axes = page.add_subplot(place, projection="polar")  # type: ignore[call-overload]
    axes.set_theta_zero_location("N")
    for lane, role in enumerate(roles):
        points = np.array([event.path.points_m[0] for event in arrangement.events if event.role == role])
        angles, distances_m = np.arctan2(-points[:, 0], points[:, 1]), np.hypot(points[:, 0], points[:, 1])
        axes.scatter(angles, distances_m, s=16, color=ROLE_COLOURS[lane % len(ROLE_COLOURS)], alpha=0.6, linewidth=0)
    axes.plot(0.0, 0.0, "o", color=INK, markersize=4)
    axes.set_xticks([math.radians(deg) for deg in (0, 90, 180, 270)], ["ahead", "left", "behind", "right"], fontsize=8)
    axes.tick_params(axis="y", labelsize=7, colors=INK)
    axes.yaxis.set_major_formatter(lambda metres, _: f"{metres:g} m")
    axes.yaxis.set_major_locator(_few(3))
    axes.set_rlabel_position(200.0)  # behind, where little is
    axes.grid(color=PALE)
    axes.spines["polar"].set_color(PALE)


def _few(count: int) -> Locator:
    """Marks at round numbers, about as many."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(count, integer=True)
