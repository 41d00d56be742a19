"""Open Sound Control: the same commands from QLab, TouchOSC, a lighting desk or a script.

===========================  =======================================================================================
address and arguments        does
===========================  =======================================================================================
/go [cue]                    the next cue, or the one of this name (text); also /go/CUE
/standby [cue or steps]      make a cue the next one, by name or so many further on; also /standby/CUE
/back                        make the cue before the next one
/panic                       silence, now
/fadeall [seconds]           fade everything out and stop it
/level role db [seconds]     level of a role
/fader role place            the same by the place of a fader, 0 to 1
/master db [seconds]         level of everything; /masterfader place
/mute role [0 or 1]          silence a role, or not; without a number the other way round
/solo role [0 or 1]          silence all others, or not
/pad role [pitch] velocity   press: 1 to 127 as whole numbers, or a fraction up to 1.0; 0 lets go. Last may come one
                             of one-shot, hold, toggle, loop
/release role [pitch]        let go
/azimuth role degrees        to the left; and /elevation, /distance (metres), /bend (semitones), /expression (dB)
/play, /stop                 the score
/locate seconds              the score, to there
/undo                        take back the last change
/snapshot name               keep levels, mutes and solos; also /snapshot/NAME
/recall name [seconds]       bring them back; also /recall/NAME
/lock                        from now on only /go, /stop, /fadeall, /panic and /release act
/unlock                      all act again, once it came twice within three seconds
===========================  =======================================================================================

A role may stand in the address, without spaces: `/mute/Great_bell 1`. Patterns (`?`, `*`, `[a-c]`, `[!a]`, `{go,stop}`)
reach all addresses they fit: `/mute/* 1`. What a button sends with its release, 0, does nothing where nothing is to be
set to 0. Bundles act at once, whatever their time. What cannot be understood is passed over, and told.
"""

from __future__ import annotations

import importlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

from soundscape.errors import ControllerError
from soundscape.live.controllers.messages import says_nothing
from soundscape.live.controllers.osc_commands import COMMANDS, Command, Fingers, Refused
from soundscape.live.controllers.osc_patterns import fits, is_pattern
from soundscape.live.controls import Control

MOST_NESTED, MOST_PER_PACKET, MOST_WAITING = 8, 256, 1024
MOST_BYTES = 65536
LOCAL_HOST, USUAL_PORT = "127.0.0.1", 53100
_POLL_S = 0.1
_TYPES = frozenset(b"ihfdsbrmtTFN[]")
_BUNDLE = b"#bundle\0"


class OscMessages:
    """Packets to messages, each an address and its arguments.

    Raises
    ------
    ControllerError
        If python-osc is not installed.
    """

    def __init__(self, tell: Callable[[str], None] = says_nothing) -> None:
        self._parse = _library()
        self._tell = tell

    def read(self, packet: bytes) -> Iterator[tuple[str, list[Any]]]:
        """What is in a packet, in order. Never raises: what it cannot understand is told and passed over."""
        for count, data in enumerate(_messages(packet)):
            if count == MOST_PER_PACKET:
                self._tell(f"osc: a packet of more than {MOST_PER_PACKET} messages; the rest was passed over")
                break
            try:
                message = self._parse(data) if _can_be_parsed(data) else None
            except Exception:  # whatever random bytes make a library do, the show goes on
                message = None
            if message is None or not isinstance(message.address, str):
                self._tell("osc: bytes that are no message were passed over")
                continue
            yield message.address, list(message.params)


