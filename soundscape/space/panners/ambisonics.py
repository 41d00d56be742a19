"""Ambisonic panning: a source becomes spherical harmonics, and a decoder makes loudspeakers of them.

The rows `ambisonics` and all that are spelled `ambisonics-ORDER-DECODER-WEIGHTS`, such as `ambisonics-3-epad-in-phase`.
"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import LayoutError
from soundscape.space.harmonics import MAX_ORDER, degrees, harmonics, n_harmonics
from soundscape.space.layout import Layout
from soundscape.space.panners.decoders import (
    DECODERS,
    WEIGHTS,
    best_order,
    decoder_for,
    degree_powers,
    order_weights,
)
from soundscape.space.panners.source import sources_at
from soundscape.space.tables import nearest_name
from soundscape.space.trajectory import Points

_NAME = re.compile(rf"(?:ambisonics)?(?:-(\d+))?(?:-({'|'.join(DECODERS)}))?(?:-({'|'.join(WEIGHTS)}))?(.*)")
_WORDS = f"1 to {MAX_ORDER}, {' or '.join(DECODERS)}, {' or '.join(WEIGHTS)}"


class AmbisonicBus:
    """Pans into a sound field: AmbiX files, and what turns with the head before headphones. Nothing decodes it here.

    A source is a plane wave, W is 1. A wide source is a cap of the sphere in phase with itself, with the level that a
    point has after a `max-re` decoder; one that is everywhere is W alone, and that much louder.

    Raises
    ------
    LayoutError
        If the order is not 1 to 7.
    """

    decoder = None

    def __init__(self, order: int) -> None:
        _check_order(order)
        self.order = order
        self.n_bus = n_harmonics(order)
        self.powers = order_weights("max-re", order) ** 2 * (2.0 * np.arange(order + 1) + 1.0)

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """Harmonics of sources at `points_m`: (n, 3) metres, 0 to 360 degrees -> (n, n_bus), ACN order, SN3D.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        return _encoded(points_m, spread_deg, self.powers)


class Ambisonics:
    """Pans into a sound field and decodes it to loudspeakers.

    A source keeps one width wherever it is, between loudspeakers and at them; decoded power, averaged over all
    directions, is 1. `epad` keeps it 1 in every direction, and needs loudspeakers on all sides; `allrad` works on any
    rig and lets it change: by up to 1 dB on rings, 2 dB on domes, 3.5 dB where a layout leaves wide gaps (5.1.2).

    Parameters
    ----------
    layout : Layout
    order : int, 1 to 7, or None
        None is the highest that the layout has enough loudspeakers for.
    decoder : "allrad" or "epad"
    weights : "max-re", "in-phase" or "basic"
        See `decoders.order_weights`.

    Raises
    ------
    LayoutError
        If the order is not 1 to 7, or the layout cannot carry it by that decoder; the hint says what can be had.
    ValueError
        If `decoder` or `weights` is none of these.

    References
    ----------
    Zotter and Frank, "All-round Ambisonic panning and decoding", JAES 60(10), 2012; Zotter, Pomberger, Noisternig,
    "Energy-preserving Ambisonic decoding", Acta Acustica united with Acustica 98, 2012.
    """

    def __init__(self, layout: Layout, order: int | None = None, decoder: str = "allrad",
                 weights: str = "max-re") -> None:  # fmt: skip
        self.layout = layout
        self.weights = weights
        if order is None:
            self.decoder = _fitting(layout, decoder, weights)
        else:
            _check_order(order)
            self.decoder = decoder_for(layout, order, decoder, weights)
        self.n_bus = self.decoder.shape[1]
        self._powers = degree_powers(self.decoder)
        self.order = len(self._powers) - 1

    @classmethod
    def spelled(cls, layout: Layout, name: str) -> Ambisonics:
        """Panner of a name: `ambisonics`, then an order, a decoder, weights, each or none, joined by hyphens.

        Raises
        ------
        LayoutError
            If a part of the name is no order from 1 to 7 and no known word.

        Examples
        --------
        >>> from soundscape.space.layout import layout_named
        >>> Ambisonics.spelled(layout_named("octagon"), "ambisonics-2-in-phase").n_bus
        9
        """
        number, decoder, weights, rest = _NAME.findall(name)[0]
        if rest:
            word = rest.strip("-")
            meant = nearest_name(word, [*DECODERS, *WEIGHTS])
            raise LayoutError(
                f"panner {name!r}: {word!r} says nothing here" + (f"; did you mean {meant!r}?" if meant else ""),
                hint=f"write ambisonics-ORDER-DECODER-WEIGHTS: {_WORDS}",
            )
        return cls(layout, int(number) if number else None, decoder or "allrad", weights or "max-re")

    def gains(self, points_m: Points, spread_deg: float | NDArray[np.float64] = 0.0) -> NDArray[np.float64]:
        """Harmonics of sources at `points_m`, for `decoder` to make channels of: `gains @ decoder.T`.

        Parameters
        ----------
        points_m : (n, 3) metres
        spread_deg : float or (n,), 0 to 360
            0 is as narrow as the order allows, 360 is everywhere; a source nearer than `HEAD_M` is wider.

        Returns
        -------
        (n, n_bus) float64
            ACN order, SN3D. A wide source is the mean over a cap of the sphere, and as loud as a point.

        Raises
        ------
        ValueError
            If a point is not finite, or a spread is outside 0 to 360.
        """
        return _encoded(points_m, spread_deg, self._powers)


def _encoded(points_m: Points, spread_deg: float | NDArray[np.float64],
             powers: NDArray[np.float64]) -> NDArray[np.float64]:  # fmt: skip
    """Harmonics (n, n_bus) of caps, as loud as points where each degree sounds with its share of `powers`."""
    order = len(powers) - 1
    sources = sources_at(points_m, spread_deg)
    caps = _caps(sources.spread_deg, order)
    caps /= np.sqrt(caps**2 @ (powers / powers.sum()))[:, None]
    return harmonics(sources.directions, order) * caps[:, degrees(order)]


def _caps(spread_deg: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """What the mean over a cap leaves of each degree: (n,) degrees across -> (n, order + 1), 1 for a point.

    Integrals of Legendre polynomials from the cap's edge to its middle, by Legendre's own equation (NIST Digital
    Library of Mathematical Functions, 14.2.1), so that a cap of no size divides by nothing.
    """
    edge = np.cos(np.radians(spread_deg) / 2.0)
    slopes = [np.polynomial.Legendre.basis(n).deriv()(edge) for n in range(1, order + 1)]
    means = [(1.0 + edge) * slope / (n * (n + 1)) for n, slope in enumerate(slopes, start=1)]
    return np.stack([np.ones_like(edge), *means], axis=-1)


def _fitting(layout: Layout, decoder: str, weights: str) -> NDArray[np.float64]:
    """Decoder of the highest order that the layout can carry."""
    for order in range(best_order(layout), 1, -1):
        with suppress(LayoutError):
            return decoder_for(layout, order, decoder, weights)
    return decoder_for(layout, 1, decoder, weights)


def _check_order(order: int) -> None:
    if not 1 <= order <= MAX_ORDER:
        raise LayoutError(f"there is no Ambisonics of order {order}", hint=f"orders go from 1 to {MAX_ORDER}")
