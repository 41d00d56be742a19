"""A head as a value: directions, and what each ear hears from there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from soundscape.space.trajectory import Points

WIDEST_GAP_DEG = 65.0
"""Farther than this from every measured direction, nobody knows what the ears hear. Many heads miss the lowest 60."""

SLOWEST_HZ, FASTEST_HZ = 8_000, 192_000
"""Rates at which a head can be: below there is no head shadow left, above nobody measures."""

LOUDEST = 1e6
"""The largest value of a response that can be meant."""

_PROBES = 600
_BLOCK = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """What two ears hear from directions all around: head-related impulse responses.

    `directions`: (n, 3) unit vectors, x right, y ahead, z up. `responses`: (n, 2, n_taps), left ear first; frame 0 is
    one moment for all of them. Both are kept as float64 that cannot be written to. A head is equal only to itself,
    so that what was worked out for it can be kept.

    Raises
    ------
    ValueError
        If the shapes do not fit each other, a value is not finite or above 1e6, a direction is no unit vector, an ear
        hears nothing, the rate is not within 8 to 192 kHz, or some part of space is further than 65 degrees from
        every direction.

    Examples
    --------
    >>> axes = np.concatenate([np.eye(3), -np.eye(3)])
    >>> Head("open air", axes, np.ones((6, 2, 1)), 48_000).n_taps
    1
    """

    name: str
    directions: Points
    responses: NDArray[np.float64]
    rate_hz: int
    about: str = ""

    def __post_init__(self) -> None:
        directions, responses = (np.array(field, np.float64) for field in (self.directions, self.responses))
        if directions.ndim != 2 or directions.shape[1] != 3 or not len(directions):
            raise ValueError(f"directions must be (n, 3), got {directions.shape}")
        if responses.ndim != 3 or responses.shape[:2] != (len(directions), 2) or not responses.shape[2]:
            raise ValueError(f"responses must be ({len(directions)}, 2, n_taps), got {responses.shape}")
        if not SLOWEST_HZ <= self.rate_hz <= FASTEST_HZ:
            raise ValueError(f"rate_hz goes from {SLOWEST_HZ} to {FASTEST_HZ}, got {self.rate_hz}")
        if not (np.abs(responses) <= LOUDEST).all():  # so written, a NaN fails too
            raise ValueError(f"responses must be finite and at most {LOUDEST:g}")
        for ear, side in enumerate(("left", "right")):
            if not responses[:, ear].any():
                raise ValueError(f"the {side} ear hears nothing from anywhere")
        if not (np.abs(np.linalg.norm(directions, axis=1) - 1.0) <= 1e-6).all():
            raise ValueError("directions must be unit vectors")
        _check_around(directions)
        for name, field in (("directions", directions), ("responses", responses)):
            field.setflags(write=False)
            object.__setattr__(self, name, field)

    @property
    def n_taps(self) -> int:
        """Length of the responses in frames."""
        return int(self.responses.shape[2])

    def resampled(self, rate_hz: int) -> Head:
        """The same head at another rate: the same level and phase at each frequency that both rates have.

        The responses are taken as samples of a band-limited sound that is silent before and after, so that the
        value between samples is known exactly (Shannon, "Communication in the presence of noise", 1949, theorem 1).

        Raises
        ------
        ValueError
            If `rate_hz` is not within 8 to 192 kHz.

        Examples
        --------
        >>> axes = np.concatenate([np.eye(3), -np.eye(3)])
        >>> Head("open air", axes, np.ones((6, 2, 100)), 48_000).resampled(96_000).n_taps
        200
        """
        return self if rate_hz == self.rate_hz else _resampled(self, rate_hz)


def even_directions(n: int) -> Points:
    """Directions spread evenly over the sphere, along a spiral: (n, 3) unit vectors.

    References
    ----------
    Swinbank and Purser, "Fibonacci grids", QJRMS 132, 2006, section 3.

    Examples
    --------
    >>> bool(np.abs(even_directions(1000).mean(axis=0)).max() < 0.002)
    True
    """
    turn = np.arange(n) * np.pi * (3.0 - np.sqrt(5.0))
    z = 1.0 - (2.0 * np.arange(n) + 1.0) / n
    flat = np.sqrt(1.0 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def _check_around(directions: Points) -> None:
    probes = np.concatenate([even_directions(_PROBES), np.eye(3), -np.eye(3)])
    gaps, _ = cKDTree(directions).query(probes)
    gaps_deg = 2.0 * np.degrees(np.arcsin(np.minimum(gaps / 2.0, 1.0)))
    widest = int(gaps_deg.argmax())
    if gaps_deg[widest] > WIDEST_GAP_DEG:
        x, y, z = probes[widest]
        azimuth_deg, elevation_deg = np.degrees(np.arctan2(-x, y)), np.degrees(np.arcsin(np.clip(z, -1.0, 1.0)))
        raise ValueError(
            f"no direction within {WIDEST_GAP_DEG:g} degrees of azimuth {azimuth_deg:.0f}, "
            f"elevation {elevation_deg:.0f} ({len(directions)} directions)"
        )


@lru_cache(maxsize=4)
def _resampled(head: Head, rate_hz: int) -> Head:
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise ValueError(f"rate_hz goes from {SLOWEST_HZ} to {FASTEST_HZ}, got {rate_hz}")
    n_taps = -(-head.n_taps * rate_hz // head.rate_hz)
    band_hz = min(rate_hz, head.rate_hz)
    from_s, to_s = np.arange(head.n_taps) / head.rate_hz, np.arange(n_taps) / rate_hz
    responses = np.empty((len(head.directions), 2, n_taps))
    for first in range(0, n_taps, _BLOCK):
        block = slice(first, first + _BLOCK)
        apart = to_s[block] - from_s[:, None]
        responses[:, :, block] = head.responses @ (np.sinc(band_hz * apart) * (band_hz / rate_hz))
    return Head(head.name, head.directions, responses, rate_hz, head.about)
