"""What a finished file measures: loudness, peaks, layout, hash; and what changed between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from soundscape.audio.endings import is_cut_short
from soundscape.audio.files import audio_blocks, audio_info
from soundscape.audio.hashing import AudioHash
from soundscape.audio.loudness import Loudness, Meter
from soundscape.errors import AudioError
from soundscape.progress import Progress, quiet
from soundscape.space.layout import LAYOUTS, Layout, layout_named
from soundscape.units import Samples, level_of

CLIP_LEVEL = 1.0 - 2.0**-23
BLOCK_FRAMES = 65_536

USUAL = ("mono", "stereo", "quad", "5.1", "7.1", "5.1.4", "7.1.4", "9.1.6", "22.2")
"""What a file that does not say its layout is taken for, by its number of channels."""


@dataclass(frozen=True)
class Channel:
    """One channel of a file."""

    name: str
    level_db: float
    peak_db: float


@dataclass(frozen=True)
class Check:
    """What a file measures."""

    path: Path
    container: str
    encoding: str
    rate_hz: int
    n_channels: int
    duration_s: float
    channel_mask: int
    layout: str
    """Name of the layout it was measured as; empty if none fits, and then every channel weighs the same."""
    loudness: Loudness
    channels: tuple[Channel, ...]
    n_clipped: int
    """Samples at full scale."""
    audio_id: str
    is_cut_short: bool
    """Whether it ends before it should, as a copy that was interrupted does."""


def check(path: Path, *, layout: Layout | None = None, progress: Progress = quiet) -> Check:
    """Measure a file.

    Parameters
    ----------
    layout
        What its channels are; without it, guessed from the channel mask, else from what the file says of a sound
        field, else from their number.

    Raises
    ------
    AudioError
        If the file cannot be read, or `layout` has another number of channels.
    """
    info = audio_info(path)
    found = layout or _layout_of(info.n_channels, info.channel_mask, info.metadata.ambisonic)
    if found is not None and found.n_channels != info.n_channels:
        raise AudioError(f"{path} has {info.n_channels} channels, {found.name} has {found.n_channels}",
                         hint="name another layout")  # fmt: skip
    weights = found.loudness_weights if found else (1.0,) * info.n_channels
    meter, digest = Meter(info.rate_hz, weights), AudioHash(info.rate_hz, info.n_channels)
    power, peak = np.zeros(info.n_channels), np.zeros(info.n_channels)
    n_frames = n_clipped = 0
    for block in audio_blocks(path, block_frames=BLOCK_FRAMES):
        meter.update(block)
        digest.update(block)
        size = np.abs(block)
        power += np.square(block, dtype=np.float64).sum(axis=0)
        peak = np.maximum(peak, size.max(axis=0))
        n_clipped += int((size >= CLIP_LEVEL).sum())
        n_frames += len(block)
        progress(f"checking {path.name}", n_frames, max(n_frames, info.n_frames))
    names = [speaker.name for speaker in found.speakers] if found else [str(n + 1) for n in range(info.n_channels)]
    channels = (Channel(name, level_of(float(np.sqrt(p / n_frames))), level_of(float(high)))
                for name, p, high in zip(names, power, peak, strict=True))  # fmt: skip
    return Check(
        path=path, container=info.container, encoding=info.encoding, rate_hz=info.rate_hz, n_channels=info.n_channels,
        duration_s=n_frames / info.rate_hz, channel_mask=info.channel_mask, layout=found.name if found else "",
        loudness=meter.result(), channels=tuple(channels), n_clipped=n_clipped, audio_id=digest.hexdigest(),
        is_cut_short=is_cut_short(path),
    )  # fmt: skip


def _layout_of(n_channels: int, channel_mask: int, ambisonic: str) -> Layout | None:
    if ambisonic == "ambix" and not channel_mask:
        fields = (one for one in LAYOUTS.values() if one.kind == "ambisonics")
        return next((field for field in fields if field.n_channels == n_channels), None)
    by_mask = [layout for layout in LAYOUTS.values() if channel_mask and layout.channel_mask == channel_mask
               and layout.kind == "speakers"]  # fmt: skip
    usual = [layout for layout in map(layout_named, USUAL) if layout.n_channels == n_channels]
    return next((layout for layout in (*by_mask, *usual) if layout.n_channels == n_channels), None)


@dataclass(frozen=True)
class Difference:
    """What changed between two files of one rate and one number of channels."""

    null_db: float
    """Level of the largest difference between samples, relative to the largest sample of either; -inf: same bits."""
    first_s: float | None
    """Where they part; None if they do not."""
    level_change_db: tuple[float, ...]
    """Per channel, second against first."""
    duration_change_s: float

    @property
    def is_same(self) -> bool:
        """Whether every sample is the same and neither is longer."""
        return self.first_s is None and self.duration_change_s == 0.0


def difference(first: Path, second: Path, *, progress: Progress = quiet) -> Difference:
    """Compare two files sample by sample.

    Raises
    ------
    AudioError
        If their rates or channels differ: then there is no sample to compare with.
    """
    a, b = audio_info(first), audio_info(second)
    if (a.rate_hz, a.n_channels) != (b.rate_hz, b.n_channels):
        raise AudioError(
            f"{first.name} is {a.n_channels} channels at {a.rate_hz} Hz, "
            f"{second.name} {b.n_channels} at {b.rate_hz} Hz",
            hint="render both to the same layout and rate",
        )
    power = np.zeros((2, a.n_channels))
    lengths, largest, peak, parted_frame = [0, 0], 0.0, 0.0, None
    pairs = zip_longest(audio_blocks(first, block_frames=BLOCK_FRAMES), audio_blocks(second, block_frames=BLOCK_FRAMES))
    silence = np.zeros((0, a.n_channels), np.float32)
    for mine, theirs in pairs:
        blocks = [silence if block is None else block for block in (mine, theirs)]
        apart = _apart(*blocks)
        if parted_frame is None and apart.any():
            parted_frame = max(lengths) + int(np.flatnonzero(apart)[0])
        largest = max(largest, float(apart.max(initial=0.0)))
        for index, block in enumerate(blocks):
            power[index] += np.square(block, dtype=np.float64).sum(axis=0)
            peak = max(peak, float(np.abs(block).max(initial=0.0)))
            lengths[index] += len(block)
        progress("comparing", max(lengths), max(*lengths, a.n_frames))
    change = 10.0 * np.log10((power[1] / max(lengths[1], 1) + 1e-12) / (power[0] / max(lengths[0], 1) + 1e-12))
    return Difference(
        null_db=float("-inf") if largest == 0.0 else 20.0 * float(np.log10(largest / peak)),
        first_s=None if parted_frame is None else parted_frame / a.rate_hz,
        level_change_db=tuple(float(value) for value in change),
        duration_change_s=(lengths[1] - lengths[0]) / a.rate_hz,
    )


def _apart(mine: Samples, theirs: Samples) -> Samples:
    """Largest difference of each frame over its channels; what only one of them has counts in full."""
    n = min(len(mine), len(theirs))
    longer = mine if len(mine) > n else theirs
    parts = [np.abs(mine[:n] - theirs[:n]), np.abs(longer[n:])]
    apart: Samples = np.concatenate(parts).max(axis=1, initial=0.0)
    return apart
