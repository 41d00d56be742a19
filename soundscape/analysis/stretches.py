"""Stretches of a take that a person chose, measured as those are that a machine found, without hearing the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from soundscape.analysis.channels import Mono
from soundscape.analysis.frames import HOPS_PER_S, frames_of
from soundscape.analysis.heard import ANALYSER
from soundscape.analysis.measuring import Sounding, sounding
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers import shipped
from soundscape.analysis.taggers.stronger import Stronger, merged_names
from soundscape.analysis.takes import as_heard
from soundscape.audio.files import AudioInfo, audio_blocks
from soundscape.catalogue.boundaries import segment_id
from soundscape.catalogue.scores import Scores, Words
from soundscape.catalogue.segment import Kind, Recording, Segment
from soundscape.catalogue.whole_segments import Measured
from soundscape.errors import CatalogueError

SHORTEST_S, LONGEST_S = 0.01, 300.0
AROUND_S = 60
"""How much of the take on either side is heard with a stretch: what is behind it is known by that."""
BEYOND_S = 0.001
"""So far beyond the end of a take is its end: people write times with three digits."""
SPAN_KINDS: dict[Kind, Literal["event", "texture", "phrase"]] = {
    "event": "event", "note": "event", "texture": "texture", "phrase": "phrase",
}  # fmt: skip
"""What a stretch is before it is measured: whether an event is a note is heard anew."""


class Stretch(NamedTuple):
    """A stretch of a take in seconds, and what it is to be called; an empty id is for a new segment."""

    start_s: float
    end_s: float
    kind: Kind = "event"
    id: str = ""


def analyser_of(models: Sequence[Stronger]) -> str:
    """Version of hearing with the user's own models."""
    return "+".join([ANALYSER, *(model.digest() for model in models)])


def within(recording: Recording, stretch: Stretch) -> Stretch:
    """A stretch that can be one of a recording's; an end just beyond the last frame is the last.

    Raises
    ------
    CatalogueError
        If its times are no times in the recording, its end is not after its start, or it is too short or too long.
    """
    start_s, end_s, whole_s = stretch.start_s, stretch.end_s, recording.duration_s
    asked = f"a segment from {start_s:g} s to {end_s:g} s"
    if not (math.isfinite(start_s) and math.isfinite(end_s) and start_s >= 0.0 and end_s <= whole_s + BEYOND_S):
        raise CatalogueError(f"{asked} is not within {recording.path}", hint=f"the take goes from 0 to {whole_s:.6g} s")
    if end_s <= start_s:
        raise CatalogueError(f"{asked} of {recording.path} ends before it begins", hint="write its start first")
    end_s = min(end_s, whole_s)
    # to a nanosecond: 3.26 - 3.25 is a little less than 0.01
    if round(end_s - start_s, 9) < SHORTEST_S:
        raise CatalogueError(f"{asked} of {recording.path} is too short", hint=f"{1000 * SHORTEST_S:g} ms is the least")
    if end_s - start_s > LONGEST_S:
        raise CatalogueError(f"{asked} of {recording.path} is too long",
                             hint=f"{LONGEST_S:g} s is the most: make several of it")  # fmt: skip
    return stretch._replace(end_s=end_s)


def measured(recording: Recording, stretches: Sequence[Stretch], models: Sequence[Stronger] = ()) -> list[Measured]:
    """Measure stretches of a recording by the functions that ingest uses; of its file no more is read than is needed.

    A machine's segment measured again has the same numbers; in a long take what is behind it may be a little other.

    Parameters
    ----------
    stretches : within the recording
    models : Stronger
        The user's own, which heard the recording too.

    Raises
    ------
    AudioError
        If the file is gone, cannot be read, or is another one now.
    CatalogueError
        If there is nothing but digital silence in a stretch.
    """
    if not stretches:
        return []
    info = as_heard(recording)
    return [_measured(recording, one, info, models) for one in stretches]


def _measured(recording: Recording, stretch: Stretch, info: AudioInfo, models: Sequence[Stronger]) -> Measured:
    heard = _heard(stretch, info, models)
    if heard is None:
        raise CatalogueError(f"nothing sounds from {stretch.start_s:g} s to {stretch.end_s:g} s of {recording.path}",
                             hint="there is digital silence; choose another stretch")  # fmt: skip
    names = merged_names(shipped.NAMES, models)
    segment = Segment(
        stretch.id or segment_id(recording.id, stretch.start_s, stretch.end_s), recording.id,
        stretch.start_s, stretch.end_s, heard.kind, shipped.tags_of(heard.scores, names), heard.features,
    )  # fmt: skip
    words_by = next((model.digest() for model in models if model.has_words), "")
    words = None if heard.words is None else Words(words_by, heard.words[None])
    return Measured(segment, heard.vector, Scores(names, heard.scores[None]), words)


def _heard(stretch: Stretch, info: AudioInfo, models: Sequence[Stronger]) -> Sounding | None:
    """Hear a stretch with what is around it, from a whole second on so that the frames are those of ingest."""
    first_s = max(0, math.floor(stretch.start_s) - AROUND_S)
    stop_s = math.ceil(stretch.end_s) + AROUND_S
    mono = Mono(info.metadata.ambisonic)
    blocks = audio_blocks(info.path, block_frames=info.rate_hz, start_frame=first_s * info.rate_hz,
                          stop_frame=stop_s * info.rate_hz)  # fmt: skip
    parts = [mono.of(block) for block in blocks]
    frames = frames_of(np.concatenate(parts) if parts else np.zeros(1, np.float32), info.rate_hz)
    first, stop = (round((time_s - first_s) * HOPS_PER_S) for time_s in (stretch.start_s, stretch.end_s))
    first = min(first, len(frames) - 1)
    span = Span(first, min(max(stop, first + 1), len(frames)), SPAN_KINDS[stretch.kind])
    return sounding(frames, span, begins_s=stretch.start_s - first_s, duration_s=stretch.end_s - stretch.start_s,
                    models=models)  # fmt: skip
