"""What comes in from performers and other machines, as the values of `soundscape.live.controls`. One row per protocol.

Nothing here makes sound, opens a sound card or knows an engine. `reader.Reader` reads all MIDI ports of a show;
`osc.OscReader` reads packets, and `osc.OscServer` fetches them; `ltc.LinearTimecode` listens to a channel of sound.

- `keys`: notes, knobs, pedals and fingers, by a mapping (`mapping_file` says how one is written, `learn` writes it)
- `clock`: beats of a MIDI clock, start, stop and song position
- `mtc`: timecode over MIDI
- `ltc`: timecode as a sound
- `msc`: cues from lighting and show desks over MIDI
- `osc`: everything, from QLab, TouchOSC or a script
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from soundscape.live.controllers.clock import MidiClock
from soundscape.live.controllers.keys import Keys
from soundscape.live.controllers.ltc import LinearTimecode
from soundscape.live.controllers.msc import ShowControl
from soundscape.live.controllers.mtc import MidiTimecode
from soundscape.live.controllers.osc import OscReader


@dataclass(frozen=True, slots=True)
class Row:
    """One way in: what carries it, what it is good for, and what reads it."""

    carrier: Literal["midi", "packets", "sound"]
    about: str
    make: Callable[..., Any]


PROTOCOLS: Mapping[str, Row] = {
    "keys": Row("midi", "pads, keys, knobs and pedals, by a mapping", Keys),
    "clock": Row("midi", "beats, start, stop and song position", MidiClock),
    "mtc": Row("midi", "MIDI timecode to follow", MidiTimecode),
    "ltc": Row("sound", "linear timecode to follow", LinearTimecode),
    "msc": Row("midi", "MIDI Show Control: GO, STOP, RESUME, ALL_OFF", ShowControl),
    "osc": Row("packets", "Open Sound Control, each command as an address", OscReader),
}
