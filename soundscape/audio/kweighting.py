"""The K-weighting filter of ITU-R BS.1770 for any rate.

The standard gives coefficients for 48 kHz only. The analogue prototype behind them (a shelf for the head, a high-pass)
was recovered by B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES convention 145,
2018; the bilinear transform with pre-warping gives the coefficients at any rate, at 48 kHz those of the standard.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
SHELF_BEND = 0.4996667741545416
"""Exponent of the shelf's middle gain; half of the gain in dB would be 0.5."""
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


def k_weighting(rate_hz: int) -> NDArray[np.float64]:
    """Second-order sections (2, 6) of the filter, as `scipy.signal.sosfilt` takes them.

    Examples
    --------
    >>> k_weighting(48_000).round(8)[0].tolist()      # table 1 of BS.1770
    [1.53512486, -2.69169619, 1.19839281, 1.0, -1.69065929, 0.73248077]
    """
    return np.array([_shelf(rate_hz), _high_pass(rate_hz)])


def k_power(frequency_hz: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Power that the filter passes at each frequency (n,).

    Examples
    --------
    >>> k_power(np.array([997.0]), 48_000).round(3).tolist()      # 0.691 dB, which the standard's offset takes back
    [1.172]
    """
    back = np.exp(-2j * np.pi * frequency_hz / rate_hz) ** np.arange(3)[:, None]
    power = np.ones(len(frequency_hz))
    for section in k_weighting(rate_hz):
        power *= np.abs(section[:3] @ back / (section[3:] @ back)) ** 2
    return power


def _shelf(rate_hz: int) -> list[float]:
    k = math.tan(math.pi * SHELF_HZ / rate_hz)
    high = 10.0 ** (SHELF_DB / 20.0)
    middle = high**SHELF_BEND
    whole = 1.0 + k / SHELF_Q + k * k
    return [
        (high + middle * k / SHELF_Q + k * k) / whole, 2.0 * (k * k - high) / whole,
        (high - middle * k / SHELF_Q + k * k) / whole,
        1.0, 2.0 * (k * k - 1.0) / whole, (1.0 - k / SHELF_Q + k * k) / whole,
    ]  # fmt: skip


def _high_pass(rate_hz: int) -> list[float]:
    """Numerator 1, -2, 1 as in the standard, which leaves its gain as it is."""
    k = math.tan(math.pi * HIGH_PASS_HZ / rate_hz)
    whole = 1.0 + k / HIGH_PASS_Q + k * k
    return [1.0, -2.0, 1.0, 1.0, 2.0 * (k * k - 1.0) / whole, (1.0 - k / HIGH_PASS_Q + k * k) / whole]
