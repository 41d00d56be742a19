"""Directions all over the sphere, each with its share, so that sums over them are integrals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.trajectory import Points


def sphere_grid(degree: int) -> tuple[Points, NDArray[np.float64]]:
    """Directions and shares whose weighted sum is the mean over the sphere, exact up to a polynomial degree.

    Rings at the heights of Gauss and Legendre, evenly spaced around: a product of two harmonics of orders n and m is
    integrated exactly where n + m <= `degree`. Symmetric: left and right, ahead and behind, above and below.

    Returns
    -------
    directions : (n, 3) unit vectors
    shares : (n,) float64 > 0
        They add up to 1.

    References
    ----------
    Abramowitz and Stegun, Handbook of Mathematical Functions, 25.4.29; Stroud, Approximate Calculation of Multiple
    Integrals, 1971: product formulas for the sphere.

    Examples
    --------
    >>> directions, shares = sphere_grid(3)
    >>> (shares @ directions**2).round(12).tolist()
    [0.333333333333, 0.333333333333, 0.333333333333]
    """
    heights, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    n_around = 4 * (degree // 4 + 1)
    turns = (np.arange(n_around) + 0.5) * 2.0 * np.pi / n_around
    radii = np.repeat(np.sqrt(1.0 - heights**2), n_around)
    around = np.tile(turns, len(heights))
    directions = np.stack([radii * np.cos(around), radii * np.sin(around), np.repeat(heights, n_around)], axis=-1)
    return directions, np.repeat(weights / weights.sum() / n_around, n_around)
