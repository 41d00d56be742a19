"""A cleaning at work: blocks in, as many cleaned frames out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, iirnotch, sosfilt, sosfilt_zi, tf2sos

from soundscape.analysis.cleaning.choice import Cleaning
from soundscape.analysis.cleaning.repair import Repair
from soundscape.units import Samples

ORDER = 4
"""24 dB an octave; of least phase, so that no blow sounds before it falls."""
NOTCH_HZ = 2.0


class Cleaner:
    """Applies a `Cleaning` to a take of any length and number of channels, sample for sample as long as it was.

    Offset first, then the repair, hum and high-pass.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 20.0 * np.arange(48_000) / 48_000, dtype=np.float32)[:, None]
    >>> cleaned = np.concatenate(list(Cleaner(Cleaning(80.0), 48_000, 1).cleaned([tone])))
    >>> cleaned.shape, bool(np.abs(cleaned[24_000:]).max() < 0.01)
    ((48000, 1), True)
    """

    def __init__(self, cleaning: Cleaning, rate_hz: int, n_channels: int) -> None:
        self._offsets = np.array(cleaning.offsets, np.float32)
        self._repair = Repair(rate_hz, n_channels, cleaning.moments) if cleaning.moments else None
        self._filters = _Filters(_sections(cleaning, rate_hz), n_channels)

    @property
    def treated_s(self) -> float:
        """How much of what went through was repaired."""
        return self._repair.treated_s if self._repair else 0.0

    def cleaned(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Clean (n, n_channels) blocks; those that come out are of other lengths, and all together as long."""
        for block in blocks:
            level = block - self._offsets if self._offsets.any() else block
            yield self._filters.apply(level if self._repair is None else self._repair.update(level))
        if self._repair is not None:
            yield self._filters.apply(self._repair.rest())


def _sections(cleaning: Cleaning, rate_hz: int) -> NDArray[np.float64]:
    """All filters, as sections of second order (n, 6)."""
    notches = [tf2sos(*iirnotch(hz, hz / NOTCH_HZ, fs=rate_hz)) for hz in cleaning.hum_hz]
    if cleaning.high_pass_hz is not None:
        notches.append(butter(ORDER, cleaning.high_pass_hz, "highpass", fs=rate_hz, output="sos"))
    return np.concatenate(notches) if notches else np.zeros((0, 6))


class _Filters:
    """Sections in a row that begin as if the first frame had sounded for ever: an offset makes no step."""

    def __init__(self, sections: NDArray[np.float64], n_channels: int) -> None:
        self._sections = sections
        self._state = np.zeros((len(sections), 2, n_channels))
        self._has_begun = False

    def apply(self, block: Samples) -> Samples:
        """Filter the next frames."""
        if not len(self._sections) or not len(block):
            return block
        if not self._has_begun:
            self._state = sosfilt_zi(self._sections)[:, :, None] * block[0].astype(np.float64)
            self._has_begun = True
        out, self._state = sosfilt(self._sections, block.astype(np.float64), axis=0, zi=self._state)
        return np.asarray(out, np.float32)
