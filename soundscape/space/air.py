"""What the air takes from a sound on its way: the highs of what is far.

Nothing here knows of walls or of the level that falls with distance.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from soundscape.space.distance import REFERENCE_M

N_TAPS = 8
"""The middle tap of a symmetric filter of 15, and the seven beside it."""

HEARD_DB = 1.0
"""What the air takes at 16 kHz before anything is done about it: some three metres."""

FARTHEST_M = 400.0
"""What is further is filtered as if it were here: little is left above 4 kHz."""

_STEPS_PER_OCTAVE = 12
_HEARD_HZ = 16_000.0
_ABSOLUTE_ZERO_C = -273.15
_TRIPLE_POINT_K = 273.16
_REFERENCE_K = 293.15
_REFERENCE_PA = 101_325.0


def absorption_db_per_m(hz: NDArray[np.float64], *, celsius: float = 20.0, humidity_percent: float = 50.0,
                        pressure_pa: float = _REFERENCE_PA) -> NDArray[np.float64]:  # fmt: skip
    """Attenuation of a pure tone by the air.

    Parameters
    ----------
    hz : (n,) float64 >= 0
    celsius : -20 to 50
    humidity_percent : 0 to 100
        Relative humidity.
    pressure_pa : > 0

    Returns
    -------
    (n,) float64 >= 0

    References
    ----------
    ISO 9613-1:1993, equations 3 to 5, and B.2 and B.3 for the share of water vapour.

    Examples
    --------
    At 10 degrees and 70 %, ISO 9613-2 (table 2) has 1.9, 3.7 and 9.7 dB for each kilometre at 500, 1000 and 2000 Hz.

    >>> loss_db_per_m = absorption_db_per_m(np.array([500.0, 1000.0, 2000.0]), celsius=10.0, humidity_percent=70.0)
    >>> (loss_db_per_m * 1000.0).round(1).tolist()
    [1.9, 3.7, 9.7]
    """
    kelvin, pressure = celsius - _ABSOLUTE_ZERO_C, pressure_pa / _REFERENCE_PA
    warmth = kelvin / _REFERENCE_K
    saturation = 10.0 ** (-6.8346 * (_TRIPLE_POINT_K / kelvin) ** 1.261 + 4.6151)
    water = humidity_percent * saturation / pressure
    oxygen_hz = pressure * (24.0 + 4.04e4 * water * (0.02 + water) / (0.391 + water))
    nitrogen_hz = pressure * warmth**-0.5 * (9.0 + 280.0 * water * np.exp(-4.170 * (warmth ** (-1.0 / 3.0) - 1.0)))
    squared = np.asarray(hz, np.float64) ** 2
    classical = 1.84e-11 / pressure * warmth**0.5
    oxygen = 0.01275 * np.exp(-2239.1 / kelvin) * oxygen_hz / (oxygen_hz**2 + squared)
    nitrogen = 0.1068 * np.exp(-3352.0 / kelvin) * nitrogen_hz / (nitrogen_hz**2 + squared)
    return np.asarray(8.686 * squared * (classical + warmth**-2.5 * (oxygen + nitrogen)))


def is_heard(distances_m: NDArray[np.float64]) -> bool:
    """Whether the air colours a source that goes so far away."""
    loss_db = absorption_db_per_m(np.array([_HEARD_HZ]))[0] * (distances_m.max(initial=0.0) - REFERENCE_M)
    return bool(loss_db > HEARD_DB)


def air_taps(distances_m: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Filters that take what the air takes between the reference distance and `distances_m`.

    Each is symmetric, so nothing is delayed: y[k] = t[0] x[k] + sum over j of t[j] (x[k - j] + x[k + j]). Its gain is 1
    at 0 Hz. Wherever the loss is below 20 dB it is within 1.5 dB of the standard up to 300 m (at 96 kHz up to 100 m).

    Parameters
    ----------
    distances_m : (n,) float64 >= 0
    rate_hz : > 0

    Returns
    -------
    (n, 8) float64
    """
    table = _table(rate_hz)
    at = np.log2(np.clip(distances_m, REFERENCE_M, FARTHEST_M) / REFERENCE_M) * _STEPS_PER_OCTAVE
    low = np.minimum(at.astype(np.int64), len(table) - 2)
    share = (at - low)[:, None]
    return np.asarray(table[low] * (1.0 - share) + table[low + 1] * share)


@cache
def _table(rate_hz: int) -> NDArray[np.float64]:
    """Filters of a twelfth of an octave of distance each, by weighted least squares: the lows matter most."""
    n_steps = int(np.ceil(np.log2(FARTHEST_M / REFERENCE_M) * _STEPS_PER_OCTAVE)) + 1
    distances_m = REFERENCE_M * 2.0 ** (np.arange(n_steps + 1) / _STEPS_PER_OCTAVE)
    hz = np.linspace(0.0, rate_hz / 2.0, 257)
    wanted = 10.0 ** (-np.outer(distances_m - REFERENCE_M, absorption_db_per_m(hz)) / 20.0)
    shapes = np.cos(2.0 * np.pi * np.outer(hz, np.arange(N_TAPS)) / rate_hz) * np.where(np.arange(N_TAPS), 2.0, 1.0)
    taps = []
    for row in wanted:
        weights = 1.0 / (0.03 + row)
        weights[0] = 1e4
        taps.append(np.linalg.lstsq(shapes * weights[:, None], row * weights, rcond=None)[0])
    return np.array(taps)
