"""An arrangement as a timeline: a row per role, a bar per event, sections above, the mix's loudness below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.tags import family_of
from soundscape.deliver.pictures.lettering import named_roles, titled
from soundscape.deliver.pictures.page import FAMILY_COLOURS, INK, PALE, clock, new_page, quiet_axes, save_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_IN = 0.34
LOUDEST_DB, SOFTEST_DB = 6.0, -36.0


def picture_of_timeline(
    arrangement: Arrangement, path: Path, *, loudness_lufs: Sequence[tuple[float, float]] = ()
) -> Path:
    """Draw the arrangement; `loudness_lufs` are (time_s, short-term loudness) pairs of the finished mix."""
    roles = arrangement.roles
    page = new_page(13.0, 2.2 + ROW_IN * len(roles) + (1.5 if loudness_lufs else 0.0))
    heights = [max(1.0, ROW_IN * len(roles))] + ([1.1] if loudness_lufs else [])
    rows = page.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    _draw_events(rows[0], arrangement)
    if loudness_lufs:
        _draw_loudness(rows[1], loudness_lufs, arrangement.loudness_lufs)
    rows[-1].set_xlabel("time (min:s)", color=INK, fontsize=9)
    rows[-1].set_xlim(0.0, max(arrangement.duration_s, 1.0))
    title = titled([arrangement.title], otherwise="Arrangement")
    page.suptitle(
        f"{title}: {len(arrangement.events)} events, {len(roles)} roles, "
        f"{clock(round(arrangement.duration_s))}",
        color=INK, fontsize=12,
    )  # fmt: skip
    return save_page(page, path)


def _draw_events(axes: Axes, arrangement: Arrangement) -> None:
    roles = arrangement.roles
    for row, role in enumerate(roles):
        events = [event for event in arrangement.events if event.role == role]
        axes.broken_barh(
            [(event.start_s, event.duration_s) for event in events],
            (row - 0.38, 0.76),
            facecolors=[(_colour(event), _strength(event)) for event in events],
            edgecolor="white",
            linewidth=0.4,
        )
        axes.plot([event.start_s for event in events], [row] * len(events), "|", color=INK, markersize=9, mew=0.7)
    axes.set_yticks(range(len(roles)), named_roles(roles))
    axes.set_ylim(len(roles) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(clock)
    axes.grid(axis="x", color=PALE, linewidth=0.5)
    axes.set_axisbelow(True)
    quiet_axes(axes)
    for time_s, word in arrangement.markers:
        axes.axvline(time_s, color=INK, linewidth=0.7, linestyle=":")
        axes.annotate(word, (time_s, 1.0), xycoords=("data", "axes fraction"), xytext=(3, 3),
                      textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    _legend(axes, arrangement)


def _legend(axes: Axes, arrangement: Arrangement) -> None:
    from matplotlib.patches import Patch

    heard = {_family(event) for event in arrangement.events}
    families = [(name, colour) for name, colour in FAMILY_COLOURS.items() if name in heard]
    handles = [Patch(color=colour, label=name or "untagged") for name, colour in families]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(1.0, 0.0), fontsize=8, frameon=False)


def _draw_loudness(axes: Axes, loudness_lufs: Sequence[tuple[float, float]], target_lufs: float) -> None:
    times_s, levels = np.array(loudness_lufs).T
    axes.fill_between(times_s, np.maximum(levels, -60.0), -60.0, color=FAMILY_COLOURS["wind"], alpha=0.35, linewidth=0)
    axes.axhline(target_lufs, color=INK, linewidth=0.7, linestyle=":")
    axes.annotate(f"programme {target_lufs:g} LUFS", (1.0, target_lufs), xycoords=("axes fraction", "data"),
                  xytext=(4, -3), textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
    axes.set_ylim(-60.0, 0.0)
    axes.set_ylabel("short-term\nLUFS", color=INK, fontsize=8)
    quiet_axes(axes)


def _family(event: Event) -> str:
    return family_of(event.segment.tag) if event.segment.tag else ""


def _colour(event: Event) -> str:
    return FAMILY_COLOURS.get(_family(event), FAMILY_COLOURS[""])


def _strength(event: Event) -> float:
    share = (event.gain_db - SOFTEST_DB) / (LOUDEST_DB - SOFTEST_DB)
    return 0.3 + 0.7 * min(1.0, max(0.0, share))
