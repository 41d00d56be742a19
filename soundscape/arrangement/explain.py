"""Why every sound was chosen: in words for a person, and as plain values for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from soundscape.arrangement.arrange import Arranged, Choice
from soundscape.arrangement.cast import Reason
from soundscape.catalogue.catalogue import Catalogue
from soundscape.score.score import Note

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MOST_LINES = 40
"""Notes spelled out for each role; the rest is counted."""


def note_name(pitch: int) -> str:
    """Name of a pitch, middle C is C4.

    Examples
    --------
    >>> note_name(60), note_name(69)
    ('C4', 'A4')
    """
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def explanation(arranged: Arranged, catalogue: Catalogue, *, most_lines: int = MOST_LINES) -> str:
    """Text: for each role why it plays what it plays, then a line for each note, with what came second and third."""
    reasons = {reason.role: reason for reason in arranged.reasons}
    by_role: dict[str, list[Choice]] = {}
    for choice in arranged.choices:
        by_role.setdefault(choice.role, []).append(choice)
    lines: list[str] = []
    for role, choices in by_role.items():
        lines += [*_role_lines(role, choices, catalogue)]
        if role in reasons:
            lines.append(f"  why: {_reason(reasons[role])}")
        lines += [f"  {_line(choice, catalogue)}" for choice in choices[:most_lines]]
        if len(choices) > most_lines:
            lines.append(f"  ... and {len(choices) - most_lines} more notes (--json has them all)")
        lines.append("")
    return "\n".join([*lines, *(f"note: {warning}" for warning in arranged.warnings)])


def _role_lines(role: str, choices: list[Choice], catalogue: Catalogue) -> Iterator[str]:
    used = Counter(choice.segment_id for choice in choices)
    most = "; ".join(f"{_sound(key, catalogue)} {count}x" for key, count in used.most_common(3))
    yield f"{role}: {len(choices)} notes, {len(used)} of {choices[0].n_candidates} sounds; most often {most}"


def _reason(reason: Reason) -> str:
    terms = ", ".join(f"{name} {value:.2f}" for name, value in reason.terms)
    others = ", ".join(f"{what} {total:.2f}" for what, total in reason.runners_up)
    after = f"; then {others}" if others else ""
    if any(total > reason.total for _, total in reason.runners_up):
        after += " (what suits it more is needed more, or already plays, elsewhere)"
    return f"{reason.chosen} suits it with {reason.total:.2f} ({terms}){after}"


def _line(choice: Choice, catalogue: Catalogue) -> str:
    terms = ", ".join(f"{name} {value:.2f}" for name, value in choice.terms)
    others = "; ".join(f"{_sound(key, catalogue)} {total:.2f}" for key, total in choice.runners_up)
    after = f"; then {others}" if others else ""
    note = f"{choice.note.start_s:9.3f} s {note_name(choice.note.pitch):4}{choice.note.velocity:4d}"
    return f"{note}  {_sound(choice.segment_id, catalogue)}, {choice.treatment}: {choice.total:.2f} ({terms}){after}"


def _sound(segment_id: str, catalogue: Catalogue) -> str:
    segment = catalogue.segment(segment_id)
    return f"{catalogue.recordings[segment.recording_id].title} at {segment.start_s:.1f} s"


def explained(arranged: Arranged) -> dict[str, Any]:
    """Reasons, choices and warnings as plain values for JSON."""
    return {
        "reasons": [{**asdict(reason), "terms": dict(reason.terms)} for reason in arranged.reasons],
        "choices": [_plain(choice) for choice in arranged.choices],
        "warnings": list(arranged.warnings),
    }


def _plain(choice: Choice) -> dict[str, Any]:
    note: Note = choice.note
    return {
        "role": choice.role, "part": note.part, "start_s": note.start_s, "pitch": note.pitch,
        "velocity": note.velocity, "segment": choice.segment_id, "treatment": choice.treatment,
        "terms": dict(choice.terms), "total": choice.total, "n_candidates": choice.n_candidates,
        "runners_up": [{"segment": key, "total": total} for key, total in choice.runners_up],
    }  # fmt: skip
