"""Whether a rig reaches what a piece needs: a loudspeaker within 90 degrees of wherever its sounds are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.space.distance import HEAD_M
from soundscape.space.layout import LAYOUTS, Layout
from soundscape.space.trajectory import Points

REACH_DEG = 90.0
_EVERYWHERE_DEG = 180.0


def out_of_reach(arrangement: Arrangement, layout: Layout) -> Iterator[str]:
    """A line for each role that a layout cannot give what it asks for, and what would help.

    That is a loudspeaker or a zone that it names and the layout lacks, or a way to where a museum's rig has none.
    Layouts that have a name are known for what they leave open (stereo has nothing behind), and headphones and sound
    fields leave nothing open: nothing is said of those.
    """
    yield from _unknown_names(arrangement, layout)
    if layout.kind != "speakers" or LAYOUTS.get(layout.name) == layout or layout.n_channels == 1:
        return
    stand = [place for place, speaker in zip(layout.points_m, layout.speakers, strict=True) if not speaker.is_lfe]
    units = np.array(stand) / np.linalg.norm(stand, axis=1, keepdims=True)
    for role in arrangement.roles:
        places = [_places(event) for event in arrangement.events if event.role == role]
        ways = np.vstack([place for place in places if len(place)]) if any(map(len, places)) else np.zeros((0, 3))
        if not len(ways):
            continue
        off_deg = np.degrees(np.arccos(np.clip((ways @ units.T).max(axis=1), -1.0, 1.0)))
        worst = int(off_deg.argmax())
        if off_deg[worst] > REACH_DEG:
            azimuth_deg = np.degrees(np.arctan2(-ways[worst, 0], ways[worst, 1]))
            elevation_deg = np.degrees(np.arcsin(np.clip(ways[worst, 2], -1.0, 1.0)))
            yield (f"role {role!r} goes to azimuth {azimuth_deg:.0f}, elevation {elevation_deg:.0f} degrees, and the "
                   f"nearest loudspeaker of {layout.name} is {off_deg[worst]:.0f} degrees away: add one there, or give "
                   f"the role another path")  # fmt: skip


def _unknown_names(arrangement: Arrangement, layout: Layout) -> Iterator[str]:
    speakers = {speaker.name for speaker in layout.speakers if layout.kind == "speakers"}
    for role in arrangement.roles:
        events = [event for event in arrangement.events if event.role == role]
        for name in dict.fromkeys(event.speaker for event in events if event.speaker not in ("", *speakers)):
            yield f"role {role!r} wants the loudspeaker {name!r}, which {layout.name} does not have: it takes its path"
        for name in dict.fromkeys(event.zone for event in events if event.zone not in ("", *layout.zones)):
            yield f"role {role!r} wants the zone {name!r}, which {layout.name} does not have: it sounds everywhere"


def _places(event: Event) -> Points:
    """Directions of an event that is somewhere, and not all round the listener."""
    points = np.array(event.path.points_m)
    distances_m = np.linalg.norm(points, axis=1, keepdims=True)
    if event.spread_deg >= _EVERYWHERE_DEG or event.sound_field:
        return np.zeros((0, 3))
    return np.asarray((points / np.maximum(distances_m, HEAD_M))[distances_m[:, 0] > HEAD_M])
