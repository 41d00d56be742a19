"""Which ports of JACK ours are connected with, and shall be: what was asked for, and what people have made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from soundscape.live.device import Asked

MIDI_IN, MIDI_OUT = "midi_in", "midi_out"


class Patchbay:
    """Keeps the ports of a client connected.

    Parameters
    ----------
    outs, midi_in, midi_out
        Ours: to loudspeakers, from controllers, and back to the controller of the input of the same number.
    """

    def __init__(self, client: Any, outs: Sequence[Any], midi_in: Sequence[Any], midi_out: Sequence[Any],
                 asked: Asked) -> None:  # fmt: skip
        self._client, self._outs, self._midi_in = client, outs, midi_in
        self._ours = (*outs, *midi_in, *midi_out)
        self._wanted: dict[str, tuple[str, ...]] = dict(self._usual(asked) if asked.connections is None
                                                        else asked.connections)  # fmt: skip
        self._takes_all = not asked.midi_in
        self._seen = set(self._controllers())
        """Controllers that were there once: one that was parted by hand is no newcomer."""
        self.has_gone = False
        """Whether a port went away since the last look, if only for a moment: then nobody has parted it by hand."""
        self._joined: dict[str, frozenset[str]] = {}
        """What was connected when it was last looked at, by the names of our ports."""
        self._played_by = {port.shortname: port.shortname for port in midi_in}

    def tend(self) -> list[str]:
        """Learn what people have done, and connect what is there and was wanted; what was done, in words."""
        self._seat_newcomers()
        told = [line for port in self._ours for line in self._join(port)]
        self.has_gone = False
        self._name_players()
        return told

    @property
    def wanted(self) -> Mapping[str, tuple[str, ...]]:
        """What was asked for, with what people have joined and parted since."""
        return dict(self._wanted)

    @property
    def connections(self) -> Mapping[str, tuple[str, ...]]:
        """What is connected now; what was wanted where nothing is."""
        now = {port.shortname: tuple(other.name for other in self._client.get_all_connections(port))
               for port in self._ours}  # fmt: skip
        return {name: others or self._wanted.get(name, ()) for name, others in now.items()}

    @property
    def midi_names(self) -> tuple[str, ...]:
        """What plays to each MIDI input, by all its names; of one that nothing has played to, the input's own."""
        return tuple(self._played_by.values())

    @property
    def midi_there(self) -> tuple[str, ...]:
        """Those of `midi_names` that something plays to now."""
        return tuple(name for short, name in self._played_by.items() if self._joined.get(short))

    def _usual(self, asked: Asked) -> dict[str, tuple[str, ...]]:
        """The first outputs of the card in their order; every controller, or those that are asked for, to the input."""
        cards = self._client.get_ports(is_audio=True, is_physical=True, is_input=True)
        pairs = zip(self._outs, cards, strict=False)
        found: dict[str, tuple[str, ...]] = {port.shortname: (card.name,) for port, card in pairs}
        names = asked.midi_in or self._controllers()
        for port, name in zip(self._midi_in, names, strict=False):
            found[port.shortname] = (name,)
        return found

    def _seat_newcomers(self) -> None:
        """A controller that was never there before gets the first input that nobody has, where any is welcome."""
        for name in self._controllers() if self._takes_all else ():
            free = [port.shortname for port in self._midi_in if not self._wanted.get(port.shortname)]
            if name not in self._seen and free:
                self._wanted[free[0]] = (name,)
            self._seen.add(name)

    def _join(self, port: Any) -> list[str]:
        """Connect a port of ours with what is there and was wanted; what was done, in words."""
        from jack import JackError  # there is a client, so it is installed

        short, told = port.shortname, []
        have = {other.name for other in self._client.get_all_connections(port)}
        self._learn(short, have)
        for name in self._wanted.get(short, ()):
            if name in have or not self._is_there(name):
                continue
            try:
                pair = (name, port) if port.is_input else (port, name)
                self._client.connect(*pair)
                have.add(name)
                told.append(f"{short} is connected with {name}")
            except JackError as error:
                told.append(f"{short} cannot be connected with {name}: {error}")
        if short.startswith(MIDI_IN):
            for name in sorted(have - self._joined.get(short, frozenset())):
                self._want_answer(short.replace(MIDI_IN, MIDI_OUT), name)
        self._joined[short] = frozenset(have)
        return told

    def _learn(self, short: str, have: set[str]) -> None:
        """What people have joined or parted since the last look is wanted so; what has gone with its port, still."""
        before = self._joined.get(short, frozenset())
        parted = {name for name in before - have
                  if not self.has_gone and self._is_there(name)}  # fmt: skip
        kept = [name for name in self._wanted.get(short, ()) if name not in parted]
        self._wanted[short] = (*kept, *sorted(have - before - set(kept)))

    def _want_answer(self, out: str, name: str) -> None:
        """A controller that has come to one of our inputs gets lights and faders by the output of the same number."""
        names = {name, *(alias for port in self._ports_called(name) for alias in port.aliases)}
        others = {one.replace("capture", "playback") for one in names} - names
        for other in self._client.get_ports(is_midi=True, is_input=True):
            if others & {other.name, *other.aliases} and other.name not in self._wanted.get(out, ()):
                self._wanted[out] = (*self._wanted.get(out, ()), other.name)

    def _name_players(self) -> None:
        """Call each MIDI input as what plays to it is called: so mappings know controllers. The last one stays."""
        for port in self._midi_in:
            names = [name for other in self._client.get_all_connections(port) for name in (other.name, *other.aliases)]
            if names:
                self._played_by[port.shortname] = ", ".join(names)

    def _controllers(self) -> list[str]:
        return [port.name for port in self._client.get_ports(is_midi=True, is_physical=True, is_output=True)]

    def _ports_called(self, name: str) -> list[Any]:
        ports: list[Any] = self._client.get_ports(f"^{_quoted(name)}$")
        return ports

    def _is_there(self, name: str) -> bool:
        return bool(self._ports_called(name))


def _quoted(name: str) -> str:
    """A port's name as a pattern of JACK's, in which some letters mean more than themselves."""
    return "".join(f"\\{letter}" if letter in r"\.[]()*+?{}|^$" else letter for letter in name)
