"""What was learned from corrections, as a picture: before against after, and which tags became which."""

from __future__ import annotations

from pathlib import Path

from soundscape.catalogue.lessons import Change, Lesson
from soundscape.catalogue.tags import family_of
from soundscape.deliver.pictures.page import FAMILY_COLOURS, INK, PALE, new_page, quiet_axes, save_page

MOST_MOVES = 12
FEWEST_ROWS = 6
"""Fewer bars stay as slim as so many."""


def picture_of_lesson(lesson: Lesson, change: Change, path: Path) -> Path:
    """Draw how many corrected segments are right before and after, and how many segments went from tag to tag."""
    figure = new_page(10.0, 4.5)
    judged, moved = figure.subplots(1, 2, width_ratios=(1, 2))
    counts = (lesson.right_before, lesson.right_after)
    bars = judged.bar(("before", "after"), counts, color=(PALE, FAMILY_COLOURS["wind"]), edgecolor=INK, width=0.6)
    judged.bar_label(bars, fontsize=9, color=INK, padding=2)
    judged.set_ylim(0, 1.08 * max(1, len(lesson.examples)))
    judged.set_yticks([0, max(1, len(lesson.examples))])
    judged.set_title(f"right of {len(lesson.examples)} corrected segments", fontsize=10, color=INK)
    ways = list(change.moves.items())[:MOST_MOVES][::-1]
    labels = [f"{before or 'no tag'} \N{RIGHTWARDS ARROW} {after or 'no tag'}" for (before, after), _ in ways]
    colours = [FAMILY_COLOURS[family_of(after) if after else ""] for (_, after), _ in ways]
    rows = moved.barh(range(len(ways)), [n for _, n in ways], color=colours, height=0.6)
    moved.bar_label(rows, fontsize=9, color=INK, padding=3)
    moved.set_yticks(range(len(ways)), labels)
    moved.set_ylim(len(ways) - 0.5 - FEWEST_ROWS if len(ways) < FEWEST_ROWS else -0.5, max(1, len(ways)) - 0.5)
    moved.set_title(f"{change.n_segments} segments are called otherwise than before", fontsize=10, color=INK)
    for axes in (judged, moved):
        quiet_axes(axes)
    moved.set_xticks([])
    moved.spines["bottom"].set_visible(False)
    return save_page(figure, path)
