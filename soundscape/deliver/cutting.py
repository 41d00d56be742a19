"""Segments as files of their own: cut to the sample, named by a template, with what is known of them inside."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape.audio.files import audio_blocks, audio_info, is_audio_name
from soundscape.audio.metadata import Metadata
from soundscape.audio.wavefile import Encoding, WaveWriter
from soundscape.catalogue.segment import Recording, Segment
from soundscape.catalogue.tags import VOCABULARY
from soundscape.errors import OutputError
from soundscape.progress import Progress, quiet
from soundscape.units import frame_at

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
_ILLEGAL = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_FLOATING = ("FLOAT", "DOUBLE")


@dataclass(frozen=True, slots=True)
class Cut:
    """One file that was written, and the segment in it."""

    path: Path
    segment: Segment


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
        text = string.Formatter().vformat(TEMPLATES.get(template, template), (), values)
    except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
        raise OutputError(f"cannot name files by {template!r}: {error}",
                          hint=f"fields: {', '.join(FIELDS)}; or a template's name: {', '.join(TEMPLATES)}"
                          ) from None  # fmt: skip
    return _shortened(_ILLEGAL.sub("-", text).strip(" ."), LONGEST_NAME).rstrip(" .") or f"{number:03}"


def _field(text: str, longest: int) -> str:
    """A value without the sign that parts the fields of UCS."""
    return _shortened(text.replace("_", " "), longest)


def _shortened(text: str, longest: int) -> str:
    """At most so many characters, and twice as many bytes: file systems count those, and take 255."""
    return text[:longest].encode(errors="ignore")[: 2 * longest].decode(errors="ignore")


def cut(wanted: Sequence[tuple[Segment, Recording]], folder: Path, template: str = "plain", *, pad_s: float = 0.0,
        overwrite: bool = False, progress: Progress = quiet) -> Iterator[Cut]:  # fmt: skip
    """Write each segment to a WAV file in a folder, at the rate and with the channels of its take.

    Samples are those of the take; 24 bits, or floating point where the take has it. `pad_s` seconds before and after
    come along, as far as there are any.

    Raises
    ------
    OutputError
        If a file is there already and may not be replaced, or cannot be written.
    AudioError
        If a take cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for number, (segment, recording) in enumerate(wanted, start=1):
        progress("cutting", number - 1, len(wanted))
        name = named(template, number, segment, recording)
        name = name if name.casefold() not in taken else f"{name} {segment.id[:8]}"
        taken.add(name.casefold())
        path = folder / f"{name}.wav"
        if path.exists() and not overwrite:
            raise OutputError(f"{path} is there already", hint="choose another folder or template, or --overwrite")
        _write(path, segment, recording, pad_s)
        yield Cut(path, segment)
    progress("cutting", len(wanted), len(wanted))


def _write(path: Path, segment: Segment, recording: Recording, pad_s: float) -> None:
    info = audio_info(recording.path)
    first = frame_at(max(0.0, segment.start_s - pad_s), info.rate_hz)
    last = min(recording.n_frames, frame_at(segment.end_s + pad_s, info.rate_hz))
    tags = ", ".join(tag.name for tag in segment.tags) or "unknown"
    said = f"{tags}; from {Path(recording.path).name} at {first / info.rate_hz:.3f} s, recording {recording.id}"
    metadata = Metadata(
        titles=dict(recording.titles), description=". ".join(filter(None, (recording.description, said))),
        recordist=recording.recordist, recorded_at=recording.recorded_at, place=recording.place,
        object_id=recording.object_id, licence=recording.licence, ambisonic=recording.ambisonic,
    )  # fmt: skip
    encoding: Encoding = "FLOAT" if any(word in info.encoding.upper() for word in _FLOATING) else "PCM_24"
    with WaveWriter(path, rate_hz=info.rate_hz, n_channels=info.n_channels, encoding=encoding,
                    channel_mask=info.channel_mask, metadata=metadata) as writer:  # fmt: skip
        for block in audio_blocks(recording.path, start_frame=first, stop_frame=last):
            writer.write(block)
