"""A new exhibit's file, from the answers to a few questions, with a word on every key for who has never seen one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from soundscape.arrangement.wanted import wanted
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.query import parse_query
from soundscape.errors import ExhibitError, OutputError
from soundscape.whole import write_text


@dataclass(frozen=True, slots=True)
class Offer:
    """A layer that a new exhibit may have."""

    name: str
    about: str
    wants: str
    lines: tuple[str, ...]
    answers: str = ""
    """Name of the layer that it answers, where the exhibit has that one too; else it comes by itself."""
    goes_on: bool = False


_FAR = "places = { azimuth_deg = [-110, 110], elevation_deg = [0, 12], distance_m = [7, 18] }"
OFFERS = (
    Offer("wind", "wind that goes on all day", "wind and kind = texture and not instruments and level_lufs > -55", (
        "goes_on = true                 # a bed: one sound passes into the next",
        "length_s = [60, 170]           # how long until the next one takes over",
        "fade_s = 10                    # how slowly it does",
        "gain_db = [-12, -9]",
        "places = { azimuth_deg = [-90, 90], distance_m = [3, 5] }",
        "spread_deg = 140               # how wide it is",
        "room_db = -120                 # recorded outside, it brings its own space",
        "ebb = { period_min = 9, depth = 0.6 }   # comes and goes over minutes"), goes_on=True),
    Offer("water", "water that goes on all day", "water and kind = texture and not instruments and level_lufs > -55", (
        "goes_on = true", "length_s = [60, 170]", "fade_s = 8", "gain_db = [-15, -12]",
        "places = { azimuth_deg = [20, 80], distance_m = [4, 6] }", "spread_deg = 60", "room_db = -120"), goes_on=True),
    Offer("far gates", "gates far off", "gates and duration_s > 0.3", (
        "per_minute = 2.0               # how many come in a minute; fewer where they ebb",
        'process = "clustered"          # in small groups; or "poisson": each by itself',
        "cluster = [1, 4]               # how many in a group",
        "cluster_s = 14                 # how long a group lasts",
        "overlap = [0, 2]               # how many may sound at once: the fewest, the most",
        "gain_db = [-9, -3]             # how loud: the softest, the loudest", _FAR,
        "room_db = 5                    # how much of them the room answers",
        "ebb = { period_min = 7, depth = 0.8 }")),
    Offer("bells", "bells, gongs and chimes", "bell or gong or chime", (
        "overlap = [0, 2]", "gain_db = [-12, -7]", "length_s = [0.5, 24]", "fade_s = 4",
        "places = { azimuth_deg = [-60, 60], elevation_deg = [5, 30], distance_m = [5, 12] }", "room_db = 4"),
        answers="far gates"),
    Offer("strings and flutes", "single notes of strings and flutes", "plucked_string or flute", (
        "per_minute = 0.7", "overlap = [0, 1]", "gain_db = [-12, -8]", "length_s = [0.5, 20]", "fade_s = 2",
        "places = { azimuth_deg = [-45, 45], distance_m = [4, 8] }", "room_db = 3",
        "ebb = { period_min = 13, depth = 1.0 }")),
    Offer("birds", "birds", "bird", (
        "per_minute = 1.5", "overlap = [0, 2]", "gain_db = [-15, -9]",
        "places = { azimuth_deg = [-150, 150], elevation_deg = [10, 50], distance_m = [5, 15] }", "room_db = -6",
        "ebb = { period_min = 11, depth = 1.0 }")),
)  # fmt: skip
"""In the order in which they are offered."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new exhibit is to be."""

    title: str
    layers: tuple[str, ...]
    """Names of offers."""
    title_zh: str = ""
    layout: str = "stereo"
    room: str = "gallery"
    timezone: str = "Asia/Shanghai"
    open: tuple[str, ...] = ("09:00-18:00",)
    closed: tuple[str, ...] = ("monday",)
    lively: float = 0.5


def offered(catalogue: Catalogue) -> Mapping[str, int]:
    """Layers that a catalogue has sounds for, and how many."""
    counts = {offer.name: len(wanted(parse_query(offer.wants), catalogue)) for offer in OFFERS}
    return {name: count for name, count in counts.items() if count}


def new_exhibit(path: Path, answers: Answers) -> Path:
    """Write the file of a new exhibit.

    Raises
    ------
    OutputError
        If there is one already, or it cannot be written.
    ExhibitError
        If it has no layer.
    """
    if path.exists():
        raise OutputError(f"{path} is there already", hint="choose another name, or move it away")
    if not answers.layers:
        raise ExhibitError(
            "an exhibit needs at least one layer", hint="ingest recordings of wind, gates or bells first"
        )
    write_text(path, exhibit_text(answers))
    return path


def exhibit_text(answers: Answers) -> str:
    """The file as text."""
    offers = [offer for offer in OFFERS if offer.name in answers.layers]
    closed = "\n".join(f"{day} = []" for day in answers.closed)
    title_zh = f"title_zh = {_quoted(answers.title_zh)}\n" if answers.title_zh else ""
    head = _HEAD.format(title=_quoted(answers.title), title_zh=title_zh, layout=_quoted(answers.layout),
                        room=_quoted(answers.room), timezone=_quoted(answers.timezone),
                        open=", ".join(map(_quoted, answers.open)), closed=closed, lively=answers.lively)  # fmt: skip
    return head + "".join(_layer(offer, answers) for offer in offers) + _TAIL


def _layer(offer: Offer, answers: Answers) -> str:
    lines = list(offer.lines)
    if offer.answers in answers.layers:
        lines.insert(0, f"answers = {_quoted(offer.answers)}         # comes after one of these")
        lines.insert(1, "answer_after_s = [2, 9]\nanswer_chance = 0.35")
    elif offer.answers:
        lines.insert(0, "per_minute = 0.7")
    return "\n".join(["", "[[layer]]", f"name = {_quoted(offer.name)}", f"wants = {_quoted(offer.wants)}", *lines, ""])


def _quoted(text: str) -> str:
    """Text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


_HEAD = """\
# An exhibit: what may be heard in a gallery. Every day of it is another, and none of them loops.
# What follows a # is a note for people. After a change: soundscape exhibit THIS_FILE --check

[exhibit]
title = {title}
{title_zh}layout = {layout}              # the loudspeakers: `soundscape layouts` lists them; or a rig's file
room = {room}               # the space that is added: none, gallery, hall, courtyard, corridor, cave
seed = 1                       # another number is another gallery

[hours]                        # by the clock on the wall
timezone = {timezone}
open = [{open}]
{closed}
# quiet = ["12:00-13:00"]      # softer and calmer then
# dates = [{{ on = "10-01", open = ["08:00-20:00"], name = "National Day" }}]

[mood]                         # three sliders from 0 to 1; 0.5 changes nothing
lively = {lively}                   # calm ... lively
near = 0.5                     # far ... near
bright = 0.5                   # dark ... bright

[loudness]                     # what is never passed, whatever happens
hours_lufs = -32               # of any minute and of whole days
momentary_lufs = -24           # of the loudest moment
ceiling_dbtp = -6
"""

_TAIL = """
# What is different at times; the later ones go over the earlier ones.
[[when]]
season = "winter"              # or term = "大寒", double_hour = "子", month = 12, weekday = "sunday"
mood = { lively = -0.15, bright = -0.2 }

[[when]]
daypart = "dusk"               # night, dawn, morning, noon, afternoon, dusk, evening
mood = { near = -0.2 }
"""
