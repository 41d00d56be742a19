"""Hearing one file: who it is, what is in it, what is wrong with it, in one pass and little memory."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from soundscape.analysis.features import cut, features_of
from soundscape.analysis.features.likeness import N_COLUMNS, likeness
from soundscape.analysis.features.loops import best_loop
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.heard import Analysis
from soundscape.analysis.held import AROUND_S, BEFORE_S, Held
from soundscape.analysis.segmenters import Part, begun_within, cut_of
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers import overlapping, shipped
from soundscape.analysis.taggers.stronger import Stronger, merged, merged_names
from soundscape.analysis.triage import Triage
from soundscape.audio.files import AudioInfo, audio_blocks, audio_info
from soundscape.audio.hashing import AudioHash
from soundscape.audio.loudness import Loudness, Meter
from soundscape.catalogue.segment import Recording, Segment
from soundscape.units import SILENCE_DB, Samples

CHUNK_S = 40
"""How much comes in before it is cut into segments."""
NEAR_S = (5, 20)
"""What is so little before and after a segment tells what is behind it."""
LOOPING = ("texture", "note")
"""Kinds of segment that may go round: a note does where it is steady."""
MEAN = -1
CANCELS = 0.1
"""Power of the mean of channels against that of as many that have nothing to do with each other."""


def analyse(path: Path | str, models: Sequence[Stronger] = ()) -> Analysis:
    """Hear a sound file of any length.

    Parameters
    ----------
    path : path
    models : Stronger
        The user's own, whose words are mixed with those of the model that ships.

    Raises
    ------
    AudioError
        If it cannot be read.
    """
    info = audio_info(path)
    ear = _Ear(info, models)
    for block in audio_blocks(path, block_frames=info.rate_hz):
        ear.hear(block)
    return ear.result()


def channel_to_hear(block: Samples, ambisonic: str) -> int:
    """Channel to hear with: `MEAN` of all, W of Ambisonics, the loudest where the channels cancel in their mean.

    They do where one of two microphones is wired the wrong way round.

    Examples
    --------
    >>> left = np.float32([[0.1], [-0.2], [0.3]])
    >>> channel_to_hear(left * [1, 1], ""), channel_to_hear(left * [1, -1.01], "")
    (-1, 1)
    """
    if ambisonic or block.shape[1] == 1:
        return 0
    powers = np.square(block).mean(axis=0)
    mean = float(np.square(block.mean(axis=1)).mean()) * block.shape[1]
    return int(np.argmax(powers)) if mean < CANCELS * float(powers.mean()) else MEAN


class _Ear:
    """A file as it streams by, with as much of it held as is not cut into segments yet."""

    def __init__(self, info: AudioInfo, models: Sequence[Stronger]) -> None:
        self._info = info
        self._models = models
        self._words: list[Floats] = []
        self._hash = AudioHash(info.rate_hz, info.n_channels)
        heard = 1 if info.metadata.ambisonic else info.n_channels
        self._meter = Meter(info.rate_hz, [1.0] * heard + [0.0] * (info.n_channels - heard))
        self._triage = Triage(info.rate_hz)
        self._channel = MEAN
        self._held = Held(info.rate_hz)
        self._left = Part(0, 0, is_last=False)
        self._n_frames = 0
        self._found: list[tuple[float, float, str, dict[str, float], Floats, Floats]] = []

    def hear(self, block: Samples) -> None:
        self._hash.update(block)
        self._meter.update(block)
        if self._channel == MEAN:
            self._channel = channel_to_hear(block, self._info.metadata.ambisonic)
        mono = block.mean(axis=1) if self._channel == MEAN else np.ascontiguousarray(block[:, self._channel])
        self._triage.update(mono, block)
        self._held.add(mono)
        self._n_frames += len(block)
        if self._held.n_new >= CHUNK_S * self._info.rate_hz:
            self._segment(is_last=False)

    def _segment(self, *, is_last: bool) -> None:
        """Cut what is over into segments; what is not stays."""
        until = self._held.grow(is_last=is_last)
        cut_now = cut_of(self._held.frames, self._held.shares, replace(self._left, until=until, is_last=is_last))
        for place, span in enumerate(cut_now.spans):
            self._keep(self._held.frames, span, begun_within(span, cut_now.spans[place + 1 :]))
        if not is_last:
            done = cut_now.left.first
            n_s = max(0, min(done // HOPS_PER_S - BEFORE_S, until // HOPS_PER_S - AROUND_S))
            self._held.drop(n_s)
            self._left = replace(cut_now.left, first=done - n_s * HOPS_PER_S)

    def _keep(self, frames: Frames, span: Span, begins: Sequence[int]) -> None:
        rate_hz = self._info.rate_hz
        edges = [_quiet_crossing(frames.samples, round(edge * rate_hz / HOPS_PER_S), rate_hz) for edge in span[:2]]
        if span.stop >= len(frames):
            edges[1] = len(frames.samples)
        segment = cut(frames, span.start, span.stop)
        if edges[1] <= edges[0] or not len(segment.samples) or not np.any(segment.samples):
            return
        before, after = (near_s * HOPS_PER_S for near_s in NEAR_S)
        measured = features_of(segment, frames.power[max(0, span.start - before) : span.stop + after])
        measured["duration_s"] = (edges[1] - edges[0]) / rate_hz
        times = [self._held.first_s + edge / rate_hz for edge in edges]
        kind = _kind(span, measured)
        if kind in LOOPING:
            begins_late_s = edges[0] / rate_hz - span.start / HOPS_PER_S
            measured |= _loop(segment, begins_late_s, measured["duration_s"])
        self._found.append((times[0], times[1], kind, measured, likeness(segment), self._scores(segment, begins)))

    def _scores(self, segment: Frames, begins: Sequence[int]) -> Floats:
        """What all models call a segment; what one that knows words hears is kept beside."""
        scores, names = overlapping.scores(segment, begins), shipped.NAMES
        for model in self._models:
            heard = model.hear(segment)
            if model.has_words:
                self._words.append(heard)
            elif model.mapped.names:
                scores, names = merged(scores, names, heard, model.mapped.names)
        return scores

    def result(self) -> Analysis:
        if self._n_frames:
            self._segment(is_last=True)
        recording = self._recording(self._meter.result())
        names = merged_names(shipped.NAMES, self._models)
        segments = tuple(
            Segment(_segment_id(recording.id, start_s, end_s), recording.id, start_s, end_s, kind,  # type: ignore[arg-type]
                    shipped.tags_of(scores, names), measured)
            for start_s, end_s, kind, measured, _, scores in self._found
        )  # fmt: skip
        vectors = np.array([vector for *_, vector, _ in self._found], np.float32).reshape(-1, N_COLUMNS)
        scores = np.array([row for *_, row in self._found], np.float32).reshape(len(segments), len(names))
        words_by = next((model.digest() for model in self._models if model.has_words), "")
        words = np.array(self._words, np.float32).reshape(len(self._words), -1 if self._words else 0)
        return Analysis(recording, segments, vectors, scores, names, words, words_by)

    def _recording(self, loudness: Loudness) -> Recording:
        info, metadata = self._info, self._info.metadata
        faults = self._triage.faults(loudness.integrated_lufs)
        levels = {"level_lufs": loudness.integrated_lufs, "true_peak_db": loudness.true_peak_dbtp}
        levels = {name: max(SILENCE_DB, value) for name, value in levels.items() if not math.isnan(value)}
        return Recording(
            self._hash.hexdigest(), str(info.path), info.rate_hz, info.n_channels, self._n_frames,
            titles=metadata.titles, recorded_at=metadata.recorded_at, place=metadata.place,
            recordist=metadata.recordist, object_id=metadata.object_id, licence=metadata.licence,
            description=metadata.description, ambisonic=metadata.ambisonic,
            features={**levels, **self._triage.features}, faults=faults,
        )  # fmt: skip


def _kind(span: Span, measured: dict[str, float]) -> str:
    """A stable pitch makes a note; a long event that hardly changes is a texture."""
    if span.kind == "event" and measured["pitch_confidence"] > 0.6 and measured["inharmonicity"] < 0.3:
        return "note"
    return span.kind


def _loop(segment: Frames, begins_late_s: float, duration_s: float) -> dict[str, float]:
    """Its best loop as features, if there is one; a segment begins a little later or sooner than its frames."""
    seam = best_loop(segment)
    if seam is None:
        return {}
    start_s, end_s = seam.loop.start_s - begins_late_s, seam.loop.end_s - begins_late_s
    if start_s < 0.0 or end_s > duration_s:
        return {}
    return {"loop_start_s": start_s, "loop_end_s": end_s, "loop_fade_s": seam.loop.fade_s, "loop_seam": seam.rank}


def _quiet_crossing(samples: Floats, at: int, rate_hz: int) -> int:
    """Zero crossing nearest to a frame, within 5 ms; else the frame itself."""
    reach = round(0.005 * rate_hz)
    start = max(0, at - reach)
    near = samples[start : at + reach]
    crossings = np.flatnonzero(np.signbit(near[1:]) != np.signbit(near[:-1])) + 1
    if not len(crossings):
        return min(at, len(samples))
    return int(start + crossings[np.argmin(np.abs(crossings + start - at))])


def _segment_id(recording_id: str, start_s: float, end_s: float) -> str:
    text = f"{recording_id}/{start_s:.6f}/{end_s:.6f}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