class OscReader:
    """Packets to controls, for the roles of one piece.

    Raises
    ------
    ControllerError
        If python-osc is not installed.
    """

    def __init__(self, roles: Sequence[str], tell: Callable[[str], None] = says_nothing) -> None:
        self._messages = OscMessages(tell)
        self._tell = tell
        self._fingers = Fingers()
        self._roles = frozenset(roles)
        self._addresses: dict[str, tuple[Command, tuple[str, ...]]] = {}
        for name, command in COMMANDS.items():
            self._addresses[f"/{name}"] = command, ()
            if command.names == "role":
                for role in roles:
                    self._addresses[f"/{name}/{role.replace(' ', '_')}"] = command, (role,)

    def read(self, packet: bytes, time_s: float) -> list[Control]:
        """What a packet asks for, in order. Never raises: what it cannot understand is told and passed over."""
        out: list[Control] = []
        for address, arguments in self._messages.read(packet):
            out += self._answers(address, arguments)
        return out

    def _answers(self, address: str, arguments: list[Any]) -> list[Control]:
        found = self._commands(address)
        if not found:
            self._tell(f"osc: there is no {address[:80]!r}")
        out: list[Control] = []
        for command, named in found:
            try:
                given = [*named, *arguments]
                if command.names == "role" and given and isinstance(given[0], str):
                    given[0] = self._role(given[0])
                out += command.make(self._fingers, given)
            except Refused as error:
                self._tell(f"osc: {address[:80]}: {error}")
        return out

    def _commands(self, address: str) -> list[tuple[Command, tuple[str, ...]]]:
        if (row := self._addresses.get(address)) is not None:
            return [row]
        if is_pattern(address):
            return [row for known, row in self._addresses.items() if fits(address, known)]
        _, _, rest = address.partition("/")
        name, _, named = rest.partition("/")
        command = COMMANDS.get(name)
        return [(command, (named,))] if command and named and command.names in ("cue", "name") else []

    def _role(self, name: str) -> str:
        for known in (name, name.replace("_", " ")):
            if known in self._roles:
                return known
        raise Refused(f"there is no role {name[:80]!r}")


class OscServer:
    """Packets of a UDP port, fetched by a thread of their own, for whoever asks in time.

    A context manager. Only this machine can reach it unless `host` says otherwise: there is no password in OSC.

    Raises
    ------
    ControllerError
        If the port is taken, or the host is none of this machine's.
    """

    def __init__(
        self,
        host: str = LOCAL_HOST,
        port: int = USUAL_PORT,
        *,
        tell: Callable[[str], None] = says_nothing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._clock = tell, clock
        self._waiting: queue.Queue[tuple[float, bytes]] = queue.Queue(MOST_WAITING)
        self._is_open = True
        self._has_told = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except (OSError, OverflowError) as error:
            self._socket.close()
            what = getattr(error, "strerror", None) or str(error)
            raise ControllerError(f"cannot listen for OSC at {host}:{port}: {what}",
                                  hint="choose another port, or end the program that has it") from error  # fmt: skip
        self._socket.settimeout(_POLL_S)
        self._thread = threading.Thread(target=self._fetch, name="osc", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Port it listens at: of a free one that was asked for as 0, which it is."""
        return int(self._socket.getsockname()[1])

    def packets(self) -> Iterator[tuple[float, bytes]]:
        """(when it came, packet) for all that wait now, in order."""
        for _ in range(self._waiting.qsize()):
            yield self._waiting.get_nowait()

    def close(self) -> None:
        """Stop listening; packets that wait can still be had."""
        self._is_open = False
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> OscServer:
        """Itself: it listens already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.close()

    def _fetch(self) -> None:
        while self._is_open:
            try:
                packet, _ = self._socket.recvfrom(MOST_BYTES)
            except OSError:  # nothing came; or somebody we never wrote to says that nobody is there
                continue
            try:
                self._waiting.put_nowait((self._clock(), packet))
            except queue.Full:
                if not self._has_told:
                    self._has_told = True
                    self._tell(f"osc: more than {MOST_WAITING} packets wait; what comes now is dropped")


def _library() -> Callable[[bytes], Any]:
    """python-osc's reader of messages, loaded when it is needed."""
    try:
        parse: Callable[[bytes], Any] = importlib.import_module("pythonosc.osc_message").OscMessage
    except ImportError as error:
        raise ControllerError("OSC needs python-osc, which is not installed",
                              hint="pip install soundscape[live]") from error  # fmt: skip
    return parse


def _messages(packet: bytes, depth: int = 0) -> Iterator[bytes]:
    """Messages of a packet, those in bundles and in bundles of bundles as well."""
    if not packet.startswith(_BUNDLE):
        yield packet
        return
    at = len(_BUNDLE) + 8  # its time
    while depth < MOST_NESTED and at + 4 <= len(packet):
        size = int.from_bytes(packet[at : at + 4], "big")
        at += 4
        if size > len(packet) - at:
            yield b""  # says more than there is: told as no message
            return
        yield from _messages(packet[at : at + size], depth + 1)
        at += size


def _can_be_parsed(data: bytes) -> bool:
    """Whether all types of arguments are such as the library knows: it would write to the terminal about others."""
    end = data.find(b"\0")
    if not data.startswith(b"/") or end < 0:
        return False
    types = data[end // 4 * 4 + 4 :].split(b"\0", 1)[0]
    return not types or (types.startswith(b",") and _TYPES.issuperset(types[1:]))
