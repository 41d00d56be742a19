"""The file host: pulls the engine as fast as it can, and makes a programme of what comes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from soundscape.arrangement.arrangement import Arrangement
from soundscape.audio.ffmpeg import ENDINGS as FFMPEG_ENDINGS
from soundscape.audio.files import audio_info
from soundscape.audio.hashing import AudioHash
from soundscape.audio.loudness import Loudness, Meter
from soundscape.audio.metadata import Metadata
from soundscape.audio.pool import Pool
from soundscape.audio.wavefile import rounded24
from soundscape.catalogue.segment import Recording
from soundscape.deliver.ahead import ahead
from soundscape.deliver.credits import credits_of
from soundscape.deliver.formats import format_of
from soundscape.deliver.formats.label import Label
from soundscape.deliver.looped import between, go_round
from soundscape.deliver.master import QUIETEST_LUFS, Mastering, gain_to, is_reached, master, mastered
from soundscape.deliver.spool import Spool
from soundscape.engine.engine import render_plan
from soundscape.engine.plan import plan
from soundscape.engine.voices import SourceKey
from soundscape.errors import AudioError, OutputError, PieceError
from soundscape.progress import Progress, quiet
from soundscape.space.layout import Layout
from soundscape.space.measured import MeasuredRoom, read_response
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.units import Samples, frame_at

BLOCK_FRAMES = 16_384
LONGEST_S = 48 * 3600.0
Levels = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Mix:
    """A finished mix: where it is, and what it measures."""

    path: Path
    layout: Layout
    rate_hz: int
    n_frames: int
    n_events: int
    loudness: Loudness
    gain_db: float
    is_limited: bool
    is_on_target: bool
    """False where the ceiling kept the programme from reaching its loudness."""
    audio_id: str
    """Of the file's samples, as `soundscape check` finds it."""
    short_term: Levels
    """(time_s, LUFS) of the 3 s before, each second; from 3 s on, where it does not go round."""
    wall_s: float
    begins_s: float = 0.0
    """Time of the arrangement at which the file begins: not 0 where it was turned (`soundscape.deliver.seam`)."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_frames / self.rate_hz


def render(arrangement: Arrangement, out: Path, *, layout: Layout | Renderer, pool: Pool, ceiling_dbtp: float = -1.0,
           loop_s: float | None = None, turns: bool = False, progress: Progress = quiet) -> Mix:  # fmt: skip
    """Render an arrangement to a file: the concert mix.

    Parameters
    ----------
    out
        Its ending chooses the format (`soundscape.deliver.formats`); it appears only when it is complete.
    layout
        A layout, reached by the arrangement's panner where it has loudspeakers; or a renderer of one's own.
    pool
        Gives decoded, resampled takes; its rate is the rate of the mix.
    ceiling_dbtp : float <= 0
        No true peak goes above it.
    loop_s
        Length of a mix that goes round: what sounds after it is heard at its beginning. None: all of it, once.
    turns
        Whether a mix that goes round may begin with any moment of it: then the file begins where a seam is heard least
        (`Mix.begins_s`).

    Raises
    ------
    PieceError
        If the arrangement has no events, lasts for days, or all of it is silent.
    AudioError
        If a recording is gone, cannot be read, or its file holds another one now.
    OutputError
        If `out` cannot be written, or is a take that the mix is made of.
    """
    began_s = time.perf_counter()
    if not arrangement.events:
        raise PieceError(f"{arrangement.title or 'the arrangement'} has no events", hint="see `soundscape arrange`")
    if loop_s is not None and not 1.0 <= loop_s <= LONGEST_S:
        raise PieceError(f"a loop of {loop_s:g} s", hint=f"a loop lasts from 1 s to {LONGEST_S / 3600:.0f} h")
    if arrangement.duration_s > LONGEST_S:
        raise PieceError(f"{arrangement.title or 'the arrangement'} lasts {arrangement.duration_s / 3600:.0f} h, "
                         f"a mix at most {LONGEST_S / 3600:.0f} h", hint="render it in parts")  # fmt: skip
    renderer = layout if isinstance(layout, Renderer) else renderer_of(arrangement, layout, pool.rate_hz)
    layout = renderer.layout
    row = format_of(out, layout)
    if out.exists() and any(out.samefile(take.path) for take in arrangement.recordings if Path(take.path).exists()):
        raise OutputError(f"cannot write {out}: it is one of the takes in the mix", hint="name another file")
    with ExitStack() as held:
        spool = held.enter_context(Spool(out.parent, layout.n_channels))
        meter = _perform(arrangement, renderer, pool, spool, progress)
        rate_hz, target_lufs, n_frames = pool.rate_hz, arrangement.loudness_lufs, spool.n_frames
        mix, first, cut = spool, 0, 0
        if loop_s is not None:
            meter, n_frames = Meter(rate_hz, layout.loudness_weights), frame_at(loop_s, rate_hz)
            turned = go_round(spool, n_frames, meter, rate_hz, turns=turns)
            mix, first, cut = held.enter_context(turned.around), turned.n_before, turned.cut
        done = master(mix, meter, rate_hz=rate_hz, weights=layout.loudness_weights, target_lufs=target_lufs,
                      ceiling_dbtp=ceiling_dbtp, progress=progress)  # fmt: skip
        digest = AudioHash(rate_hz, layout.n_channels)
        limited = mastered(mix, done.gain_db, rate_hz=rate_hz, limit_dbtp=done.limit_dbtp)
        blocks = ahead(between(limited, first, n_frames))
        label = Label(layout, rate_hz, _metadata(arrangement, layout, done), done.loudness, loops=loop_s is not None)
        with row.open(out, label) as writer:
            for block in _told(blocks, "writing", n_frames, progress):
                kept = rounded24(block)
                writer.write(kept)
                digest.update(kept)
    return Mix(
        path=out, layout=layout, rate_hz=rate_hz, n_frames=n_frames, n_events=len(arrangement.events),
        loudness=done.loudness, gain_db=done.gain_db, is_limited=done.is_limited,
        is_on_target=is_reached(done.loudness, target_lufs), audio_id=digest.hexdigest(),
        short_term=_within(done.short_term, first / rate_hz, n_frames / rate_hz),
        wall_s=time.perf_counter() - began_s, begins_s=cut / rate_hz,
    )  # fmt: skip


def _within(levels: Levels, first_s: float, duration_s: float) -> Levels:
    """Levels of what is written, of a mix that has more on both sides."""
    return tuple((at_s - first_s, level) for at_s, level in levels if first_s <= at_s <= first_s + duration_s)


def renderer_of(arrangement: Arrangement, layout: Layout, rate_hz: int) -> Renderer:
    """Renderer of a layout with the panner an arrangement was written for, where that pans between loudspeakers."""
    return renderer_for(layout, arrangement.panner if layout.kind == "speakers" else "", rate_hz)


def _perform(arrangement: Arrangement, renderer: Renderer, pool: Pool, spool: Spool, progress: Progress) -> Meter:
    """Pull the engine through the whole piece into the spool; a meter that has heard it."""
    meter = Meter(pool.rate_hz, renderer.layout.loudness_weights)
    for block in _performed(arrangement, renderer, pool, progress):
        spool.append(block)
        meter.update(block)
    return meter


def gain_to_target(arrangement: Arrangement, renderer: Renderer, pool: Pool, *, progress: Progress = quiet) -> float:
    """Gain in dB that brings a piece to its loudness, found by hearing all of it; 0 where it has nothing to hear."""
    if not arrangement.events:
        return 0.0
    meter = Meter(pool.rate_hz, renderer.layout.loudness_weights)
    for block in _performed(arrangement, renderer, pool, progress):
        meter.update(block)
    if not meter.result().integrated_lufs > QUIETEST_LUFS:
        return 0.0
    return gain_to(meter, arrangement.loudness_lufs)[0]


def _performed(arrangement: Arrangement, renderer: Renderer, pool: Pool, progress: Progress) -> Iterator[Samples]:
    """The whole piece, block after block, as the engine mixes it."""
    recordings = {recording.id: recording for recording in arrangement.recordings}
    for recording in arrangement.recordings:
        _refuse_replaced(recording)

    def source(key: SourceKey) -> Samples:
        return pool.take(recording_id=key.recording_id, path=recordings[key.recording_id].path, start_s=key.start_s,
                         end_s=key.end_s, speed=key.speed)  # fmt: skip

    layout, room = renderer.layout, arrangement.room
    measured = read_response(room, pool.rate_hz) if isinstance(room, MeasuredRoom) else None
    planned = plan(arrangement, renderer, rate_hz=pool.rate_hz, room=measured)
    blocks = _prepared(ahead(render_plan(planned, source, block_frames=BLOCK_FRAMES)), progress)
    yield from _told(blocks, f"rendering to {layout.name}", planned.n_frames, progress)


def _refuse_replaced(take: Recording) -> None:
    """Raise if the file of a take plainly holds another one by now: nothing shall sound under a wrong name."""
    path = Path(take.path)
    if not path.is_file() or path.suffix.lower() in FFMPEG_ENDINGS:  # those would be decoded whole to know their length
        return
    info = audio_info(path)
    n_frames = info.n_frames if info.is_length_exact else take.n_frames
    if (info.rate_hz, info.n_channels, n_frames) != (take.rate_hz, take.n_channels, take.n_frames):
        raise AudioError(f"{path} holds another take than the one that was heard: {info.n_channels} channels, "
                         f"{info.duration_s:.1f} s; then {take.n_channels}, {take.duration_s:.1f} s",
                         hint="ingest its folder again, or put the old file back")  # fmt: skip


def _prepared(blocks: Iterable[Samples], progress: Progress) -> Iterator[Samples]:
    """The same blocks, with a word until the first is there: the engine compiles, or loads what it compiled before."""
    what = "preparing the engine (a few seconds, the first time)"
    progress(what, 0, 1)
    for number, block in enumerate(blocks):
        if not number:
            progress(what, 1, 1)
        yield block


def _told(blocks: Iterable[Samples], what: str, n_frames: int, progress: Progress) -> Iterator[Samples]:
    """The same blocks, telling how far they have come."""
    n_done = 0
    for block in blocks:
        yield block
        n_done += len(block)
        progress(what, min(n_done, n_frames), n_frames)


def _metadata(arrangement: Arrangement, layout: Layout, done: Mastering) -> Metadata:
    """What the mix says of itself inside the file."""
    found = credits_of(arrangement)
    licences = "; ".join(sorted({credit.recording.licence for credit in found if credit.recording.licence}))
    return Metadata(
        titles={name: title for name, title in (("en", arrangement.title), ("zh", arrangement.title_zh)) if title},
        licence=licences,
        description=f"{len(arrangement.events)} events from {len(found)} recordings; seed {arrangement.seed}; "
        f"{done.loudness.integrated_lufs:.1f} LUFS",
        ambisonic="ambix" if layout.kind == "ambisonics" else "",
    )


def located(arrangement: Arrangement, recordings: Iterable[Recording]) -> Arrangement:
    """The arrangement with every recording where a catalogue says it is now: takes may have been moved."""
    now = {recording.id: recording.path for recording in recordings}
    moved = (replace(take, path=now.get(take.id, take.path)) for take in arrangement.recordings)
    return replace(arrangement, recordings=tuple(moved))
