"""From where a source is to its gains on the bus: panning, level, distance, and what it sends into the room."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording
from soundscape.errors import AudioError, LayoutError
from soundscape.space.beds import PAIR_DEG, bed_gains, pair
from soundscape.space.distance import direct_gain, room_gain
from soundscape.space.panners.direct import only
from soundscape.space.renderer import Renderer
from soundscape.space.rotation import turn
from soundscape.space.sends import send_gains
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points
from soundscape.units import gain_of

LOUDEST_DB = 300.0
"""Louder is the same: beyond some 700 dB a gain is no number any more."""

Rows = NDArray[np.float32]


def channels_of(event: Event, take: Recording, renderer: Renderer, times_s: NDArray[np.float64],
                *, sends: int) -> Iterator[tuple[int, Points, Rows]]:  # fmt: skip
    """Each channel of a take that sounds, where it is and how it enters the bus.

    One channel is on the event's path, two at its sides, a sound field all round; of others the mean is on the path.

    Parameters
    ----------
    times_s : (n,)
        From the start of the event.
    sends
        Channels of the bus that go to the room: none, one from all sides alike, or those of `soundscape.space.sends`.

    Returns
    -------
    channel of the source (-1: the mean of all), points (n, 3), gains (n, n_bus + sends)

    Raises
    ------
    LayoutError
        If the event wants a zone that the rig does not have.
    AudioError
        If the take has not the channels of the sound field that it is said to be.
    """
    points = event.path.at(times_s)
    level = _levels(event, times_s)
    kind = event.sound_field or take.ambisonic
    if kind:
        yield from _field(event, take, renderer, kind, points, level, sends)
        return
    for channel, place in _places(points, take, event):
        heard = place[:1] if event.path.is_still else place  # what stands still is panned once
        distances_m = np.linalg.norm(heard, axis=1)
        direct = _panned(event, renderer, heard) * (level * direct_gain(distances_m))[:, None]
        ways = send_gains(heard) if sends > 1 else np.ones((len(heard), sends))
        sent = ways * (level * _send(event) * room_gain(distances_m))[:, None]
        yield channel, place, np.hstack([direct, sent]).astype(np.float32)


def _levels(event: Event, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    level_db = np.full(len(times_s), event.gain_db)
    if event.level_db is not None:
        level_db += event.level_db.at(times_s)
    return np.where(level_db > -120.0, 10.0 ** (np.minimum(level_db, LOUDEST_DB) / 20.0), 0.0)


def _send(event: Event) -> float:
    return gain_of(min(event.room_db, LOUDEST_DB)) if event.room_db > -120.0 else 0.0


def _places(points: Points, take: Recording, event: Event) -> list[tuple[int, Points]]:
    if take.n_channels != 2:
        return [(0 if take.n_channels == 1 else -1, points)]
    usual_deg = PAIR_DEG if event.spread_deg <= 0.0 else min(PAIR_DEG, 2.0 * event.spread_deg)
    left, right = pair(points, usual_deg if event.pair_deg is None else event.pair_deg)
    return [(0, left), (1, right)]


def _field(event: Event, take: Recording, renderer: Renderer, kind: str, points: Points, level: NDArray[np.float64],
           sends: int) -> Iterator[tuple[int, Points, Rows]]:  # fmt: skip
    """A sound field is all round whatever the path says, and was recorded in a room: it sends nothing into another."""
    turned = turn(*event.turn_deg)
    try:
        entering = renderer.in_each_zone(lambda panner, zone: bed_gains(panner, zone, kind, take.n_channels, turned))
    except AudioError as error:
        raise AudioError(f"role {event.role!r}, {take.path}: {error}", hint=error.hint) from error
    for channel, gains in enumerate(entering * _heard(event, renderer)):
        rows = np.hstack([level[:, None] * gains, np.zeros((len(level), sends))])
        yield channel, np.zeros_like(points), rows.astype(np.float32)


def _panned(event: Event, renderer: Renderer, points: Points) -> NDArray[np.float64]:
    names = [speaker.name for speaker in renderer.layout.speakers]
    if event.speaker in names and renderer.n_bus == len(names) and not renderer.is_dense:
        return np.tile(only(renderer.layout, event.speaker), (len(points), 1))
    return renderer.panner.gains(points, event.spread_deg) * _heard(event, renderer)


def _heard(event: Event, renderer: Renderer) -> NDArray[np.float64]:
    """1 for the channels of the bus that an event may sound in."""
    layout = renderer.layout
    if not event.zone or len(layout.zones) < 2:
        return np.ones(renderer.n_bus)
    if event.zone not in layout.zones:
        meant = nearest_name(event.zone, layout.zones)
        raise LayoutError(
            f"role {event.role!r} sounds in zone {event.zone!r}, which {layout.name} does not have"
            + (f"; did you mean {meant!r}?" if meant else ""),
            hint=f"zones: {', '.join(layout.zones)}",
        )
    return np.array([float(zone == event.zone) for zone in renderer.zones])
