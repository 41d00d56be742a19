"""A head that needs no file: a rigid sphere with ears, pinnae and shoulders, from what acoustics knows of them.

It tells left from right and near ear from far ear as a head does; above, below and behind it says what the average
head says, so a measured head (`read_sofa`) is the better one for what is delivered.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import eval_legendre, spherical_jn, spherical_yn

from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.heads.head import FASTEST_HZ, SLOWEST_HZ, Head
from soundscape.space.trajectory import Points, point_at

SOURCE_M = 1.4
RADIUS_M = 0.084
EAR_DEG = 96.0
"""With this radius and place the time between the ears is within 60 microseconds of a KEMAR's all around."""

_TERMS = 60
_BAND_HZ = 24_000.0
_LENGTH_S = 256 / 48_000
_LEAD_S = 0.001
_EQUATOR = 72
_RING_DEG = 10

_PINNA_DEG = 45.0
_PINNA_DB = 4.0
_PINNA_HZ = 3_000.0
_ECHO_STEP_S = 1.0 / 44_100
_ECHOES = ((0.5, 1.0, 2.0), (-1.0, 5.0, 4.0), (0.5, 5.0, 7.0), (-0.25, 5.0, 11.0), (0.25, 5.0, 13.0))
_ECHO_STRENGTH = 0.35

_TORSO_M = 0.169
_TORSO_BELOW_M = 0.29
_TORSO_GAIN = 0.15
_TORSO_HZ = 4_000.0

Spectra = NDArray[np.complex128]
"""(n directions, n frequencies), phase against the middle of the head."""


@lru_cache(maxsize=4)
def analytic_head(rate_hz: int = 48_000) -> Head:
    """The head of nobody in particular, at any rate; left and right are exact mirrors.

    - Head: a rigid sphere of 8.4 cm, ears 96 degrees from ahead, sources 1.4 m away. Time and level between the ears
      depend on frequency as they do for real heads: the difference in time is 3 a/c sin(azimuth) at low frequencies
      and that of Woodworth at high ones. Nothing has a kink anywhere on the sphere.
    - Pinna: gathers sound from its side and a little ahead, by 4 dB above 3 kHz, and gives five short echoes that move
      with elevation, a third as strong as they were found, for they differ from ear to ear.
    - Shoulders: one reflection from a sphere below the head.

    Parameters
    ----------
    rate_hz : 8_000 to 192_000

    Returns
    -------
    Head of 822 directions, rings of 10 degrees and both poles, 5.3 ms long.

    Raises
    ------
    ValueError
        If the rate is outside its range.

    References
    ----------
    Sphere: Duda and Martens, "Range dependence of the response of a spherical head model", JASA 104(5), 1998: the
    series for a source at a finite range. Time between ears by frequency: Kuhn, JASA 62(1), 1977. Radius: Algazi,
    Avendano, Duda, "Estimation of a spherical-head model from anthropometry", JAES 49(6), 2001. Echoes: Brown and
    Duda, "A structural model for binaural sound synthesis", IEEE TSAP 6(5), 1998, table of pinna echoes; the sine of
    elevation there, which jumps below, is a plane here. Shoulders: Algazi, Duda, Duraiswami, Gumerov, Tang,
    "Approximating the head-related transfer function using simple geometric models of the head and torso", JASA
    112(5), 2002.

    Examples
    --------
    >>> head = analytic_head(44_100)
    >>> head.responses.shape
    (822, 2, 236)
    """
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise ValueError(f"rate_hz goes from {SLOWEST_HZ} to {FASTEST_HZ}, got {rate_hz}")
    middle, left = _grid()
    directions = np.concatenate([middle, left, left * (-1.0, 1.0, 1.0)])
    n_taps = 2 * round(_LENGTH_S * rate_hz / 2)
    hertz = np.asarray(np.fft.rfftfreq(n_taps, 1.0 / rate_hz), np.float64)
    heard = _left_ear(directions, hertz) * np.exp(-2j * np.pi * hertz * _LEAD_S)
    here = np.fft.irfft(heard * _band(hertz, min(rate_hz / 2.0, _BAND_HZ)), n_taps)
    own, other = np.split(here[len(middle) :], 2)
    there = np.concatenate([here[: len(middle)], other, own])
    return Head("analytic", directions, np.stack([here, there], axis=1), rate_hz, "a sphere with pinnae and shoulders")


