"""A cue sheet: what sounds when, how loud and from where, as a table that a spreadsheet opens."""

from __future__ import annotations

import math

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording
from soundscape.deliver.eventtable import event_table

COLUMNS = ("at", "until", "layer", "title", "title_zh", "tag", "object_id", "recordist", "licence", "azimuth_deg",
           "elevation_deg", "distance_m", "gain_db", "goes_round")  # fmt: skip


def cue_sheet(arrangement: Arrangement) -> str:
    """One row for each event, in the order of time; places are those at which events begin."""
    return event_table(arrangement, COLUMNS, _row)


def _row(event: Event, take: Recording) -> tuple[str, ...]:
    x_m, y_m, z_m = event.path.points_m[0]
    distance_m = math.sqrt(x_m * x_m + y_m * y_m + z_m * z_m)
    azimuth_deg = math.degrees(math.atan2(-x_m, y_m))
    elevation_deg = math.degrees(math.asin(z_m / distance_m)) if distance_m else 0.0
    return (
        timecode(event.start_s), timecode(event.end_s), event.role, take.title, take.titles.get("zh", ""),
        event.segment.tag, take.object_id, take.recordist, take.licence, f"{azimuth_deg:.0f}", f"{elevation_deg:.0f}",
        f"{distance_m:.1f}", f"{event.gain_db:.1f}", "yes" if event.loops else "",
    )  # fmt: skip


def timecode(time_s: float) -> str:
    """Hours, minutes, seconds and tenths.

    Examples
    --------
    >>> timecode(3725.25), timecode(59.96)
    ('1:02:05.2', '0:01:00.0')
    """
    tenths = round(time_s * 10)
    return f"{tenths // 36_000}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
