"""Turning a sound field: where its front, its horizon and its top end up, and the matrix that takes it there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from soundscape.space.harmonics import degrees, harmonics, n3d_factors
from soundscape.space.quadrature import sphere_grid

MOST_TURN_DEG = 36_000.0
"""A hundred turns: beyond it is a slip of the pen."""

Matrix = NDArray[np.float64]

_ORTHOGONAL = 1e-9


def turn(yaw_deg: float = 0.0, pitch_deg: float = 0.0, roll_deg: float = 0.0) -> Matrix:
    """Rotation that carries what is ahead to azimuth `yaw_deg` and elevation `pitch_deg`.

    Yaw turns to the left, pitch lifts what is ahead, roll lowers what is at the right. Roll comes first, then pitch,
    then yaw, all about axes that stay where they are.

    Returns
    -------
    (3, 3) float64
        `points @ matrix.T` are the turned points.

    Examples
    --------
    >>> (turn(90.0) @ [0.0, 1.0, 0.0]).round(12).tolist()
    [-1.0, 0.0, 0.0]
    """
    (yaw_cos, pitch_cos, roll_cos), (yaw_sin, pitch_sin, roll_sin) = (
        wave(np.radians([yaw_deg, pitch_deg, roll_deg])) for wave in (np.cos, np.sin)
    )
    yaw = np.array([[yaw_cos, -yaw_sin, 0.0], [yaw_sin, yaw_cos, 0.0], [0.0, 0.0, 1.0]])
    pitch = np.array([[1.0, 0.0, 0.0], [0.0, pitch_cos, -pitch_sin], [0.0, pitch_sin, pitch_cos]])
    roll = np.array([[roll_cos, 0.0, roll_sin], [0.0, 1.0, 0.0], [-roll_sin, 0.0, roll_cos]])
    return np.asarray(yaw @ pitch @ roll)


def field_rotation(matrix: Matrix, order: int) -> Matrix:
    """Matrix that turns an Ambisonic field as `matrix` turns directions.

    Each degree stays among itself, and within it the turned harmonics are sums of the others. Their weights are their
    projections, integrals over the sphere, which a quadrature of twice the order gives exactly.

    Parameters
    ----------
    matrix : (3, 3) orthogonal, such as `turn` makes; a mirror image is allowed
    order : int, 0 to 7

    Returns
    -------
    ((order + 1)**2, (order + 1)**2) float64, orthogonal
        `field_rotation(matrix, order) @ field` is the turned field, in SN3D or N3D alike; a field that is not turned
        keeps every bit.

    Raises
    ------
    ValueError
        If `matrix` is not orthogonal, (3, 3), or the order is out of range.

    References
    ----------
    Ivanic and Ruedenberg, "Rotation matrices for real spherical harmonics", J. Phys. Chem. 100, 1996: the matrices,
    which they reach by recursion from the (3, 3) one.

    Examples
    --------
    A wave from the left, turned to the left by a quarter, comes from behind:

    >>> ((field_rotation(turn(90.0), 1) @ [1.0, 1.0, 0.0, 0.0]).round(12) + 0.0).tolist()
    [1.0, 0.0, 0.0, -1.0]
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.abs(matrix @ matrix.T - np.eye(3)).max() < _ORTHOGONAL:
        raise ValueError(f"a rotation is an orthogonal (3, 3) matrix, got {matrix.tolist()}")
    degree_of = degrees(order)
    if np.array_equal(matrix, np.eye(3)):
        return np.eye(len(degree_of))
    directions, shares = sphere_grid(2 * order)
    before, after = (harmonics(d, order) * n3d_factors(order) for d in (directions, directions @ matrix.T))
    projected = (after * shares[:, None]).T @ before
    return np.where(degree_of[:, None] == degree_of, projected, 0.0)
