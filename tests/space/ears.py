"""How tests listen to a head: time and level between the ears, the same way for every head."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from soundscape.space.harmonics import harmonics
from soundscape.space.heads.diffuse import area_shares
from soundscape.space.heads.head import Head
from soundscape.space.trajectory import Points, point_at

Floats = NDArray[np.float64]

ITD_BELOW_HZ = 1_500.0
_FINER = 16
_N_FFT = 4096
_LATEST_S = 0.00125


def circle(step_deg: float = 5.0) -> Points:
    return np.array([point_at(azimuth_deg) for azimuth_deg in np.arange(0.0, 360.0, step_deg)])


def towards(head: Head, directions: Points) -> Floats:
    """Responses of the measured directions that are these: (n, 2, n_taps)."""
    nearest = (directions @ head.directions.T).argmax(axis=1)
    assert np.linalg.norm(head.directions[nearest] - directions, axis=1).max() < 0.002
    return head.responses[nearest]


def itd_us(responses: Floats, rate_hz: float) -> Floats:
    """By how many microseconds the right ear hears later: where low-passed ears are most alike, (n,)."""
    low = butter(4, ITD_BELOW_HZ, fs=rate_hz, output="sos")
    heard = np.fft.rfft(sosfiltfilt(low, np.pad(responses, ((0, 0), (0, 0), (300, 300))), axis=-1), _N_FFT)
    alike = np.fft.irfft(heard[:, 1] * heard[:, 0].conj(), _N_FFT * _FINER)
    most = round(_LATEST_S * rate_hz * _FINER)
    around = np.concatenate([alike[:, -most:], alike[:, : most + 1]], axis=1)
    return np.asarray((around.argmax(axis=1) - most) / (_FINER * rate_hz) * 1e6)


def third_octaves_db(responses: Floats, rate_hz: float, low_hz: float, high_hz: float) -> Floats:
    """Level in each third of an octave: (..., n_bands)."""
    power = np.square(np.abs(np.fft.rfft(responses, 2048)))
    hertz = np.fft.rfftfreq(2048, 1.0 / rate_hz)
    centres = 1000.0 * 2.0 ** (np.arange(-12, 14) / 3.0)
    wanted = centres[(centres >= low_hz) & (centres < high_hz)]
    bands = [power[..., (hertz >= c * 2 ** (-1 / 6)) & (hertz < c * 2 ** (1 / 6))].mean(axis=-1) for c in wanted]
    return np.asarray(10.0 * np.log10(np.stack(bands, axis=-1)))


def ild_db(responses: Floats, rate_hz: float, low_hz: float, high_hz: float) -> Floats:
    """How much louder the left ear hears, by thirds of an octave: (n, n_bands)."""
    levels = third_octaves_db(responses, rate_hz, low_hz, high_hz)
    return np.asarray(levels[:, 0] - levels[:, 1])


def rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def through(filters: Floats, directions: Points) -> Floats:
    """What the ears hear of sources on the bus: (n, 2, n_taps)."""
    order = round(np.sqrt(filters.shape[1])) - 1
    return np.asarray(np.einsum("nc,ect->net", harmonics(directions, order), filters))


@cache
def plain_fit(head: Head, order: int) -> Floats:
    """Least squares of level and phase at all frequencies, as a textbook has it."""
    basis = harmonics(head.directions, order)
    weights = np.sqrt(area_shares(head))[:, None]
    flat = head.responses.reshape(len(basis), -1)
    fitted = np.linalg.lstsq(basis * weights, flat * weights, rcond=1e-3)[0]
    return np.asarray(fitted.reshape(-1, 2, head.n_taps).transpose(1, 0, 2))
