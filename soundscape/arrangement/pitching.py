"""How a note's pitch meets a sound's: one row for each treatment.

Nothing here chooses sounds; it says how fast the chosen one must run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from soundscape.catalogue.segment import Segment
from soundscape.units import pitch_of, speed_of

MOST_SEMITONES = 24.0
"""Two octaves: a sound that is stretched further is no longer itself."""
SURE_PITCH = 0.5
"""Confidence from which a heard pitch is believed."""


@dataclass(frozen=True, slots=True)
class Pitching:
    """One treatment of pitch."""

    about: str
    transposes: bool
    bends: bool
    only_nearest: bool = False
    """Whether the chooser looks at nothing but the distance in pitch."""


PITCHINGS: Mapping[str, Pitching] = {
    "as it is": Pitching("every sound keeps its own pitch", transposes=False, bends=False),
    "nearest": Pitching("the sound nearest in pitch, unchanged", transposes=False, bends=False, only_nearest=True),
    "transposed": Pitching("each sound is brought to the note", transposes=True, bends=False),
    "following bends": Pitching(
        "brought to the note, bent with it, and trembling with the wheel", transposes=True, bends=True
    ),
}
"""Every treatment of pitch that a role may name."""


def heard_pitch(segment: Segment) -> float | None:
    """MIDI pitch of a segment, None where it has none or the pitch is not sure."""
    frequency_hz = segment.features.get("pitch_hz", 0.0)
    is_sure = segment.features.get("pitch_confidence", 0.0) >= SURE_PITCH
    return pitch_of(frequency_hz) if frequency_hz > 0.0 and is_sure else None


def shift_to(note_pitch: float, segment_pitch: float) -> tuple[float, int]:
    """Semitones from a sound to a note, within `MOST_SEMITONES`, and how many octaves were left out for that.

    Examples
    --------
    >>> shift_to(64.0, 60.0), shift_to(100.0, 60.0)
    ((4.0, 0), (16.0, 2))
    """
    shift, octaves = note_pitch - segment_pitch, 0
    while abs(shift) > MOST_SEMITONES:
        octaves += 1 if shift > 0 else -1
        shift -= 12.0 if shift > 0 else -12.0
    return shift, octaves


def speed_for(pitch: str, note_pitch: float, segment: Segment, *, moved_cents: float = 0.0) -> tuple[float, str]:
    """Speed at which a segment plays a note, and a few words why.

    A tuning moves the note by `moved_cents`; which octaves are left out is decided before, so that no scale makes the
    higher of two notes the lower one.
    """
    own = heard_pitch(segment)
    if not PITCHINGS[pitch].transposes:
        return 1.0, "as it is"
    if own is None:
        return 1.0, "no sure pitch: as it is"
    shift, octaves = shift_to(note_pitch, own)
    shift += moved_cents / 100.0
    folded = f", {abs(octaves)} octaves {'below' if octaves > 0 else 'above'} the note" if octaves else ""
    return speed_of(shift), f"{shift:+.1f} semitones{folded}"
