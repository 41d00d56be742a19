"""Paths over the rig: where every role stands and moves, seen from above and from behind the listener."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.deliver.pictures.lettering import named_roles, titled
from soundscape.deliver.pictures.page import INK, PALE, ROLE_COLOURS, new_page, quiet_axes, save_page
from soundscape.space.layout import Layout, Speaker
from soundscape.space.trajectory import point_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

STEP_S = 0.1
SHORT = 0.05
"""Share of the picture that a path must cross to be drawn with an arrow."""
Style = Literal["-", "--", ":"]
LOOKS: tuple[tuple[str, Style], ...] = (("o", "-"), ("D", "--"), ("^", ":"))
"""Marker and line."""
VIEWS = ((0, 1, "from above", "x: right (m)", "y: ahead (m)"), (0, 2, "from behind", "x: right (m)", "z: up (m)"))


def picture_of_paths(arrangement: Arrangement, layout: Layout, path: Path) -> Path:
    """Draw every role's places and paths among the speakers of a layout."""
    places = {role: _places(arrangement, role) for role in arrangement.roles}
    lines = [points for still, moving in places.values() for points in (still, *moving) if len(points)]
    reach_m = max([2.0, *(float(np.abs(points).max()) for points in lines)])
    rig_m = _rig(layout) * reach_m * 0.92
    page = new_page(13.5, 6.9)
    for axes, (across, up, title, x_label, y_label) in zip(page.subplots(1, 2), VIEWS, strict=True):
        _draw_rig(axes, layout, rig_m[:, [across, up]])
        axes.set_xlim(-1.12 * reach_m, 1.12 * reach_m)
        axes.set_ylim(-1.12 * reach_m, 1.12 * reach_m)
        for index, (still, moving) in enumerate(places.values()):
            _draw_role(axes, still[:, [across, up]], [points[:, [across, up]] for points in moving], *_look(index))
        axes.set_title(title, fontsize=10, color=INK)
        axes.set_xlabel(x_label, fontsize=8, color=INK)
        axes.set_ylabel(y_label, fontsize=8, color=INK)
        axes.set_aspect("equal")
        quiet_axes(axes)
    _legend(page.axes[-1], named_roles(places))
    title = titled([arrangement.title], otherwise="Arrangement")
    page.suptitle(f"{title} in {layout.name}: places and paths by role", fontsize=12, color=INK)
    return save_page(page, path)


def _places(arrangement: Arrangement, role: str) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the points where a role stands, one per still event, and its paths as lines."""
    events = [event for event in arrangement.events if event.role == role]
    still = [event.path.points_m[0] for event in events if event.path.is_still]
    moving = {event.path: event for event in events if not event.path.is_still}
    return np.array(still, dtype=np.float64).reshape(-1, 3), [_line(event) for event in moving.values()]


def _line(event: Event) -> NDArray[np.float64]:
    return event.path.at(np.arange(0.0, event.duration_s + STEP_S, STEP_S))


def _rig(layout: Layout) -> NDArray[np.float64]:
    """Directions of the speakers, drawn on a circle round the piece: only their direction counts for a mix."""
    return np.array([point_at(s.azimuth_deg, s.elevation_deg) for s in _drawn(layout)]).reshape(-1, 3)


def _drawn(layout: Layout) -> tuple[Speaker, ...]:
    """Loudspeakers of a layout; the channels of a sound field and of headphones stand nowhere."""
    return layout.speakers if layout.kind == "speakers" else ()


def _draw_rig(axes: Axes, layout: Layout, points: NDArray[np.float64]) -> None:
    axes.add_patch(_circle(float(np.hypot(*points.T).max(initial=1.0))))
    axes.plot(0.0, 0.0, marker="o", color=INK, markersize=6)
    axes.annotate("listener", (0.0, 0.0), xytext=(6, -10), textcoords="offset points", fontsize=7, color=INK)
    names: dict[tuple[float, float], list[str]] = {}
    for speaker, (x_m, y_m) in zip(_drawn(layout), points, strict=True):
        if speaker.is_lfe:
            continue
        is_high = speaker.elevation_deg > 15.0
        names.setdefault((round(float(x_m), 1), round(float(y_m), 1)), []).append(speaker.name)
        axes.plot(x_m, y_m, marker="s", color="white" if is_high else PALE, markeredgecolor=INK, markersize=9)

    for at_m, there in names.items():  # two that are behind each other share their place on the page
        axes.annotate(" ".join(there), at_m, xytext=(0, 8), textcoords="offset points", fontsize=7, color=INK,
                      ha="center")  # fmt: skip


def _circle(radius_m: float) -> Patch:
    from matplotlib.patches import Circle

    return Circle((0.0, 0.0), radius_m, fill=False, color=PALE, linewidth=0.8)


def _look(index: int) -> tuple[str, str, Style]:
    """Colour, marker and line of a role: those that must share a colour differ in the other two."""
    turn, place = divmod(index, len(ROLE_COLOURS))
    return (ROLE_COLOURS[place], *LOOKS[turn % len(LOOKS)])


def _draw_role(axes: Axes, still: NDArray[np.float64], moving: list[NDArray[np.float64]], colour: str, marker: str,
               style: Style) -> None:  # fmt: skip
    if len(still):
        spots, counts = np.unique(still.round(2), axis=0, return_counts=True)
        axes.scatter(spots[:, 0], spots[:, 1], s=18 + 12 * np.sqrt(counts), color=colour, marker=marker, alpha=0.75,
                     linewidths=0, zorder=3)  # fmt: skip
    for line in moving:
        axes.plot(line[:, 0], line[:, 1], color=colour, linestyle=style, linewidth=1.3, alpha=0.65, zorder=2)
        if np.ptp(line, axis=0).max() < SHORT * np.ptp(axes.get_xlim()):  # arrows of many short ones hide each other
            continue
        axes.annotate("", line[-1], xytext=line[-2], arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.3})


def _legend(axes: Axes, roles: list[str]) -> None:
    from matplotlib.lines import Line2D

    looks = [_look(index) for index in range(len(roles))]
    handles = [Line2D([], [], color=colour, marker=marker, linestyle=style, label=role)
               for role, (colour, marker, style) in zip(roles, looks, strict=True)]  # fmt: skip
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.02, 1.0), fontsize=8, frameon=False)
