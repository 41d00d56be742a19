"""Where each event is: its stretch of the role's path, or where the score's controllers steer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.levels import PAN
from soundscape.score.curve import Curve
from soundscape.score.score import Part
from soundscape.space.trajectory import Trajectory, point_at

if TYPE_CHECKING:
    from soundscape.arrangement.cast import Role

Floats = NDArray[np.float64]
STEP_S = 0.05
"""Steering is sampled at least this often where it changes."""
USUAL_DISTANCE_M = 2.0
WIDEST_PAN_DEG = 60.0


@dataclass(frozen=True, slots=True)
class Axis:
    """What a controller's 0..127 means on one axis."""

    about: str
    value_of: Callable[[Floats], Floats]


def _around(values: Floats) -> Floats:
    """64 is ahead and 0 and 127 are behind; smaller is to the left, as pan has it."""
    return np.where(values <= 64.0, (64.0 - values) / 64.0, (64.0 - values) / 63.0) * 180.0


AXES: Mapping[str, Axis] = {
    "azimuth": Axis("0 behind, 32 left, 64 ahead, 96 right, 127 behind", _around),
    "elevation": Axis("0 level with the ears .. 127 straight above", lambda values: values / 127.0 * 90.0),
    "distance": Axis("0 at 1 m .. 127 at 16 m, each quarter twice as far", lambda values: 16.0 ** (values / 127.0)),
}
"""Every axis a controller may steer."""


def path_of(role: Role, part: Part, start_s: float, stop_s: float) -> Trajectory:
    """Path of an event of that role from `start_s` to `stop_s`; its time counts from `start_s`."""
    steered = {axis: curve for axis, number in role.steer if (curve := part.control(number)) is not None}
    if steered:
        return _steered(role, steered, start_s, stop_s)
    if role.path is not None:
        return role.path if role.path_clock == "event" or role.path.is_still else stretch(role.path, start_s, stop_s)
    pan = part.control(PAN)
    return _panned(pan, start_s, stop_s) if pan is not None else Trajectory.still(*point_at(0.0, 0.0, USUAL_DISTANCE_M))


def stretch(path: Trajectory, start_s: float, stop_s: float) -> Trajectory:
    """Part of a path, with time counted from `start_s`.

    Examples
    --------
    >>> stretch(Trajectory((0.0, 4.0), ((0.0, 1.0, 0.0), (4.0, 1.0, 0.0))), 1.0, 3.0).points_m
    ((1.0, 1.0, 0.0), (3.0, 1.0, 0.0))
    """
    times = [start_s, *(time for time in path.times_s if start_s < time < stop_s), stop_s]
    return _through(np.array(times), path.at(np.array(times)), start_s)


def _through(times_s: Floats, points_m: Floats, start_s: float) -> Trajectory:
    """Trajectory through points, without those that lie in the middle of a rest."""
    still = np.all(points_m[1:] == points_m[:-1], axis=1)
    keep = np.ones(len(times_s), bool)
    keep[1:-1] = ~(still[:-1] & still[1:])
    if still.all():
        keep[1:] = False
    inner = tuple((times_s[keep] - start_s).tolist())
    return Trajectory(inner, tuple((float(x), float(y), float(z)) for x, y, z in points_m[keep]))


def _sampled(curves: Mapping[str, Curve], start_s: float, stop_s: float) -> Floats:
    if all(curve.between(start_s, stop_s).is_constant for curve in curves.values()):
        return np.array([start_s])
    return np.linspace(start_s, stop_s, max(2, int(np.ceil((stop_s - start_s) / STEP_S)) + 1))


def _steered(role: Role, curves: Mapping[str, Curve], start_s: float, stop_s: float) -> Trajectory:
    """Polar place of the role (its path, or ahead), with the steered axes put in."""
    times = _sampled(curves, start_s, stop_s)
    if role.path is not None and not role.path.is_still:
        times = np.linspace(start_s, stop_s, max(2, int(np.ceil((stop_s - start_s) / STEP_S)) + 1))
    base = role.path or Trajectory.still(*point_at(0.0, 0.0, USUAL_DISTANCE_M))
    points = base.at(times if role.path_clock == "piece" else times - start_s)
    polar = _polar(points)
    for axis, curve in curves.items():
        polar[axis] = AXES[axis].value_of(curve.at(times))
    places = [point_at(*place) for place in zip(polar["azimuth"], polar["elevation"], polar["distance"], strict=True)]
    return _through(times, np.array(places), start_s)


def _polar(points_m: Floats) -> dict[str, Floats]:
    x_m, y_m, z_m = points_m.T
    flat_m = np.hypot(x_m, y_m)
    return {
        "azimuth": np.degrees(np.arctan2(-x_m, y_m)),
        "elevation": np.degrees(np.arctan2(z_m, flat_m)),
        "distance": np.hypot(flat_m, z_m),
    }


def _panned(pan: Curve, start_s: float, stop_s: float) -> Trajectory:
    times = _sampled({"pan": pan}, start_s, stop_s)
    azimuths = (64.0 - np.maximum(pan.at(times), 1.0)) / 63.0 * WIDEST_PAN_DEG
    places = np.array([point_at(float(azimuth), 0.0, USUAL_DISTANCE_M) for azimuth in azimuths])
    return _through(times, places, start_s)
