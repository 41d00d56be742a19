"""All ports of a show: bytes and the time they came at go in, what the performers ask for comes out.

No thread, no clock and no port is opened here: the same bytes at the same times give the same controls, always, and no
bytes stop it. What a person should know is kept in few words until somebody asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Protocol

from soundscape.live.controllers.clock import MidiClock
from soundscape.live.controllers.feedback import Lights
from soundscape.live.controllers.keys import Keys
from soundscape.live.controllers.learn import Learned, Learner, Wanted
from soundscape.live.controllers.mapping import Surface, surface_for_roles
from soundscape.live.controllers.messages import RESET, Stream
from soundscape.live.controllers.msc import ShowControl
from soundscape.live.controllers.mtc import MidiTimecode
from soundscape.live.controllers.parameters import PortParameters
from soundscape.live.controllers.turning import Known
from soundscape.live.controls import Control, Feedback

MOST_NOTICES = 50


class SystemReader(Protocol):
    """Reads messages that are of no channel: clocks, timecode, show control."""

    def read(self, message: bytes, time_s: float) -> list[Control]:
        """What a message asks for."""
        ...

    def wait(self, time_s: float) -> list[Control]:
        """What silence until `time_s` means."""
        ...


def system_readers(surface: Surface) -> list[SystemReader]:
    """Readers of the protocols that a port hears besides its keys."""
    known: Mapping[str, SystemReader] = {
        "clock": MidiClock(), "mtc": MidiTimecode(), "msc": ShowControl(surface.msc_device),
    }  # fmt: skip
    return [known[name] for name in surface.hears]


class Reader:
    """Reads whatever is plugged in.

    Parameters
    ----------
    surfaces : sequence of Surface
        A port takes the first that is at home there, by its name.
    roles : sequence of str
        Roles of the piece, for ports that no surface knows: each role becomes a pad and a keyboard.
    """

    def __init__(self, surfaces: Sequence[Surface] = (), roles: Sequence[str] = ()) -> None:
        self._surfaces = (*surfaces, surface_for_roles(roles))
        self._known = Known()
        self._ports: dict[str, _Port] = {}
        self._notices: deque[str] = deque(maxlen=MOST_NOTICES)
        self._learner: Learner | None = None
        self._learned: Learned | None = None

    def read(self, port: str, raw: bytes, time_s: float) -> list[Control]:
        """What these bytes ask for, in order. Never raises.

        While something is being learned, the message that binds it does nothing else.
        """
        ear = self._ports.get(port) or self._open(port)
        out: list[Control] = []
        for message in ear.stream.feed(raw):
            is_watched = self._learner is not None or ear.minds_touch
            entry = ear.keys.parameters.hear(message) if is_watched else None
            if self._learner is not None and (found := self._learner.hear(message, entry)) is not None:
                self._learned, self._learner = found, None
                self._notices.append(f"learned {found}")
            elif message[0] < 0xF0:
                if ear.minds_touch:
                    ear.due += ear.lights.hear(message, entry)
                ear.keys.read(message, time_s, out)
            elif message[0] == RESET:
                ear.keys.reset(out)
            else:
                for reader in ear.readers:
                    out += reader.read(message, time_s)
        return out

    def wait(self, time_s: float) -> list[Control]:
        """What silence means; to be called every 50 ms or so: a timecode that has stopped says nothing itself."""
        return [control for ear in self._ports.values() for one in ear.readers for control in one.wait(time_s)]

    def plugged(self, port: str) -> list[bytes]:
        """What a controller is to be sent that was just plugged in: its greeting, and what its lights show now."""
        return (self._ports.get(port) or self._open(port)).lights.wake()

    def unplugged(self, port: str) -> list[Control]:
        """Releases of all that was held at a port that is gone; what it was told half a message of is forgotten."""
        out: list[Control] = []
        if (ear := self._ports.get(port)) is not None:
            if out := ear.gone():
                self._notices.append(f"{port} is gone: {len(out)} held there let go")
            ear.stream = Stream(self._teller(port))
            ear.keys.parameters.forget()
        return out

    def show(self, feedback: Feedback, time_s: float) -> list[tuple[str, bytes]]:
        """(port, message) for each light and motor that changes; knobs learn where levels stand."""
        self._known.hear(feedback, time_s)
        return [(port, message) for port, ear in self._ports.items() for message in ear.lights.show(feedback)]

    def due(self) -> list[tuple[str, bytes]]:
        """(port, message) for faders that may move now that a finger has left them."""
        out = [(port, message) for port, ear in self._ports.items() for message in ear.due]
        for ear in self._ports.values():
            ear.due.clear()
        return out

    def learn(self, wanted: Wanted | None) -> None:
        """Let the next message that can bind this; None gives it up."""
        self._learner = None if wanted is None else Learner(wanted)
        self._learned = None

    @property
    def learned(self) -> Learned | None:
        """What was touched since something was last wanted."""
        return self._learned

    def remap(self, surfaces: Sequence[Surface], roles: Sequence[str] = ()) -> list[Control]:
        """Take other mappings; releases of all that is held."""
        out = [control for ear in self._ports.values() for control in ear.gone()]
        self._surfaces = (*surfaces, surface_for_roles(roles))
        self._ports = {port: self._ear(port, ear.keys.parameters) for port, ear in self._ports.items()}
        return out

    def notices(self) -> list[str]:
        """What a person should know, since the last time somebody asked: at most 50 lines, the latest."""
        lines = list(self._notices)
        self._notices.clear()
        return lines

    def _open(self, port: str) -> _Port:
        self._ports[port] = ear = self._ear(port)
        self._notices.append(f"{port} is {ear.name}")
        return ear

    def _ear(self, port: str, parameters: PortParameters | None = None) -> _Port:
        surface = next(one for one in self._surfaces if one.is_at(port))
        return _Port(surface, Keys(port, surface, self._known, parameters), Stream(self._teller(port)))

    def _teller(self, port: str) -> _Teller:
        return _Teller(port, self._notices)


class _Teller:
    """Says where something happened."""

    def __init__(self, port: str, notices: deque[str]) -> None:
        self._port, self._notices = port, notices

    def __call__(self, text: str) -> None:
        self._notices.append(f"{self._port}: {text}")


class _Port:
    """Everything about one port."""

    def __init__(self, surface: Surface, keys: Keys, stream: Stream) -> None:
        self.name = surface.name
        self.keys = keys
        self.stream = stream
        self.lights = Lights(surface)
        self.minds_touch = any(light.touch >= 0 or light.source.kind == "bend" or light.source.is_parameter
                               for light in surface.lights)  # fmt: skip
        self.due: list[bytes] = []
        self.readers = system_readers(surface)

    def gone(self) -> list[Control]:
        """Releases of all that is held."""
        out: list[Control] = []
        self.keys.let_go(out)
        return out
