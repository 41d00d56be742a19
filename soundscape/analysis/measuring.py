"""What a stretch of a take is in numbers: its kind, features, vector, and what the models call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from soundscape.analysis.features import cut, features_of
from soundscape.analysis.features.likeness import likeness
from soundscape.analysis.features.loops import best_loop
from soundscape.analysis.features.shape import is_fall_heard
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers import overlapping, shipped
from soundscape.analysis.taggers.stronger import Stronger, merged
from soundscape.catalogue.segment import Kind

NEAR_S = (5, 20)
"""What is so little before and after a segment tells what is behind it."""
TINY = 1e-6
"""Hops: what times in seconds are off by where they are whole ones."""
LOOPING = ("texture", "note")
"""Kinds of segment that may go round: a note does where it is steady."""


@dataclass(frozen=True, eq=False)
class Sounding:
    """A stretch, measured."""

    kind: Kind
    features: dict[str, float]
    vector: Floats
    scores: Floats
    """(n_names,) log-probability of each name of `merged_names`."""
    words: Floats | None
    """What a model that knows words heard."""


def sounding(
    frames: Frames,
    span: Span,
    *,
    begins_s: float,
    duration_s: float,
    models: Sequence[Stronger],
    others: Sequence[int] = (),
) -> Sounding | None:
    """Measure a span of frames; None where there is nothing but digital silence.

    Parameters
    ----------
    begins_s, duration_s : float
        Where its segment begins, from the first of `frames.samples`, and how long it is; up to 5 ms beside its frames.
    others : frames of the span
        At which other sounds begin while it goes on.
    """
    segment = cut(frames, span.start, span.stop)
    if not len(segment.samples) or not segment.samples.any():
        return None
    measured = measured_of(frames, span.start, span.stop, round(begins_s * frames.rate_hz))
    measured["duration_s"] = duration_s
    kind = _kind(span, measured)
    heard = _heard(segment, measured, models, others)
    for name in _without_meaning(kind, segment, measured):
        measured.pop(name, None)
    if kind in LOOPING:
        measured |= _loop(segment, begins_s - span.start / HOPS_PER_S, duration_s, is_note=kind == "note")
    return Sounding(kind, measured, likeness(segment), *heard)


def measured_of(frames: Frames, start: int, stop: int, first_sample: int) -> dict[str, float]:
    """Measure the frames from `start` to `stop` among what is around them; its samples begin at `first_sample`."""
    before_hops, after_hops = (near_s * HOPS_PER_S for near_s in NEAR_S)
    before = frames.samples[max(0, first_sample - frames.rate_hz) : first_sample]
    return features_of(cut(frames, start, stop), frames.power[max(0, start - before_hops) : stop + after_hops], before)


def _heard(
    segment: Frames, features: Mapping[str, float], models: Sequence[Stronger], others: Sequence[int]
) -> tuple[Floats, Floats | None]:
    """What all models call a segment; what one that knows words hears is kept beside."""
    scores, names = overlapping.scores(segment, features, others), shipped.NAMES
    words = None
    for model in models:
        heard = model.hear(segment)
        if model.has_words:
            words = heard
        elif model.mapped.names:
            scores, names = merged(scores, names, heard, model.mapped.names)
    return scores, words


def _without_meaning(kind: Kind, segment: Frames, measured: Mapping[str, float]) -> Sequence[str]:
    """Features that say nothing of it: what goes on has neither attack nor decay, and a decay is a fall that is heard.

    The tagger is told them all the same: that they are so is something too.
    """
    if kind == "texture":
        return "attack_s", "decay_s"
    floor_power = 10.0 ** (measured["noise_floor_db"] / 10.0)
    return () if is_fall_heard(segment.power, floor_power) else ("decay_s",)


def _kind(span: Span, measured: dict[str, float]) -> Kind:
    """A stable pitch makes a note; a long event that hardly changes is a texture."""
    if span.kind == "event" and measured["pitch_confidence"] > 0.6 and measured["inharmonicity"] < 0.3:
        return "note"
    return span.kind


def _loop(segment: Frames, begins_late_s: float, duration_s: float, *, is_note: bool) -> dict[str, float]:
    """Its best loop as features, if there is one.

    A segment begins a little later or sooner than its frames, and ends so: it goes round within both.
    """
    first = max(0, ceil(begins_late_s * HOPS_PER_S - TINY))
    stop = min(len(segment), floor((begins_late_s + duration_s) * HOPS_PER_S + TINY))
    seam = best_loop(cut(segment, first, stop), is_note=is_note)
    if seam is None:
        return {}
    sooner_s = first / HOPS_PER_S - begins_late_s
    return {"loop_start_s": max(0.0, seam.loop.start_s + sooner_s), "loop_fade_s": seam.loop.fade_s,
            "loop_end_s": min(duration_s, seam.loop.end_s + sooner_s), "loop_seam": seam.rank}  # fmt: skip
