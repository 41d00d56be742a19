"""From an Ambisonic bus to two ears: one filter for each harmonic and ear.

Nothing here convolves; the filters are made once and the engine runs them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soundscape.space.distance import SOUND_M_PER_S
from soundscape.space.harmonics import MAX_ORDER, harmonics
from soundscape.space.heads.diffuse import area_shares, diffuse_equalised, shared_delay_s
from soundscape.space.heads.head import Head

LOWEST_ORDER = 1
RADIUS_M = 0.0875
SHORTEST_TAPS = 64

_SMOOTHNESS = 3e-3
_FLOOR = 1e-3

Spectra = NDArray[np.complex128]
"""(n_bins, n, 2): frequencies, then directions or harmonics, then left and right ear."""


def aliasing_hz(order: int) -> float:
    """Frequency above which an order is too coarse for the waves around a head: order * c / (2 pi r).

    References
    ----------
    Zotter and Frank, Ambisonics, Springer 2019, section 4.11.

    Examples
    --------
    >>> round(aliasing_hz(5))
    3119
    """
    return order * SOUND_M_PER_S / (2.0 * np.pi * RADIUS_M)


def latency_frames(n_taps: int) -> int:
    """Frames by which the filters delay sound from ahead of the middle of the head, to within a few.

    A quarter of their length: 1.3 ms for 256 at 48 kHz.

    Examples
    --------
    >>> latency_frames(256)
    64
    """
    return n_taps // 4


@lru_cache(maxsize=8)
def binaural_filters(head: Head, order: int, rate_hz: int, n_taps: int = 256) -> NDArray[np.float64]:
    """Filters that turn an Ambisonic bus into what the ears of a head hear.

    The bus has the order and scale of AmbiX (ACN, SN3D). The head is first freed of its own colour
    (`diffuse_equalised`). Up to `aliasing_hz` the filters are the best fit to level and phase, above it to level
    alone: there an order is too low for both, and ears hear the level. Within an octave about it the one becomes the
    other. Then each frequency is turned and scaled so that sound from everywhere has the head's level at each ear
    and its likeness between the ears. Where a head was not measured, the filters go on smoothly.

    A source from everywhere has power 1 over both ears, as one that is panned with constant power to two
    loudspeakers; one straight ahead is within a few dB of that. From order 3 on the time between the ears is that of
    the head; order 1 has little more than half of it, for it ends at 620 Hz.

    Parameters
    ----------
    head : Head
        At any rate.
    order : 1 to 7
    rate_hz : 8_000 to 192_000
    n_taps : >= 64

    Returns
    -------
    (2, (order + 1) ** 2, n_taps) float64, left ear first; it cannot be written to.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    References
    ----------
    Schörkhuber, Zaunschirm, Höldrich, "Binaural rendering of Ambisonic signals via magnitude least squares", DAGA
    2018; Zotter and Frank, Ambisonics, Springer 2019, sections 4.11.2 and 4.11.3; the turn with the least change:
    Vilkamo, Bäckström, Kuntz, JAES 61(6), 2013. Smoothness as n(n + 1): Zotkin, Duraiswami, Gumerov,
    "Regularized HRTF fitting using spherical harmonics", WASPAA 2009.

    Examples
    --------
    >>> from soundscape.space.heads.analytic import analytic_head
    >>> binaural_filters(analytic_head(), 1, 48_000).shape
    (2, 4, 256)
    """
    if not LOWEST_ORDER <= order <= MAX_ORDER:
        raise ValueError(f"order goes from {LOWEST_ORDER} to {MAX_ORDER}, got {order}")
    if n_taps < SHORTEST_TAPS:
        raise ValueError(f"n_taps must be {SHORTEST_TAPS} or more, got {n_taps}")
    heard = diffuse_equalised(head.resampled(rate_hz))
    shares = area_shares(heard)
    n_fft = 1 << int(max(4 * n_taps, heard.n_taps) - 1).bit_length()
    hertz = np.asarray(np.fft.rfftfreq(n_fft, 1.0 / rate_hz), np.float64)
    ears = np.fft.rfft(heard.responses, n_fft).transpose(2, 0, 1)
    ears = ears * np.exp(2j * np.pi * hertz * shared_delay_s(heard))[:, None, None]
    basis = harmonics(heard.directions, order)
    made = _as_diffuse(_fitted(ears, basis, shares, hertz, order), ears, basis, shares)
    made[[0, -1]] = made[[0, -1]].real
    late = np.exp(-2j * np.pi * hertz * latency_frames(n_taps) / rate_hz)
    filters = np.fft.irfft(made * late[:, None, None], n_fft, axis=0)[:n_taps] * _window(n_taps)[:, None, None]
    out = np.ascontiguousarray(filters.transpose(2, 1, 0))
    out.setflags(write=False)
    return out


def _fitted(ears: Spectra, basis: NDArray[np.float64], shares: NDArray[np.float64], hertz: NDArray[np.float64],
            order: int) -> Spectra:  # fmt: skip
    """Harmonics whose sum over directions is nearest: in level and phase below, in level above."""
    degree = np.repeat(np.arange(order + 1), 2 * np.arange(order + 1) + 1)
    rough = np.diag(_SMOOTHNESS * degree * (degree + 1) / (2 * degree + 1))
    weighted = basis.T * shares
    fit = np.asarray(np.linalg.solve(weighted @ basis + rough, weighted), np.float64)
    made = np.asarray(np.moveaxis(np.tensordot(fit, ears, (1, 1)), 0, 1), np.complex128)
    share_of_level = np.clip(np.log2(np.maximum(hertz, 1.0) / aliasing_hz(order)) + 0.5, 0.0, 1.0)
    for k in np.flatnonzero(share_of_level):
        before = _times(basis, made[k - 1])
        aimed = np.abs(ears[k]) * before / np.maximum(np.abs(before), 1e-12)
        made[k] += share_of_level[k] * (_times(fit, aimed) - made[k])
    return made


def _times(real: NDArray[np.float64], spectra: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """(m, n) @ (n, 2), by hand: so small a product takes a BLAS longer to share among threads than to do."""
    parts = np.ascontiguousarray(np.concatenate([spectra.real.T, spectra.imag.T]))
    product = np.einsum("mn,pn->pm", real, parts)
    return np.asarray(product[:2] + 1j * product[2:], np.complex128).T


def _as_diffuse(made: Spectra, ears: Spectra, basis: NDArray[np.float64], shares: NDArray[np.float64]) -> Spectra:
    """With power and likeness of the two ears, over the measured directions, as the head has them."""
    wanted = _root(np.einsum("kne,knf,n->kef", ears, ears.conj(), shares))
    among = (basis.T * shares) @ basis
    got = _root(made.transpose(0, 2, 1) @ among @ made.conj())
    left, _, right = np.linalg.svd(got.conj().transpose(0, 2, 1) @ wanted)
    turn = right.conj().transpose(0, 2, 1) @ left.conj().transpose(0, 2, 1)
    change = wanted @ turn @ np.linalg.inv(got)
    return np.asarray(made @ change.transpose(0, 2, 1), np.complex128)


def _root(covariance: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Lower triangular roots (Cholesky) of (n_bins, 2, 2), with a floor so that one always exists."""
    floor = _FLOOR * np.trace(covariance, axis1=1, axis2=2).real + 1e-12
    return np.asarray(np.linalg.cholesky(covariance + floor[:, None, None] * np.eye(2)), np.complex128)


def _window(n_taps: int) -> NDArray[np.float64]:
    """1, with half a cosine at the beginning and at the end."""
    rise, fall = n_taps // 8, n_taps // 4
    up, down = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n) for n in (rise, fall))
    return np.concatenate([up, np.ones(n_taps - rise - fall), down[::-1]])
