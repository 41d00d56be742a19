"""Segments as files of their own: cut to the sample, named by a template, with what is known of them inside."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundscape.analysis.takes import as_heard
from soundscape.audio.files import AudioInfo, audio_blocks, is_audio_name
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import WaveWriter, encoding_for
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import VOCABULARY
from soundscape.errors import AudioError, OutputError
from soundscape.progress import Progress, quiet
from soundscape.units import Samples, frame_at
from soundscape.whole import folder_to_write

TEMPLATES: Mapping[str, str] = {
    "plain": "{n:03} {title} {tag}",
    "ucs": "{CatID}_{FXName} {n:03}_{CreatorID}_{SourceID}",
}
"""Templates by name; `ucs` as the Universal Category System names files (version 8.2.1)."""
FIELDS = ("n", "title", "tag", "kind", "object_id", "recordist", "place", "licence", "start_s", "CatID", "FXName",
          "CreatorID", "SourceID")  # fmt: skip
LONGEST_NAME = 120
LONGEST_FX, LONGEST_CREATOR, LONGEST_SOURCE = 56, 24, 16
"""In characters; all together are never more than a name may have, which would lose the last of them."""
NO_CATEGORY = "ARCHMisc"
FADE_S = 0.005
LONGEST_FADE_S = 1.0
_FORMAT = re.compile(r"(0?[1-9]\d?)?(\.\d)?[df]?")
"""What may follow a field's colon: a width below 100, a decimal."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""Names that Windows has given away."""
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Cut:
    """One file that was written, and the segment in it."""

    path: Path
    segment: Segment


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What is to be written to one file."""

    path: Path
    segment: Segment
    recording: Recording
    take: AudioInfo
    first: int
    stop: int


def named(template: str, number: int, segment: Segment, recording: Recording) -> str:
    """File name without ending for a segment.

    Raises
    ------
    OutputError
        If the template has a field that there is not.

    Examples
    --------
    >>> recording = Recording("aa", "old_gate.wav", 48_000, 1, 480_000, recordist="M. Sun")
    >>> named("ucs", 7, Segment("s", "aa", 1.0, 2.0), recording)
    'ARCHMisc_old gate 007_M. Sun_soundscape'
    """
    known = VOCABULARY.get(segment.tag)
    title = Path(recording.title).stem if is_audio_name(recording.title) else recording.title
    values = {
        "n": number, "title": title, "tag": segment.tag or "unknown", "kind": segment.kind,
        "object_id": recording.object_id, "recordist": recording.recordist, "place": recording.place,
        "licence": recording.licence, "start_s": round(segment.start_s, 3),
        "CatID": (known and known.ucs) or NO_CATEGORY, "FXName": _field(title, LONGEST_FX),
        "CreatorID": _field(recording.recordist or "Unknown", LONGEST_CREATOR),
        "SourceID": _field(recording.object_id or "soundscape", LONGEST_SOURCE),
    }  # fmt: skip
    try:
        parts = list(string.Formatter().parse(TEMPLATES.get(template, template)))
        text = "".join(_part(*part, values) for part in parts)
    except ValueError as error:
        raise OutputError(f"cannot name files by {template!r}: {error}",
                          hint=f"fields: {', '.join(FIELDS)}; or a template's name: {', '.join(TEMPLATES)}"
                          ) from None  # fmt: skip
    bare = text[:-4] if text.casefold().endswith(".wav") else text
    name = _shortened(_ILLEGAL.sub("-", bare).strip(" .").lstrip("- "), LONGEST_NAME).rstrip(" .")
    return f"_{name}" if _RESERVED.match(name) else name or f"{number:03}"


def _part(
    words: str, field: str | None, form: str | None, conversion: str | None, values: Mapping[str, object]
) -> str:  # fmt: skip
    """What a part of a template gives: words, and a field as it is to be written."""
    if "/" in words or "\\" in words:
        raise ValueError("it names files in the folder, not folders")
    if field is None:
        return words
    if field not in values:
        raise ValueError(f"there is no field {field!r}")
    if conversion or not _FORMAT.fullmatch(form or ""):
        raise ValueError(f"{field!r} cannot be written as {form or conversion!r}: write such as {{n:03}}")
    return words + format(values[field], form or "")


def _field(text: str, longest: int) -> str:
    """A value without the sign that parts the fields of UCS."""
    return _shortened(text.replace("_", " "), longest)


def _shortened(text: str, longest: int) -> str:
    """At most so many characters, and twice as many bytes: file systems count those, and take 255."""
    return text[:longest].encode(errors="ignore")[: 2 * longest].decode(errors="ignore")


def cut(wanted: Sequence[tuple[Segment, Recording]], folder: Path, template: str = "plain", *, pad_s: float = 0.0,
        fade_s: float = FADE_S, overwrite: bool = False, progress: Progress = quiet) -> Iterator[Cut]:  # fmt: skip
    """Write each segment to a WAV file in a folder, at the rate and with the channels of its take.

    Samples between the fades are those of the take, to the bit; 24 bits, or floating point where the take's may go
    beyond full scale. Names and takes are looked at before the first file is written: where one is wrong, nothing is.

    Parameters
    ----------
    wanted : segments, each with its recording
    folder
        Made if it is not there.
    template : str
        Name of one of `TEMPLATES`, or one with `FIELDS`.
    pad_s : float
        So much before and after comes along, as far as there is any.
    fade_s : 0 to 1
        So long each file swells and dies away, at most half of it; 0 leaves the samples as they are.

    Yields
    ------
    Cut
        Each file as soon as it is written.

    Raises
    ------
    OutputError
        If the template is wrong, a file is there already and may not be replaced, or cannot be written.
    AudioError
        If a take cannot be read, or is another one now.
    """
    if not 0.0 <= fade_s <= LONGEST_FADE_S or pad_s < 0.0:
        raise ValueError(f"a fade of {fade_s} s, 0 to {LONGEST_FADE_S:g} s, and {pad_s} s more on both sides")
    paths = _free_paths(wanted, folder, template, overwrite=overwrite)
    takes = {recording.id: as_heard(recording) for recording in {one.id: one for _, one in wanted}.values()}
    originals = {take.path.resolve() for take in takes.values()}
    for path in paths:
        if path.resolve() in originals:
            raise OutputError(f"cannot write {path}: it is a take itself", hint="choose another folder; originals stay")
    stretches = [
        _Stretch(path, segment, recording, takes[recording.id], *_frames(segment, recording, pad_s))
        for path, (segment, recording) in zip(paths, wanted, strict=True)
    ]
    folder_to_write(folder)
    return _written(stretches, fade_s, progress)


def _free_paths(wanted: Sequence[tuple[Segment, Recording]], folder: Path, template: str, *, overwrite: bool
                ) -> list[Path]:  # fmt: skip
    paths, taken = [], set[str]()
    for number, (segment, recording) in enumerate(wanted, start=1):
        name = named(template, number, segment, recording)
        while name.casefold() in taken:
            name = f"{name} {segment.id[:8]}"
        taken.add(name.casefold())
        path = folder / f"{name}.wav"
        if path.exists() and not (overwrite and path.is_file()):
            raise OutputError(f"{path} is there already", hint="choose another folder or template, or --overwrite")
        paths.append(path)
    return paths


def _frames(segment: Segment, recording: Recording, pad_s: float) -> tuple[int, int]:
    """First frame and the one after the last."""
    first = frame_at(max(0.0, segment.start_s - pad_s), recording.rate_hz)
    return first, min(recording.n_frames, frame_at(segment.end_s + pad_s, recording.rate_hz))


def _written(stretches: Sequence[_Stretch], fade_s: float, progress: Progress) -> Iterator[Cut]:
    for n_done, stretch in enumerate(stretches):
        progress("cutting", n_done, len(stretches))
        try:
            _write(stretch, fade_s)
        except (AudioError, OutputError) as error:
            raise type(error)(
                f"{n_done} of {len(stretches)} files are written, then: {error}", hint=error.hint
            ) from error
        yield Cut(stretch.path, stretch.segment)
    progress("cutting", len(stretches), len(stretches))


def _write(stretch: _Stretch, fade_s: float) -> None:
    take, recording = stretch.take, stretch.recording
    tags = ", ".join(tag.name for tag in stretch.segment.tags) or "unknown"
    at_s = stretch.first / take.rate_hz
    said = f"{tags}; from {take.path.name} at {at_s:.3f} s, recording {recording.id}"
    loop = _loop_frames(stretch)
    if loop and stretch.segment.loop:
        fade_s = stretch.segment.loop.fade_s
        said += f"; goes round from frame {loop[0]} to {loop[1]}, the last {fade_s:.3f} s crossfaded"
    metadata = Metadata(
        titles=dict(recording.titles), description=". ".join(filter(None, (recording.description, said))),
        recordist=recording.recordist, recorded_at=recording.recorded_at, place=recording.place,
        object_id=recording.object_id, licence=recording.licence, ambisonic=recording.ambisonic,
    )  # fmt: skip
    n_frames = stretch.stop - stretch.first
    swell = _swell(min(frame_at(fade_s, take.rate_hz), n_frames // 2))
    with WaveWriter(
        stretch.path, rate_hz=take.rate_hz, n_channels=take.n_channels, encoding=encoding_for(take.encoding),
        channel_mask=take.channel_mask, metadata=metadata, loops=loop or False,
    ) as writer:  # fmt: skip
        for block in audio_blocks(take.path, start_frame=stretch.first, stop_frame=stretch.stop):
            writer.write(_faded(block, writer.n_frames, n_frames, swell))
        if writer.n_frames != n_frames:  # an MP3's header only guesses how long it is
            raise AudioError(f"{take.path} ends before {stretch.stop / take.rate_hz:.3f} s, it is another take now",
                             hint="ingest its folder again")  # fmt: skip


def _loop_frames(stretch: _Stretch) -> tuple[int, int] | None:
    """First and last frame of what a sampler repeats: its crossfade, before the last, is with what is before the first.

    That is how an engine goes round too, which begins where the crossfade is over.
    """
    loop = stretch.segment.loop
    if loop is None:
        return None
    begins_s, rate_hz = stretch.segment.start_s, stretch.take.rate_hz
    first, stop = (frame_at(begins_s + time_s, rate_hz) - stretch.first
                   for time_s in (loop.start_s + loop.fade_s, loop.end_s))  # fmt: skip
    return (first, min(stop, stretch.stop - stretch.first) - 1)


def _swell(n_frames: int) -> Samples:
    """Raised cosine from 0: without a corner at either end, and with no other sound to keep the power of."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.arange(n_frames) / max(1, n_frames)), np.float32)


def _faded(block: Samples, at: int, n_frames: int, swell: Samples) -> Samples:
    """A block that begins with frame `at` of a file of so many, swelling and dying away at the ends of the file."""
    places = np.arange(at, at + len(block))
    to_edge = np.minimum(places, n_frames - 1 - places)
    fades = to_edge < len(swell)
    if not fades.any():
        return block
    faded = block.copy()
    faded[fades] *= swell[to_edge[fades], None]
    return faded
