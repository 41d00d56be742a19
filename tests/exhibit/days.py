"""Plans of sounds that are made here, at a low rate: a minute of them is quickly rendered."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from scipy.signal import butter, lfilter

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.voices import SourceKey
from soundscape.exhibit.plan import Plan
from soundscape.score.curve import Curve
from soundscape.space.paths import wander
from soundscape.space.trajectory import Trajectory, point_at
from soundscape.units import Samples

RATE_HZ = 8000
OPENS = datetime(2026, 3, 20, 1, tzinfo=UTC)
WIND, BELL = "0" * 31 + "1", "0" * 31 + "2"
_TAKES = {WIND: 40.0, BELL: 6.0}


def take(name: str) -> Recording:
    """Recording of a made sound."""
    return Recording(name, f"{name}.wav", RATE_HZ, 1, int(_TAKES[name] * RATE_HZ))


def source(key: SourceKey) -> Samples:
    """Samples of a stretch: low noise for the wind, partials that die away for the bell."""
    n_frames = round((key.end_s - key.start_s) / key.speed * RATE_HZ)
    if key.recording_id == WIND:
        noise = np.random.default_rng(1).standard_normal(n_frames)
        return (0.05 * lfilter(*butter(1, 0.2), noise)).astype(np.float32)[:, None]
    times_s = np.arange(n_frames) / RATE_HZ
    partials = sum(np.sin(2 * np.pi * hz * times_s) * np.exp(-times_s * fall) for hz, fall in ((440, 2), (1130, 4)))
    return (0.2 * partials).astype(np.float32)[:, None]


def wind(start_s: float, duration_s: float, *, azimuth_deg: float = 0.0, gain_db: float = 0.0,
         room_db: float = -120.0) -> Event:  # fmt: skip
    """A bed that goes round."""
    path = wander(seed=3, over_s=duration_s, centre_m=point_at(azimuth_deg, 0.0, 4.0), radius_m=2.0)
    return Event(start_s, duration_s, Segment("w", WIND, 0.0, 40.0, "texture"), "wind", path=path, gain_db=gain_db,
                 loops=True, fade_in_s=4.0, fade_out_s=4.0, spread_deg=90.0, room_db=room_db)  # fmt: skip


def bell(start_s: float, *, azimuth_deg: float = 30.0, gain_db: float = 0.0, bends: bool = False) -> Event:
    """A strike."""
    bend = Curve((0.0, 3.0), (0.0, 2.0)) if bends else None
    path = Trajectory.still(*point_at(azimuth_deg, 10, 6))
    return Event(start_s, 6.0, Segment("b", BELL, 0.0, 6.0), "bell", path=path,
                 gain_db=gain_db, bend=bend, room_db=3.0)  # fmt: skip


def plan_of(*events: Event, duration_s: float = 300.0,
            levels_db: tuple[tuple[float, float], ...] = ((0.0, 0.0),)) -> Plan:  # fmt: skip
    """A plan of these events."""
    played = sorted({event.segment.recording_id for event in events})
    return Plan(OPENS, duration_s, Arrangement(events, tuple(map(take, played))), levels_db=levels_db)


def full_day(*, wind_room_db: float = -120.0) -> Plan:
    """Winds that pass into each other, and bells over the edges of minutes."""
    winds = [wind(at, 104.0, azimuth_deg=at, room_db=wind_room_db) for at in (0.0, 100.0, 200.0)]
    bells = [
        bell(at, azimuth_deg=at, bends=at > 100.0) for at in (3.0, 57.5, 59.9, 61.0, 118.0, 119.99, 177.0, 179.5, 238.0)
    ]
    return plan_of(*winds, *bells)
