"""How a chosen sound becomes an event of a layer: how long, how loud, from where."""

from __future__ import annotations

import numpy as np

from soundscape.arrangement.event import Event
from soundscape.arrangement.levels import correction_db
from soundscape.catalogue.segment import Segment
from soundscape.exhibit.choosing import Chosen, place_in
from soundscape.exhibit.conditions import Condition
from soundscape.exhibit.ebb import Tide
from soundscape.exhibit.exhibit import Layer
from soundscape.score.curve import Curve
from soundscape.space.paths import wander
from soundscape.space.trajectory import Trajectory, point_at
from soundscape.units import SILENCE_DB

LONGEST_S = 300.0
PART_S = 12.0
"""Two beds that begin with two parts of a sound begin six seconds apart at least."""
LIVELY_DB = 4.0
"""Between the middle of the slider and its ends, half of it."""
FARTHER = 4.0
"""Times as far away at one end of the slider as at the other."""
WETTER_DB = 12.0
EBBED_DB = -3.0
_TIDE_STEP_S = 10.0
_SHORTEST_FADE_S = 0.002


def parts_of(segment: Segment) -> int:
    """Parts of a sound that goes round, with any of which it may begin."""
    return max(1, int(_round_s(segment)[1] // PART_S))


def _round_s(segment: Segment) -> tuple[float, float]:
    """Where in a segment a round begins, and how long it is."""
    loop = segment.loop
    return (loop.start_s, loop.period_s) if loop else (0.0, 0.8 * segment.duration_s)


def bed_event(layer: Layer, chosen: Chosen, time_s: float, duration_s: float, condition: Condition, tide: Tide,
              rng: np.random.Generator) -> Event:  # fmt: skip
    """A sound that goes round until the next takes over, at equal power; its level follows the tide."""
    segment = chosen.segment
    first_s, period_s = _round_s(segment)
    part_s = period_s / parts_of(segment)
    begins_s = first_s + part_s * (chosen.part + float(rng.uniform(0.25, 0.75)))
    return Event(
        time_s, duration_s, segment, layer.name, path=_path(layer, chosen, duration_s, condition, rng),
        gain_db=_gain_db(layer, segment, condition, rng), offset_s=begins_s,
        level_db=_tide_curve(tide, time_s, duration_s) if layer.ebb.depth else None,
        fade_in_s=min(layer.fade_s, 0.5 * duration_s), fade_out_s=min(layer.fade_s, 0.5 * duration_s), loops=True,
        spread_deg=layer.spread_deg, room_db=_room_db(layer, condition),
    )  # fmt: skip


def passing_event(layer: Layer, chosen: Chosen, time_s: float, condition: Condition, low: float,
                  rng: np.random.Generator) -> Event:  # fmt: skip
    """A sound that comes and goes: whole, where a layer allows so much; a texture as long as a layer asks for."""
    segment = chosen.segment
    least_s, most_s = layer.length_s[0], min(layer.length_s[1], LONGEST_S)
    goes_round = segment.kind == "texture" and least_s > segment.duration_s
    duration_s = float(rng.uniform(least_s, most_s)) if goes_round else min(segment.duration_s, most_s)
    fade_s = min(layer.fade_s, 0.5 * duration_s)
    # What is struck begins with its stroke: only as much is faded in as there is before it.
    before_s = segment.features.get("onset_s", 0.0)
    fade_in_s = fade_s if goes_round else max(_SHORTEST_FADE_S, min(fade_s, 0.8 * before_s))
    return Event(
        time_s, duration_s, segment, layer.name, path=_path(layer, chosen, duration_s, condition, rng),
        gain_db=_gain_db(layer, segment, condition, rng) + EBBED_DB * low, fade_in_s=fade_in_s, fade_out_s=fade_s,
        loops=goes_round, spread_deg=layer.spread_deg, room_db=_room_db(layer, condition),
    )  # fmt: skip


def _gain_db(layer: Layer, segment: Segment, condition: Condition, rng: np.random.Generator) -> float:
    lively_db = LIVELY_DB * (condition.mood.lively - 0.5)
    return float(rng.uniform(*layer.gain_db)) + correction_db(segment) + condition.change(layer.name).by_db + lively_db


def _room_db(layer: Layer, condition: Condition) -> float:
    """Send to the room: more of it from far away; what is dry stays dry."""
    if layer.room_db <= SILENCE_DB:
        return SILENCE_DB
    return layer.room_db + WETTER_DB * (0.5 - condition.mood.near)


def _path(
    layer: Layer, chosen: Chosen, duration_s: float, condition: Condition, rng: np.random.Generator
) -> Trajectory:
    azimuth_deg, elevation_deg, distance_m = place_in(chosen.cell, layer.places, rng)
    point_m = point_at(azimuth_deg, elevation_deg, distance_m * FARTHER ** (0.5 - condition.mood.near))
    if not layer.places.wander_m:
        return Trajectory.still(*point_m)
    return wander(seed=int(rng.integers(1 << 31)), over_s=duration_s, centre_m=point_m, radius_m=layer.places.wander_m)


def _tide_curve(tide: Tide, time_s: float, duration_s: float) -> Curve:
    times_s = [*np.arange(0.0, duration_s, _TIDE_STEP_S).tolist(), duration_s]
    return Curve(tuple(times_s), tuple(tide.level_db(time_s + after_s) for after_s in times_s))
