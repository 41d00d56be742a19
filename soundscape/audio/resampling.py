"""From one rate to another, and from one constant speed to another, with nothing folded back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from soundscape.units import Samples

QUALITY = "VHQ"
"""Very high quality of the SoX resampler: linear phase, images and aliases below -140 dB or so."""
CHUNK_FRAMES = 65_536
"""The most that is made at a time, and so what bounds the memory."""


def resample(samples: Samples, from_hz: float, to_hz: float) -> Samples:
    """Change the rate of a sound.

    Parameters
    ----------
    samples : (n_frames, n_channels) float32
    from_hz, to_hz : float > 0
        `resample(x, 48_000 * 2, 48_000)` plays at twice the speed.

    Returns
    -------
    (round(n_frames * to_hz / from_hz), n_channels) float32
        In step with the input: frame k sounds at k / to_hz.

    Examples
    --------
    >>> resample(np.ones((441, 2), np.float32), 44_100, 48_000).shape
    (480, 2)
    """
    made = list(resampled([samples], from_hz, to_hz))
    return np.concatenate(made) if len(samples) else samples


def resampled(blocks: Iterable[Samples], from_hz: float, to_hz: float) -> Iterator[Samples]:
    """Change the rate of a sound that comes block by block: the same bits as in one piece, however it was cut.

    One filter runs through all blocks, so there is no seam between them. Where the ratio of the rates is no fraction of
    small whole numbers its clock drifts, without a jump, by some microseconds in ten hours.

    Parameters
    ----------
    blocks : of (n, n_channels) float32
    from_hz, to_hz : float > 0
        As for `resample`.

    Yields
    ------
    (n, n_channels) float32
        At most some `CHUNK_FRAMES` each where the rate changes; together as long as `resample` makes them.

    Examples
    --------
    >>> sum(len(block) for block in resampled([np.ones((441, 2), np.float32)] * 100, 44_100, 48_000))
    48000
    """
    if from_hz <= 0 or to_hz <= 0:
        raise ValueError(f"rates must be above 0, got {from_hz} and {to_hz}")
    if from_hz == to_hz:
        yield from blocks
        return
    n_at_a_time = max(1, int(CHUNK_FRAMES * min(1.0, from_hz / to_hz)))
    stream: soxr.ResampleStream | None = None
    n_read = n_made = 0
    for block in blocks:
        wanted = np.ascontiguousarray(block, dtype=np.float32)
        stream = stream or soxr.ResampleStream(from_hz, to_hz, wanted.shape[1], "float32", QUALITY)
        n_read += len(wanted)
        for at in range(0, len(wanted), n_at_a_time):
            made = stream.resample_chunk(wanted[at : at + n_at_a_time])
            n_made += len(made)
            if len(made):
                yield made
    if stream is not None:
        rest = stream.resample_chunk(np.zeros_like(wanted[:0]), last=True)
        yield fitted(rest, round(n_read * to_hz / from_hz) - n_made)


def fitted(samples: Samples, n_frames: int) -> Samples:
    """Cut at the end, or lengthened with silence, to exactly `n_frames`."""
    if len(samples) >= n_frames:
        return samples[:n_frames]
    return np.pad(samples, ((0, n_frames - len(samples)), (0, 0)))
