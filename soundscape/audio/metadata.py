"""What a sound file says of itself: titles, place, object, licence. One line of JSON carries what containers cannot.

A container's own fields (title, artist, date, copyright) are filled too, so that every player shows them. The comment
field holds the whole `Metadata` as one JSON object, in every container alike; a comment that is not such an object is
somebody else's, and is taken as the description.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

ORDERS = {(order + 1) ** 2: order for order in range(1, 8)}
"""Ambisonic order of a number of channels."""

_LABEL = re.compile(r"ambix|fuma", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a recording apart from its sound; an empty string where nothing is known."""

    titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By language: `en`, `zh`, `fr`."""
    description: str = ""
    recordist: str = ""
    recorded_at: str = ""
    """ISO 8601: a date, or a date and a time joined by T."""
    place: str = ""
    object_id: str = ""
    """The museum's accession number."""
    licence: str = ""
    ambisonic: str = ""
    """`ambix` (ACN, SN3D), `fuma`, or empty."""

    @property
    def title(self) -> str:
        """English title, else any."""
        return self.titles.get("en") or next(iter(self.titles.values()), "")


def comment_of(metadata: Metadata) -> str:
    """Everything in one line of JSON, without empty fields; an empty string if nothing is known.

    Examples
    --------
    >>> comment_of(Metadata(titles={"en": "Gate", "zh": "门"}, place="North court"))
    '{"titles":{"en":"Gate","zh":"门"},"place":"North court"}'
    """
    held = {item.name: getattr(metadata, item.name) for item in fields(metadata)}
    held = {name: dict(value) if name == "titles" else value for name, value in held.items() if value}
    return json.dumps(held, ensure_ascii=False, separators=(",", ":")) if held else ""


def from_comment(comment: str, *, title: str = "") -> Metadata:
    """Read what `comment_of` wrote; any other comment becomes the description, and `title` the English title.

    Examples
    --------
    >>> from_comment('{"titles":{"zh":"门"},"place":"North court"}', title="Gate").titles
    {'en': 'Gate', 'zh': '门'}
    >>> from_comment("recorded by the well").description
    'recorded by the well'
    """
    own = {"en": title} if title else {}
    found = _object(comment)
    if found is None:
        return Metadata(titles=own, description=comment.strip())
    titles = found.pop("titles", None)
    if isinstance(titles, dict):
        own |= {str(language): str(text) for language, text in titles.items()}
    known = {item.name for item in fields(Metadata)}
    return Metadata(titles=own, **{name: str(value) for name, value in found.items() if name in known})


def _object(comment: str) -> dict[str, Any] | None:
    """A JSON object with at least one field of ours, or None."""
    if not comment.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(comment)
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(found, dict) and any(item.name in found for item in fields(Metadata))
    return found if is_ours else None


def filled(first: Metadata, second: Metadata) -> Metadata:
    """`first`, with what it lacks taken from `second`."""
    missing = {item.name: getattr(second, item.name) for item in fields(Metadata)
               if item.name != "titles" and not getattr(first, item.name)}  # fmt: skip
    return replace(first, titles={**second.titles, **first.titles}, **missing)


def ambisonic_of(path: Path, n_channels: int, *texts: str) -> str:
    """Ambisonic convention, where a file's name or its metadata (`texts`) names it and its channels are a full order.

    A file that says nothing is not taken for Ambisonics: four channels are more often four microphones.

    Examples
    --------
    >>> ambisonic_of(Path("hall_AmbiX.wav"), 4), ambisonic_of(Path("hall_ambix.wav"), 5), ambisonic_of(Path("a.wav"), 4)
    ('ambix', '', '')
    """
    found = _LABEL.search(" ".join((path.stem, *texts))) if n_channels in ORDERS else None
    return found.group().lower() if found else ""
