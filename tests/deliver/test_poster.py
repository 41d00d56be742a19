"""The poster of a track: a lane for each layer, a clock of whole minutes, and every word readable."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.deliver.pictures import picture_of_track, poster
from soundscape.space.trajectory import Trajectory, point_at

MARGIN = 6.0
"""Pixels of a hundred to an inch that stay white at every edge."""


def drawn(arrangement: Arrangement, duration_s: float, monkeypatch: pytest.MonkeyPatch) -> Figure:
    """Page of a poster, laid out and not written."""
    pages: list[Figure] = []
    monkeypatch.setattr(poster, "save_page", lambda page, path, dpi: pages.append(page) or path)
    levels = [(float(time_s), -30.0 - time_s % 7) for time_s in range(3, int(duration_s), 5)]
    about = "Winter Solstice, winter, 16:30; 5.1.4, -32.0 LUFS; it goes round"
    picture_of_track(arrangement, Path("a.png"), duration_s=duration_s, about=about, loudness_lufs=levels)
    pages[0].draw_without_rendering()
    return pages[0]


def busy(duration_s: float) -> Arrangement:
    """Many takes with long names, in layers with long names, over all of a track."""
    takes = tuple(Recording(f"{n:032x}", f"{n}.wav", 48_000, 1, 480_000, titles={"en": "A title without an end " * 2},
                            object_id=f"0015432{n}", recordist="A person of the sound archive " * 2,
                            licence="CC-BY-NC-SA-4.0") for n in range(14))  # fmt: skip
    roles = ("wind under the eaves", "far gates", "bells and gongs", "strings and flutes", "birds")
    places = [Trajectory.still(*point_at(6.0 * n - 180.0, 0.0, 2.0 + 0.2 * n)) for n in range(60)]
    events = [Event(n * duration_s / 60.0, min(10.0, duration_s / 60.0),
                    Segment(f"s{n}", takes[n % 14].id, 0.0, 10.0), roles[n % 5], path=place)
              for n, place in enumerate(places)]  # fmt: skip
    return Arrangement(tuple(events), takes, title="Hall of the gates and of the winds")


def not_drawn(page: Figure) -> list[Text]:
    """Labels that axes hold for marks outside their view, or without being shown at all."""
    found = []
    for axes in page.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found += [tick.label1 for tick in axis.get_major_ticks()
                      if not (axes.axison and low <= tick.get_loc() <= high)]  # fmt: skip
    return found


@pytest.mark.parametrize(("duration_s", "mark_s"), [(30.0, 10.0), (120.0, 60.0), (600.0, 60.0), (3600.0, 300.0)])
def test_nothing_is_cut_off_or_over_another(duration_s: float, mark_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    page = drawn(busy(duration_s), duration_s, monkeypatch)
    shown = [text for text in page.findobj(Text) if text.get_visible() and text.get_text().strip()
             and text not in not_drawn(page)]  # fmt: skip
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    width, height = page.bbox.size
    for words, box in boxes:
        assert MARGIN <= box.x0 < box.x1 <= width - MARGIN, words
        assert MARGIN <= box.y0 < box.y1 <= height - MARGIN, words
    for (words, box), (others, other) in combinations(boxes, 2):
        assert not box.overlaps(other), f"{words!r} and {others!r}"
    lanes = page.axes[0]
    assert list(lanes.get_xticks()) == pytest.approx([mark_s * n for n in range(round(duration_s / mark_s) + 1)])


def test_lanes_are_the_layers_and_events_lie_in_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    arrangement = busy(600.0)
    lanes = drawn(arrangement, 600.0, monkeypatch).axes[0]
    assert [label.get_text() for label in lanes.get_yticklabels()] == list(arrangement.roles)
    drops = [tuple(point) for kind in lanes.collections for point in kind.get_offsets().tolist()]
    for event in arrangement.events:
        assert (event.start_s, arrangement.roles.index(event.role)) in drops
