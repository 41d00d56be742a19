"""What comes by MIDI and OSC, and what of all that is asked becomes an ask: bounded, rested, and never an error.

================================  ======================================================================================
`/exhibit/trigger/NAME [1]`       starts a trigger; 0, as a button sends it with its release, does nothing
`/exhibit/profile/NAME`           changes the profile; `/exhibit/profile` alone goes back to the one on schedule
a note or a controller of MIDI    starts the trigger whose `midi` it is: a note that is struck, a controller from 64 on
================================  ======================================================================================

Spaces in a name may be written as `_`. Patterns of OSC reach all they fit. There is no password in OSC: where it can be
reached from other machines, the first argument is the token.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from soundscape.exhibit.clashes import osc_name
from soundscape.exhibit.door import Ask
from soundscape.exhibit.exhibit import Trigger
from soundscape.live.controllers.messages import CONTROL, NOTE_ON
from soundscape.live.controllers.osc import OscMessages, OscServer
from soundscape.live.controllers.osc_patterns import fits, is_pattern
from soundscape.live.midiports import LOOK_S, MidiPorts

PRESSED = 64
"""Value of a controller from which on it is pressed."""
MOST_AT_ONCE, PER_S, BURST = 200, 20.0, 40.0
"""Messages that are looked at in one turn, and asks that go on in a second."""
CALM_S = 10.0
"""After so long without a flood, the next one is told again."""
PROFILE_REST_S, SLIDER_REST_S = 1.0, 0.5


class Desk:
    """Says whether something that is asked is done now.

    Parameters
    ----------
    triggers
        With the time each rests.
    profiles
        Names there are.
    ask
        Takes what may be done.
    tell
        Called with a line for people; of a flood once.
    sliders
        Names of those that may be set.
    """

    def __init__(self, triggers: Sequence[Trigger], profiles: Collection[str], ask: Callable[[Ask], None],
                 tell: Callable[[str], None], *, sliders: Collection[str] = (),
                 clock: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self._rests_s = {("trigger", trigger.name): trigger.rest_s for trigger in triggers}
        self._rests_s |= {("profile", name): PROFILE_REST_S for name in ("", *profiles)}
        self._rests_s |= {("mood", name): SLIDER_REST_S for name in sliders}
        self._ask, self._tell, self._clock = ask, tell, clock
        self._rests_until: dict[tuple[str, str], float] = {}
        self._left, self._filled_s, self._flooded_s = BURST, clock(), -CALM_S
        self.n_dropped = 0
        """Asks and messages that were too many."""

    def press(self, ask: Ask) -> bool:
        """Do what is asked, unless it rests, there is none of that name, or too much is asked; whether it was done."""
        now, what = self._clock(), (ask.kind, ask.name)
        if what not in self._rests_s or now < self._rests_until.get(what, now):
            return False
        self._left = min(BURST, self._left + (now - self._filled_s) * PER_S)
        self._filled_s = now
        if self._left < 1.0:
            self.drop(1)
            return False
        self._left -= 1.0
        self._rests_until[what] = now + self._rests_s[what]
        self._ask(ask)
        return True

    def drop(self, n_dropped: int) -> None:
        """Count what was too much, and tell of it where that has not been told of late."""
        now = self._clock()
        self.n_dropped += n_dropped
        if now - self._flooded_s >= CALM_S:
            self._tell("more is asked by triggers than can be done: what is too much is passed over")
        self._flooded_s = now


class Buttons:
    """MIDI and OSC of an exhibit; `turn` is called some ten times a second.

    Parameters
    ----------
    ports, server
        Where messages come from; None: nowhere.
    token
        What OSC messages must begin with; empty: nothing.
    """

    def __init__(self, desk: Desk, triggers: Sequence[Trigger], profiles: Collection[str], *,
                 ports: MidiPorts | None = None, server: OscServer | None = None, token: str = "",
                 tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self._desk, self._ports, self._server, self._clock = desk, ports, server, clock
        self._token, self._tell, self._has_told = token.encode(), tell, False
        self._messages = OscMessages(self._passed_over) if server is not None else None
        self._midi = {trigger.midi: Ask("trigger", trigger.name) for trigger in triggers if trigger.midi is not None}
        self._addresses = {f"/exhibit/profile{'/' + name if name else ''}": Ask("profile", name)
                           for name in ("", *profiles)}  # fmt: skip
        self._addresses |= {f"/exhibit/trigger/{one.name}": Ask("trigger", one.name) for one in triggers}
        self._addresses |= {osc_name(address): ask for address, ask in self._addresses.items()}
        self._looked_s = clock() - LOOK_S

    def turn(self) -> None:
        """Answer what has come; of a flood only the first."""
        left = MOST_AT_ONCE
        for ask in self._asked():
            if left:
                left -= 1
                if ask is not None:
                    self._desk.press(ask)
            else:
                self._desk.drop(1)

    def close(self) -> None:
        """Listen no more."""
        if self._ports is not None:
            self._ports.close()
        if self._server is not None:
            self._server.close()

    def _asked(self) -> Iterator[Ask | None]:
        """What each message asks for; None where it asks for nothing."""
        if self._ports is not None:
            if self._clock() - self._looked_s >= LOOK_S:
                self._looked_s = self._clock()
                for port, is_there in self._ports.changes():
                    self._tell(f"the MIDI port {port} {'is there' if is_there else 'is gone'}")
            for _port, _time_s, raw in self._ports.incoming():
                yield self._midi_ask(raw)
        if self._server is not None and self._messages is not None:
            for n, (_time_s, packet) in enumerate(self._server.packets()):
                if n >= MOST_AT_ONCE:
                    self._desk.drop(1)
                    continue
                for address, arguments in self._messages.read(packet):
                    yield from self._osc_asks(address, arguments)

    def _midi_ask(self, raw: bytes) -> Ask | None:
        if len(raw) != 3 or not raw[2]:
            return None
        kind, channel = raw[0] >> 4, (raw[0] & 0x0F) + 1
        for button, ask in self._midi.items():
            if button.channel in (0, channel) and (
                (kind == NOTE_ON and raw[1] == button.note)
                or (kind == CONTROL and raw[1] == button.control and raw[2] >= PRESSED)
            ):
                return ask
        return None

    def _osc_asks(self, address: str, arguments: list[Any]) -> Iterator[Ask | None]:
        if self._token:
            given = arguments.pop(0) if arguments and isinstance(arguments[0], str) else ""
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token):
                self._passed_over("osc: a message without the token was passed over")
                yield None
                return
        if arguments and arguments[0] in (0, False):
            yield None  # a button that is let go
        elif address in self._addresses:
            yield self._addresses[address]
        elif is_pattern(address):
            yield from {ask for known, ask in self._addresses.items() if fits(address, known)}
        else:
            self._passed_over(f"osc: there is no {address[:80]!r}")
            yield None

    def _passed_over(self, line: str) -> None:
        """Tell of the first message that asks for nothing there is: more of them say no more."""
        if not self._has_told:
            self._has_told = True
            self._tell(line)
