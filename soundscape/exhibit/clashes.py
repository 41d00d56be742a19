"""Buttons that would start two things at once: one of them would never be meant, so both are refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from unicodedata import normalize

from soundscape.errors import ExhibitError
from soundscape.exhibit.exhibit import Exhibit


def osc_name(name: str) -> str:
    """A name as it is written in an address of OSC, which has no spaces.

    Examples
    --------
    >>> osc_name("school class")
    'school_class'
    """
    return normalize("NFC", name).replace(" ", "_")


def check_clashes(exhibit: Exhibit) -> None:
    """See that a button of MIDI, an address of OSC and a name over HTTP each stand for one thing.

    Raises
    ------
    ExhibitError
        If one stands for two; the message begins with the file, and names both.
    """
    for one, other in combinations(exhibit.triggers, 2):
        if one.midi is not None and other.midi is not None and one.midi.meets(other.midi):
            raise ExhibitError(f"{exhibit.path}: [[trigger]] {other.name!r}: midi is {other.midi}, and so is that of "
                               f"{one.name!r}, {one.midi}", hint="give each another note or channel")  # fmt: skip
    for (kind, word, name), (_, other_word, other_name) in _same_addresses(exhibit):
        raise ExhibitError(f"{exhibit.path}: {other_word}: its OSC address is /exhibit/{kind}/{osc_name(other_name)}, "
                           f"and so is that of {name!r}", hint=f"give one another name than {word}")  # fmt: skip


_Named = tuple[str, str, str]
"""Kind, place in the file, and name."""


def _same_addresses(exhibit: Exhibit) -> Iterator[tuple[_Named, _Named]]:
    """Triggers, and profiles, that OSC or HTTP could not tell from each other."""
    named = [("trigger", f"[[trigger]] {one.name!r}", one.name) for one in exhibit.triggers]
    named += [("profile", f"[profile.{name}]", name) for name in exhibit.profiles]
    for one, other in combinations(named, 2):
        if one[0] == other[0] and osc_name(one[2]) == osc_name(other[2]):
            yield one, other
