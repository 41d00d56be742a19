"""When events come: candidates in each minute, drawn by the minute's name, of which a density keeps its share.

A candidate is the same whatever the density is: more of them are kept when it rises. So a mood that is moved, or a
layer that is added, leaves all others where they were.

References
----------
Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval Research Logistics 26, 1979.
Neyman and Scott, "Statistical approach to problems of cosmology", JRSS B 20, 1958: clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from soundscape.arrangement.chance import generator_for
from soundscape.exhibit.exhibit import Layer

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A time at which something may begin."""

    time_s: float
    name: str
    """What further chance about it is keyed by."""


def candidates(layer: Layer, duration_s: float, *, most_per_minute: float, per_minute: Callable[[float], float],
               seed: int, day: str) -> Iterator[Candidate]:  # fmt: skip
    """Times at which a layer's events, or clusters of them, begin, minute after minute.

    Parameters
    ----------
    most_per_minute
        What `per_minute` never passes.
    per_minute
        Events wanted per minute, at a time.
    day
        What chance is keyed by, with the layer's name.
    """
    size = _mean_size(layer)
    n_minutes = int(-(-duration_s // MINUTE_S))
    for minute in range(n_minutes):
        rng = generator_for(seed, day, layer.name, "minute", str(minute))
        n_drawn = int(rng.poisson(most_per_minute / size))
        drawn = rng.uniform(size=(n_drawn, 2))
        for number, (at, kept) in enumerate(drawn[drawn[:, 0].argsort()].tolist()):
            time_s = (minute + at) * MINUTE_S
            if time_s < duration_s and kept * most_per_minute < per_minute(time_s):
                yield from _cluster(layer, Candidate(time_s, f"{minute}/{number}"), duration_s, seed=seed, day=day)


def _mean_size(layer: Layer) -> float:
    return 0.5 * (layer.cluster[0] + layer.cluster[1]) if layer.process == "clustered" else 1.0


def _cluster(layer: Layer, first: Candidate, duration_s: float, *, seed: int, day: str) -> Iterator[Candidate]:
    """A candidate alone, or as many as a cluster has, the first where it was."""
    if layer.process != "clustered":
        yield first
        return
    rng = generator_for(seed, day, layer.name, "cluster", first.name)
    n_events = int(rng.integers(layer.cluster[0], layer.cluster[1] + 1))
    after_s = [0.0, *sorted(rng.uniform(0.0, layer.cluster_s, n_events - 1).tolist())]
    for number, later_s in enumerate(after_s):
        if first.time_s + later_s < duration_s:
            yield Candidate(first.time_s + later_s, f"{first.name}/{number}")
