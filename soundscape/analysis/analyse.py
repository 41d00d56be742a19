"""Hearing one file: who it is, what is in it, what is wrong with it, in one pass and little memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from soundscape.analysis.channels import Mono
from soundscape.analysis.features.likeness import N_COLUMNS
from soundscape.analysis.frames import HOPS_PER_S, Floats, Frames
from soundscape.analysis.heard import Analysis
from soundscape.analysis.held import AROUND_S, BEFORE_S, Held
from soundscape.analysis.measuring import Sounding, sounding
from soundscape.analysis.segmenters import Part, begun_within, cut_of
from soundscape.analysis.segmenters.events import Span
from soundscape.analysis.taggers import shipped
from soundscape.analysis.taggers.stronger import Stronger, merged_names
from soundscape.analysis.triage import TRUNCATED, Triage
from soundscape.audio.endings import is_cut_short
from soundscape.audio.files import AudioInfo, audio_blocks, audio_info
from soundscape.audio.hashing import AudioHash
from soundscape.audio.loudness import Meter
from soundscape.catalogue.boundaries import segment_id
from soundscape.catalogue.segment import Recording, Segment
from soundscape.units import SILENCE_DB, Samples

CHUNK_S = 40
"""How much comes in before it is cut into segments."""


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


class _Ear:
    """A file as it streams by, with as much of it held as is not cut into segments yet."""

    def __init__(self, info: AudioInfo, models: Sequence[Stronger]) -> None:
        self._info = info
        self._models = models
        self._hash = AudioHash(info.rate_hz, info.n_channels)
        heard = 1 if info.metadata.ambisonic else info.n_channels
        self._meter = Meter(info.rate_hz, [1.0] * heard + [0.0] * (info.n_channels - heard))
        self._triage = Triage(info.rate_hz)
        self._mono = Mono(info.metadata.ambisonic)
        self._held = Held(info.rate_hz)
        self._left = Part(0, 0, is_last=False)
        self._n_frames = 0
        self._found: list[tuple[float, float, Sounding]] = []

    def hear(self, block: Samples) -> None:
        self._hash.update(block)
        self._meter.update(block)
        mono = self._mono.of(block)
        self._triage.update(mono, block)
        self._held.add(mono)
        self._n_frames += len(block)
        if self._held.n_new >= CHUNK_S * self._info.rate_hz:
            self._segment(is_last=False)

    def _segment(self, *, is_last: bool) -> None:
        """Cut what is over into segments; what is not stays."""
        until = self._held.grow(is_last=is_last)
        cut = cut_of(self._held.frames, self._held.shares, replace(self._left, until=until, is_last=is_last))
        for place, span in enumerate(cut.spans):
            self._keep(self._held.frames, span, begun_within(span, cut.spans[place + 1 :]))
        if not is_last:
            done = cut.left.first
            n_s = max(0, min(done // HOPS_PER_S - BEFORE_S, until // HOPS_PER_S - AROUND_S))
            self._held.drop(n_s)
            self._left = replace(cut.left, first=done - n_s * HOPS_PER_S)

    def _keep(self, frames: Frames, span: Span, others: Sequence[int]) -> None:
        rate_hz = self._info.rate_hz
        edges = [_quiet_crossing(frames.samples, round(edge * rate_hz / HOPS_PER_S), rate_hz) for edge in span[:2]]
        if span.stop >= len(frames):
            edges[1] = len(frames.samples)
        if edges[1] <= edges[0]:
            return
        heard = sounding(
            frames,
            span,
            begins_s=edges[0] / rate_hz,
            duration_s=(edges[1] - edges[0]) / rate_hz,
            models=self._models,
            others=others,
        )
        if heard is not None:
            first_s = self._held.first_s
            self._found.append((first_s + edges[0] / rate_hz, first_s + edges[1] / rate_hz, heard))

    def result(self) -> Analysis:
        if self._n_frames:
            self._segment(is_last=True)
        recording = self._recording()
        names = merged_names(shipped.NAMES, self._models)
        segments = tuple(
            Segment(segment_id(recording.id, start_s, end_s), recording.id, start_s, end_s, heard.kind,
                    shipped.tags_of(heard.scores, names), heard.features)
            for start_s, end_s, heard in self._found
        )  # fmt: skip
        rows = [heard for *_, heard in self._found]
        vectors = np.array([row.vector for row in rows], np.float32).reshape(-1, N_COLUMNS)
        scores = np.array([row.scores for row in rows], np.float32).reshape(len(segments), len(names))
        words_by = next((model.digest() for model in self._models if model.has_words), "")
        said = [row.words for row in rows if row.words is not None]
        words = np.array(said, np.float32).reshape(len(said), -1 if said else 0)
        return Analysis(recording, segments, vectors, scores, names, words, words_by)

    def _recording(self) -> Recording:
        info, metadata = self._info, self._info.metadata
        level_lufs = self._meter.gated_or_whole_lufs()
        faults = self._triage.faults(level_lufs)
        levels = {"level_lufs": level_lufs, "true_peak_db": self._meter.result().true_peak_dbtp}
        levels = {name: max(SILENCE_DB, value) for name, value in levels.items() if not math.isnan(value)}
        features = {**levels, **self._triage.features}
        if is_cut_short(info.path):
            faults = (*faults, TRUNCATED)
            features[f"{TRUNCATED}_s"] = self._n_frames / info.rate_hz
        return Recording(
            self._hash.hexdigest(), str(info.path), info.rate_hz, info.n_channels, self._n_frames,
            titles=metadata.titles, recorded_at=metadata.recorded_at, place=metadata.place,
            recordist=metadata.recordist, object_id=metadata.object_id, licence=metadata.licence,
            description=metadata.description, ambisonic=metadata.ambisonic,
            features=features, faults=faults,
        )  # fmt: skip


def _quiet_crossing(samples: Floats, at: int, rate_hz: int) -> int:
    """Zero crossing nearest to a frame, within 5 ms; else the frame itself."""
    reach = round(0.005 * rate_hz)
    start = max(0, at - reach)
    near = samples[start : at + reach]
    crossings = np.flatnonzero(np.signbit(near[1:]) != np.signbit(near[:-1])) + 1
    if not len(crossings):
        return min(at, len(samples))
    return int(start + crossings[np.argmin(np.abs(crossings + start - at))])
