"""Exhibits and sounds that are made here: there is nothing to hear of them, and everything to plan."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from soundscape.arrangement.event import Event
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import parse_query
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.exhibit.exhibit import Exhibit, Layer, Places
from soundscape.exhibit.hours import Span
from soundscape.exhibit.hoursfile import hours_from_table
from soundscape.exhibit.plan import Plan

HOURS = hours_from_table(
    {"timezone": "Asia/Shanghai", "open": ["09:00-18:00"], "quiet": ["12:00-13:00"]}, where="hours"
)
WHOLE_DAYS = hours_from_table({"timezone": "UTC", "open": ["00:00-24:00"]}, where="hours")
DAY = HOURS.spans(date(2026, 11, 3))[0]
HOUR, MORNING = (Span(DAY.opens, DAY.opens + timedelta(hours=n)) for n in (1, 3))


def material(n_gates: int = 30, n_bells: int = 20, n_winds: int = 4) -> Catalogue:
    """Sounds of as many recordings; there is nothing to hear of them."""
    names = [
        ("gate.creak", n_gates, "event", 12.0),
        ("bell", n_bells, "note", 12.0),
        ("wind", n_winds, "texture", 60.0),
    ]
    takes, segments = {}, []
    for tag, count, kind, length_s in names:
        for n in range(count):
            take_id = f"{tag}{n}".encode().hex().ljust(32, "0")
            takes[take_id] = Recording(take_id, f"{tag}{n}.wav", 48_000, 1, 48_000 * 60)
            features = {"centroid_hz": 200.0 + 100.0 * n, "level_lufs": -23.0, "true_peak_db": -12.0}
            segments.append(Segment(f"{tag}-{n}", take_id, 0.0, length_s, kind, (Tag(tag, 0.9),), features))  # type: ignore[arg-type]
    return Catalogue(takes, tuple(segments), np.eye(len(segments), 8))


def layer(name: str, wants: str, **values: object) -> Layer:
    return Layer(name, parse_query(wants), **values)  # type: ignore[arg-type]


GATES = layer("gates", "gate.creak", per_minute=2.0, places=Places((-90.0, 90.0), (0.0, 10.0), (4.0, 16.0)))
BELLS = layer(
    "bells", "bell", per_minute=1.0, length_s=(0.5, 8.0), places=Places((-60.0, 60.0), (0.0, 0.0), (3.0, 6.0))
)
WIND = layer("wind", "wind", goes_on=True, length_s=(60.0, 120.0), fade_s=8.0)


def exhibit(*layers: Layer, **values: object) -> Exhibit:
    return Exhibit(Path("hall.toml"), "Hall", layers, values.pop("hours", HOURS), **values)  # type: ignore[arg-type]


def of(plan: Plan, role: str) -> list[Event]:
    return [event for event in plan.arrangement.events if event.role == role]