def _grid() -> tuple[Points, Points]:
    """Directions on the plane between the ears, and those to the left of it."""
    middle, left = [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)], []
    for elevation_deg in range(_RING_DEG - 90, 90, _RING_DEG):
        half = max(1, round(_EQUATOR / 2 * np.cos(np.radians(elevation_deg))))
        _, ahead, up = point_at(0.0, elevation_deg)
        middle += [(0.0, ahead, up), (0.0, -ahead, up)]
        left += [point_at(180.0 * step / half, elevation_deg) for step in range(1, half)]
    return np.array(middle), np.array(left)


def _left_ear(directions: Points, hertz: NDArray[np.float64]) -> Spectra:
    ear = np.array(point_at(EAR_DEG))
    return np.asarray(
        _sphere(directions @ ear, hertz) * _pinna(directions, hertz) * _shoulders(directions, ear, hertz),
        np.complex128,
    )


def _sphere(cosines: NDArray[np.float64], hertz: NDArray[np.float64]) -> Spectra:
    """Pressure at a point of a rigid sphere, against that at its middle without it; cosines to the source."""
    audible = (hertz > 0.0) & (hertz <= _BAND_HZ)
    wave = 2.0 * np.pi * hertz[audible] / SOUND_M_PER_S
    degree = np.arange(_TERMS)[:, None]
    near, far = wave * RADIUS_M, wave * SOURCE_M
    outgoing = spherical_jn(degree, far) - 1j * spherical_yn(degree, far)
    slope = spherical_jn(degree, near, derivative=True) - 1j * spherical_yn(degree, near, derivative=True)
    terms = -(far / near) / near * np.exp(1j * far) * (2 * degree + 1) * outgoing / slope
    out = np.zeros((len(cosines), len(hertz)), np.complex128)
    out[:, audible] = eval_legendre(degree.T, cosines[:, None]) @ terms
    out[:, 0] = np.abs(out[:, 1])
    return out


def _pinna(directions: Points, hertz: NDArray[np.float64]) -> Spectra:
    towards = directions @ np.array(point_at(_PINNA_DEG))
    high = hertz**2 / (hertz**2 + _PINNA_HZ**2)
    gathered = 10.0 ** (_PINNA_DB / 20.0 * towards[:, None] * high)
    low_and_ahead = 0.5 - 0.5 * directions[:, 2] + 0.35 * directions[:, 1]
    echoed = np.ones((len(directions), len(hertz)), np.complex128)
    for gain, moving, still in _ECHOES:
        delays_s = _ECHO_STEP_S * (still + moving * low_and_ahead)
        echoed += _ECHO_STRENGTH * gain * np.exp(-2j * np.pi * hertz * delays_s[:, None])
    return np.asarray(gathered * echoed, np.complex128)


def _shoulders(directions: Points, ear: NDArray[np.float64], hertz: NDArray[np.float64]) -> Spectra:
    """The direct sound and that from a sphere below, where it comes off halfway between source and ear."""
    place = RADIUS_M * ear + (0.0, 0.0, _TORSO_BELOW_M)
    normals = directions + place / np.linalg.norm(place)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    ways = place - _TORSO_M * normals
    later_s = (np.linalg.norm(ways, axis=1) + (ways * directions).sum(axis=1)) / SOUND_M_PER_S
    gains = _TORSO_GAIN * np.clip((directions * normals).sum(axis=1), 0.0, None) ** 2
    low = 1.0 / (1.0 + (hertz / _TORSO_HZ) ** 2)
    return np.asarray(1.0 + gains[:, None] * low * np.exp(-2j * np.pi * hertz * later_s[:, None]), np.complex128)


def _band(hertz: NDArray[np.float64], edge_hz: float) -> NDArray[np.float64]:
    """1 up to four fifths of the edge, then down to 0 there, so that the responses are short."""
    way = np.clip((hertz / edge_hz - 0.8) / 0.2, 0.0, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * way), np.float64)
