"""Frames that are kept as they are: no loudness is brought anywhere, nothing is limited that was not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from soundscape.audio.hashing import AudioHash
from soundscape.audio.loudness import Meter
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import rounded24
from soundscape.deliver.formats import format_of
from soundscape.deliver.formats.label import Label
from soundscape.deliver.render import Mix
from soundscape.deliver.spool import Spool
from soundscape.space.layout import Layout
from soundscape.units import Samples


def keep(blocks: Iterable[Samples], out: Path, *, layout: Layout, rate_hz: int, metadata: Metadata,
         n_events: int = 0) -> Mix:  # fmt: skip
    """Write blocks to a file: (n, n_channels) float32, rounded to 24 bits and otherwise untouched.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    began_s = time.perf_counter()
    row = format_of(out, layout)
    meter, digest = Meter(rate_hz, layout.loudness_weights), AudioHash(rate_hz, layout.n_channels)
    with Spool(out.parent, layout.n_channels) as spool:
        for block in blocks:
            spool.append(block)
            meter.update(block)
        loudness = meter.result()
        with row.open(out, Label(layout, rate_hz, metadata, loudness)) as writer:
            for block in spool.blocks():
                kept = rounded24(block)
                writer.write(kept)
                digest.update(kept)
        return Mix(
            path=out, layout=layout, rate_hz=rate_hz, n_frames=spool.n_frames, n_events=n_events, loudness=loudness,
            gain_db=0.0, is_limited=False, is_on_target=True, audio_id=digest.hexdigest(), short_term=(),
            wall_s=time.perf_counter() - began_s,
        )  # fmt: skip
