"""What a head hears of sound from everywhere at once, and how to take it out again.

Headphones are made so that sound from all around has its right colour (Theile, JAES 34(12), 1986); a head that is
played through them must not colour it once more. Nothing here depends on Ambisonics.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from soundscape.space.heads.head import Head, even_directions

_PROBES_EACH = 12
_MANY_PROBES = 6_000
_CELL = 2.0
_MEASURED = 0.7
"""Cells end at twice the distance that seven in ten places have at most: the rim of a hole does not speak for it."""

_MIDDLE_HZ = (250.0, 8_000.0)
_MOST_BOOST_DB = 12.0
_MOST_LOW_BOOST_DB = 40.0
_TAIL_S = 0.005
_DELAY_HZ = (250.0, 1_500.0)

LOW_HZ = 250.0
"""Below, measured heads hear their small loudspeaker and short window more than the head, which does nothing there."""


@lru_cache(maxsize=8)
def area_shares(head: Head) -> NDArray[np.float64]:
    """Share of the sphere that each direction stands for: (n,), together 1.

    A direction stands for the places that are nearest to it, so that a grid that is dense in some places counts no
    more there. Places in a hole of the grid count for none.

    Examples
    --------
    >>> axes = np.concatenate([np.eye(3), -np.eye(3)])
    >>> area_shares(Head("open air", axes, np.ones((6, 2, 1)), 48_000)).round(2).tolist()
    [0.17, 0.17, 0.17, 0.17, 0.17, 0.17]
    """
    n = len(head.directions)
    spiral = even_directions(max(_PROBES_EACH * n, _MANY_PROBES) // 2)
    probes = np.concatenate([spiral, spiral * (-1.0, 1.0, 1.0)])  # what is alike left and right stays so
    distance, nearest = (np.asarray(found) for found in cKDTree(head.directions).query(probes))
    counts = np.bincount(nearest[distance <= _CELL * np.quantile(distance, _MEASURED)], minlength=n)
    return np.asarray(counts / counts.sum(), np.float64)


@lru_cache(maxsize=8)
def shared_delay_s(head: Head) -> float:
    """Seconds that all responses are late: the mean group delay over directions and ears below 1500 Hz.

    Waves that long reach the two ears about as much before the middle of the head as after it.

    Examples
    --------
    >>> axes = np.concatenate([np.eye(3), -np.eye(3)])
    >>> late = np.zeros((6, 2, 64))
    >>> late[:, :, 24] = 1.0
    >>> round(shared_delay_s(Head("open air", axes, late, 48_000)) * 1e3, 6)
    0.5
    """
    n_fft = 1 << int(2 * max(head.n_taps, round(0.01 * head.rate_hz)) - 1).bit_length()
    step_hz = head.rate_hz / n_fft
    low = slice(int(_DELAY_HZ[0] / step_hz), int(_DELAY_HZ[1] / step_hz) + 2)
    spectra = np.fft.rfft(head.responses, n_fft)[:, :, low]
    turning = np.einsum("nek,nek,n->", spectra[:, :, 1:], spectra[:, :, :-1].conj(), area_shares(head))
    return float(-np.angle(turning) / (2.0 * np.pi * step_hz))


@lru_cache(maxsize=4)
def diffuse_equalised(head: Head) -> Head:
    """A head without colour of its own: sound from everywhere at once comes out as it went in.

    One filter for all directions and both ears, minimum phase, so that differences between ears and directions stay.
    The power of both ears together is then 1 in every third of an octave: what a stereo pair of channels carries of a
    source that is panned with constant power. No frequency is raised by more than 12 dB against the middle ones. Below
    250 Hz each ear goes on with the level and the delay it has there.

    References
    ----------
    Larcher, Jot, Vandernoot, "Equalization methods in binaural technology", AES 105, 1998; minimum phase
    from the real cepstrum: Oppenheim and Schafer, Discrete-Time Signal Processing, 3rd ed., chapter 13; low
    frequencies: Bernschütz, "A spherical far field HRIR/HRTF compilation of the Neumann KU 100", AIA-DAGA 2013.

    Examples
    --------
    >>> axes = np.concatenate([np.eye(3), -np.eye(3)])
    >>> heard = diffuse_equalised(Head("open air", axes, np.ones((6, 2, 1)), 48_000)).responses
    >>> heard[0, :, 0].round(3).tolist()
    [0.707, 0.707]
    """
    n_tail = round(_TAIL_S * head.rate_hz)
    n_taps = head.n_taps + n_tail
    n_fft = 1 << int(4 * n_taps - 1).bit_length()
    power = np.zeros(n_fft // 2 + 1)
    for share, pair in zip(area_shares(head), head.responses, strict=True):
        if share:
            power += share * np.square(np.abs(np.fft.rfft(pair, n_fft))).sum(axis=0)
    hertz = np.asarray(np.fft.rfftfreq(n_fft, 1.0 / head.rate_hz), np.float64)
    heard = np.sqrt(_third_octaves(power, hertz))
    lowest = int(np.searchsorted(hertz, LOW_HZ))
    middle = (hertz >= _MIDDLE_HZ[0]) & (hertz <= min(_MIDDLE_HZ[1], 0.4 * head.rate_hz))
    usual = float(np.exp(np.average(np.log(np.maximum(heard[middle], 1e-30)), weights=1.0 / hertz[middle])))
    boost_db = np.where(hertz < LOW_HZ, _MOST_LOW_BOOST_DB, _MOST_BOOST_DB)
    clear = _minimum_phase(1.0 / np.maximum(heard, usual * 10.0 ** (-boost_db / 20.0)), n_fft)
    turned = np.exp(2j * np.pi * hertz * shared_delay_s(head))
    below = hertz[:lowest] / hertz[lowest]
    responses = np.empty((len(head.directions), 2, n_taps))
    for row, pair in zip(responses, head.responses, strict=True):
        ears = np.fft.rfft(pair, n_fft) * clear * turned
        last = ears[:, lowest, None]
        ears[:, :lowest] = np.abs(last) * np.exp(1j * np.angle(last) * below)
        row[:] = np.fft.irfft(ears * turned.conj(), n_fft)[:, :n_taps]
    return Head(head.name, head.directions, responses, head.rate_hz, head.about)


def _third_octaves(power: NDArray[np.float64], hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the power over the third of an octave around each frequency."""
    whole = np.concatenate([[0.0], np.cumsum(power)])
    first = np.searchsorted(hertz, hertz * 2.0 ** (-1 / 6), side="left")
    after = np.searchsorted(hertz, hertz * 2.0 ** (1 / 6), side="right")
    return np.asarray((whole[after] - whole[first]) / (after - first), np.float64)


def _minimum_phase(gains: NDArray[np.float64], n_fft: int) -> NDArray[np.complex128]:
    """Response of a causal filter, as short as can be, with these gains at the n_fft // 2 + 1 frequencies."""
    cepstrum = np.fft.irfft(np.log(gains), n_fft)
    cepstrum[1 : n_fft // 2] *= 2.0
    cepstrum[n_fft // 2 + 1 :] = 0.0
    return np.asarray(np.exp(np.fft.rfft(cepstrum)), np.complex128)
