"""From the bus of a mix to frames for loudspeakers or ears."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

from soundscape.engine import kernels
from soundscape.engine.convolution import FilterBank
from soundscape.engine.slots import BATCH
from soundscape.engine.voices import QUANTUM
from soundscape.space.layout import Layout
from soundscape.space.renderer import Renderer
from soundscape.space.rotation import field_rotation, turn
from soundscape.units import Samples, frame_at

_RAMP = np.arange(QUANTUM, dtype=np.float32)
_STRAIGHT = (0.0, 0.0, 0.0)


class Finish:
    """Turns and decodes a bus, gives the lows to subwoofers, and aligns a rig of several distances."""

    def __init__(self, renderer: Renderer, rate_hz: int, n_quanta: int = BATCH) -> None:
        layout, filters = renderer.layout, renderer.filters
        self._n_channels = layout.n_channels
        self.matrix: Samples | None = None
        self.bank: FilterBank | None = None
        if filters is not None and filters.shape[2] == 1:
            self.matrix = np.ascontiguousarray(filters[:, :, 0], np.float32)
        elif filters is not None:
            self.bank = FilterBank(filters)
        self.out = np.zeros((n_quanta, layout.n_channels, QUANTUM), np.float32)
        self._turning = _Turning(renderer.order) if renderer.order else None
        self.crossing = Crossing(layout, rate_hz) if any(s.below_hz for s in layout.speakers) else None
        self.alignment = Alignment(layout, rate_hz)

    @property
    def turns(self) -> bool:
        """Whether what it hears is a sound field, which can be turned."""
        return self._turning is not None

    def turn(self, turn_deg: tuple[float, float, float], *, is_silent: bool = False) -> None:
        """Turn the sound field to the left, up in front, over to the right, within the next quantum.

        `is_silent`: nothing sounds yet, and it is turned at once.
        """
        if self._turning is not None:
            self._turning.turn(turn_deg, is_silent=is_silent)

    def forget(self) -> None:
        """Be as new, but for the way it is turned: nothing that went in before comes out any more."""
        if self.bank is not None:
            self.bank.forget()
        if self.crossing is not None:
            self.crossing.forget()
        self.alignment.forget()

    def frames(self, bus: Samples, out: Samples) -> None:
        """(n_quanta, n_bus or more, 64) into (n_quanta * 64, n_channels) float32; the bus may be changed."""
        if self._turning is not None:
            self._turning.apply(bus)
        channels = self._channels(bus)
        if self.crossing is not None:
            self.crossing.apply(channels)
        self.alignment.apply(channels)
        kernels.interleave(channels, out)

    def _channels(self, bus: Samples) -> Samples:
        out = self.out[: len(bus)]
        if self.matrix is not None:
            out[:] = 0.0
            kernels.add_decoded(bus, self.matrix, out)
        elif self.bank is not None:
            out[:] = 0.0
            self.bank.add(bus, 0, out)
        elif self.crossing is None and not self.alignment.is_needed:
            return bus
        else:
            out[:] = bus[:, : self._n_channels]
        return out


class _Turning:
    """The way a listener looks, as a matrix on spherical harmonics."""

    def __init__(self, order: int) -> None:
        self._order = order
        self._now = self._then = self._matrix(_STRAIGHT)
        self._work = np.zeros((len(self._now), QUANTUM), np.float32)
        self._is_straight = True

    def turn(self, turn_deg: tuple[float, float, float], *, is_silent: bool) -> None:
        self._then = self._matrix(turn_deg)
        self._now = self._then if is_silent else self._now
        self._is_straight = False

    def apply(self, bus: Samples) -> None:
        if self._is_straight:
            return
        kernels.turn_field(self._now, self._then, _RAMP, self._work, bus)
        self._now = self._then

    def _matrix(self, turn_deg: tuple[float, float, float]) -> Samples:
        return field_rotation(turn(*turn_deg), self._order).astype(np.float32)


class Crossing:
    """Which loudspeakers play the lows.

    References
    ----------
    Linkwitz, "Active crossover networks for noncoincident drivers", JAES 24(1), 1976.
    """

    def __init__(self, layout: Layout, rate_hz: int) -> None:
        zones = layout.zones
        self._zones = np.array([zones.index(speaker.zone) for speaker in layout.speakers], np.int64)
        counts = [sum(1 for s in layout.speakers if s.below_hz and s.zone == zone) for zone in zones]
        self._subs = np.array(
            [1.0 / counts[zones.index(s.zone)] if s.below_hz else -1.0 if s.is_lfe else 0.0 for s in layout.speakers],
            np.float32,
        )
        self._coefficients = np.zeros((len(zones), 2, 5))
        for row, zone in zip(self._coefficients, zones, strict=True):
            below_hz = max(speaker.below_hz for speaker in layout.speakers if speaker.zone == zone)
            if below_hz:
                row[0] = _section(*butter(2, below_hz, "lowpass", fs=rate_hz))
                row[1] = _section(*butter(2, below_hz, "highpass", fs=rate_hz))
        self._state = np.zeros((layout.n_channels + len(zones), 2, 2))
        self._sums = np.zeros((len(zones), QUANTUM))

    def apply(self, channels: Samples) -> None:
        """Give the lows to the subwoofers, in place."""
        kernels.cross_over(*self.arrays, channels)

    def forget(self) -> None:
        """Be as new."""
        self._state.fill(0.0)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What the kernel works with, in its order."""
        return (self._subs, self._zones, self._coefficients, self._state, self._sums)

    @property
    def sounding(self) -> tuple[NDArray[np.generic], ...]:
        """Those that hold sound."""
        return (self._state,)


def _section(b: NDArray[np.float64], a: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([*b, *a[1:]])


class Alignment:
    """Delays and gains that make all loudspeakers seem as far away as the farthest."""

    def __init__(self, layout: Layout, rate_hz: int) -> None:
        self._gains = np.array(layout.alignment_gains, np.float32)
        self._delays = np.array([frame_at(delay_s, rate_hz) for delay_s in layout.alignment_delays_s], np.int64)
        self.is_needed = bool((self._gains != 1.0).any() or self._delays.any())
        ring = 1 << (int(self._delays.max()) + QUANTUM).bit_length()
        self._lines = np.zeros((layout.n_channels, ring if self.is_needed else 1), np.float32)
        self._clock = np.zeros(1, np.int64)

    def apply(self, channels: Samples) -> None:
        """Let every channel come when the farthest does, in place."""
        if self.is_needed:
            kernels.align(*self.arrays, channels)

    def forget(self) -> None:
        """Be as new."""
        for array in (*self.sounding, self._clock):
            array.fill(0)

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What the kernel works with, in its order."""
        return (self._delays, self._gains, self._lines, self._clock)

    @property
    def sounding(self) -> tuple[NDArray[np.generic], ...]:
        """Those that hold sound."""
        return (self._lines,)
