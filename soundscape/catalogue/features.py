"""The numbers a segment is described by: one row for each, with what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

N_PARTIALS = 8
_PARTIALS = {
    f"partial_{place}_{unit}": about
    for place in range(1, N_PARTIALS + 1)
    for unit, about in (
        ("hz", f"partial {place} of what rings, counted from below"),
        ("db", f"level of partial {place}, the strongest 0"),
        ("decay_s", f"time in which partial {place} falls by 60 dB"),
    )
}

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "duration_s": "length",
        "start_s": "where it begins in its recording",
        "end_s": "where it ends in its recording",
        "confidence": "of its surest tag, 0..1",
        "level_lufs": "loudness",
        "level_db": "level (RMS), full scale 0",
        "true_peak_db": "highest true peak",
        "attack_s": "from a tenth to nine tenths of its highest power over what is behind it; none of a texture",
        "decay_s": "from loudest to 60 dB below, along the slope it falls with; none where it does not fall by 10 dB",
        "onset_s": "from its start to where it is first heard",
        "centroid_hz": "centre of its spectrum: how bright",
        "brightness": "share of its energy above 1.5 kHz, 0..1",
        "flatness": "0 a tone .. 1 noise",
        "modulation_hz": "how quickly its level trembles",
        "roughness": "0 smooth .. 1 beats wholly at 70 Hz; noise has about 0.4",
        "inharmonicity": "0 harmonic partials .. 1 not at all",
        "noise_floor_db": "level of what is behind it",
        "pitch_hz": "pitch, where one was heard",
        "pitch_confidence": "how sure the pitch is, 0..1: sure from 0.5 on",
        "pitch_start_hz": "pitch where its glide begins",
        "pitch_end_hz": "pitch where its glide ends",
        "glide_cents_per_s": "how quickly its pitch rises, or falls below 0",
        "glide_confidence": "how sure the glide is, 0..1",
        "loop_start_s": "where its loop begins, from its start",
        "loop_end_s": "where its loop ends, from its start",
        "loop_fade_s": "crossfade of its loop",
        "loop_seam": "how far the loop's seam stands out of the texture's own moments, 0 least .. 1",
        **_PARTIALS,
        "rate_hz": "sample rate of its recording",
        "n_channels": "channels of its recording",
        "recording_s": "length of its recording",
        "wind_noise": "how much wind is heard in its recording, 0..1",
        "handling_noise": "how much its recorder was handled, 0..1",
    }
)
"""Numbers every catalogue knows by name; a catalogue may hold more, as its analysis measured them."""

_EXAMPLES = {"n_channels": "1", "rate_hz": "44100", "modulation_hz": "4"}
_OF_UNITS = {"_db": "-30", "_lufs": "-30", "_hz": "300"}
_FROM_0_TO_1 = re.compile(r"\b0\b[^.]*\.\. ?1\b")


def example_of(name: str) -> str:
    """A number that a feature may well have, to compare it with.

    Examples
    --------
    >>> example_of("wind_noise"), example_of("level_lufs"), example_of("pitch_hz"), example_of("duration_s")
    ('0.1', '-30', '300', '2.5')
    """
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    if _FROM_0_TO_1.search(FEATURES.get(name, "")):
        return "0.1"
    return next((number for unit, number in _OF_UNITS.items() if name.endswith(unit)), "2.5")


OF_TAKE = ("wind_noise", "handling_noise")
"""Those that are kept with the recording, and hold for all of its segments."""

MEASURED = (
    "level_lufs",
    "level_db",
    "true_peak_db",
    "attack_s",
    "decay_s",
    "onset_s",
    "centroid_hz",
    "flatness",
    "inharmonicity",
    "noise_floor_db",
    "pitch_hz",
    "pitch_confidence",
)
"""Those that analysis measures on every segment and the store keeps in columns of their own."""
