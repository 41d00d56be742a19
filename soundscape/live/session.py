"""A show that is played: engine, device, desk and journal, held together by one loop.

The loop runs in a thread that does not touch the audio: what is late there is written down, never waited for.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from soundscape.engine.body import Body, Told
from soundscape.engine.kernels import body as of
from soundscape.engine.player import Player
from soundscape.engine.voices import QUANTUM
from soundscape.live.actions import Action, Note, Panic, Stop
from soundscape.live.controls import Control
from soundscape.live.desk import Desk
from soundscape.live.device import Device
from soundscape.live.journalwriter import JournalWriter
from soundscape.live.mixer import Mixer
from soundscape.live.performance import Performance
from soundscape.live.returning import Returning
from soundscape.live.show import Show
from soundscape.live.sound import number_of
from soundscape.live.tape import Tape
from soundscape.live.transport import Transport
from soundscape.units import level_of

LEAD_S = 5.0
"""The score is given to the engine so far ahead."""
LEAST_LATENCY_S = 0.004
"""What Python needs, at least, from a message to its sound."""
MOST_AT_ONCE = 512
"""Controls that are answered in one turn of the loop; a flood waits for the next."""
N_SAID = 200
_WAIT_S = 0.05


@dataclass(slots=True)
class _Pending:
    """An action that was asked for, and is not taken yet; None where the stretches of a sound go on."""

    action: Action | None
    n_commands: int
    n_told: int = 0
    taken: int = -1


@dataclass
class Counts:
    """What went wrong, and what went on, since the doors opened."""

    late_starts: int = 0
    refused: int = 0
    dry: int = 0
    back: int = 0
    """Voices that had run dry, and came back."""
    poisoned: int = 0
    controls: int = 0
    dropped: int = 0


class Session:
    """A show on a device. A context manager: leaving it stops the device and closes journal and tape.

    Parameters
    ----------
    show
        Everything that is played, loaded and warm.
    device
        Pulls `body`, and is not started yet.
    journal, tape
        Where the show is written down and recorded; None where it is not.
    tell
        Called with a line for people.
    """

    def __init__(self, show: Show, body: Body, device: Device, *, journal: JournalWriter | None = None,
                 tape: Tape | None = None, tell: Callable[[str], None] | None = None) -> None:  # fmt: skip
        self.show, self.body, self.device, self.journal, self.tape = show, body, device, journal, tape
        self.said: deque[tuple[int, str]] = deque(maxlen=N_SAID)
        self._tell = tell
        self.counts = Counts()
        self.player = Player(body)
        self.performance = Performance(self.player, show.recordings, show.source)
        block = device.block_frames
        # What arrives in one block sounds as much later, to the frame; so long that the next block can take it.
        self.latency_frames = max(block if block % QUANTUM == 0 else block + QUANTUM,
                                  -(-int(LEAST_LATENCY_S * body.rate_hz) // QUANTUM) * QUANTUM)  # fmt: skip
        self.returning = Returning(self.performance, self.latency_frames, self.say)
        roles = tuple(role.name for role in show.roles)
        self.desk = Desk(
            palette=show.palette, transport=Transport(show.events, body.rate_hz, tempo_bpm=show.tempo_bpm),
            mixer=Mixer(roles), cues=show.cues, max_voices={role.name: role.max_voices for role in show.roles},
            rate_hz=body.rate_hz, do=self.do, clock=lambda: body.clock, tell=self.say, block_frames=block,
            bending=show.bending,
        )  # fmt: skip
        self._waiting: deque[tuple[int, Control]] = deque()
        self._pending: deque[_Pending] = deque()
        self._taped = 0
        self._xruns = 0

    def __enter__(self) -> Session:
        # What was loaded stays: nothing of it is looked through again for what may be thrown away.
        gc.collect()
        gc.freeze()
        self.device.start()
        self.say(f"playing to {self.device.about}")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, control: Control, arrived_frame: int | None = None) -> None:
        """Take a control that arrived at a frame, or now; it sounds one constant latency later."""
        arrived = self.body.delivered if arrived_frame is None else arrived_frame
        self.counts.controls += 1
        self._waiting.append((arrived, control))

    def say(self, line: str) -> None:
        """Tell people something, and keep it for the view."""
        self.said.append((self.body.delivered, line))
        if self._tell is not None:
            self._tell(line)

    def do(self, action: Action) -> bool:
        """Do an action at the engine; it is written down with the frame at which the engine takes it."""
        before, clock = self.body.n_asked, self.body.clock
        if isinstance(action, Panic):
            self._settle()
        is_done = self.performance.do(action)
        n_commands = self.body.n_asked - before
        if is_done or isinstance(action, Note):
            self._pending.append(_Pending(action, n_commands, taken=-1 if n_commands else clock))
        elif n_commands == 0 and not isinstance(action, Stop):
            self.counts.refused += 1
        return is_done

    def step(self, timeout_s: float = _WAIT_S) -> None:
        """One turn of the loop: wait for a block, answer what has come, let the score go on, write down."""
        self.device.wait(timeout_s)
        self.turn()

    def turn(self) -> None:
        """What is done in a turn, without waiting; where the device runs free, it waits for this, and for the disk."""
        delivered = self.body.delivered
        if self.body.is_free:
            self.player.read(self.body.clock + self.device.block_frames + QUANTUM)
        for _ in range(min(len(self._waiting), MOST_AT_ONCE)):
            arrived, control = self._waiting.popleft()
            self.desk.answer(control, arrived + self.latency_frames)
        clock = self.body.clock
        self.desk.tend(clock + self.latency_frames, clock + int(LEAD_S * self.body.rate_hz))
        self._go_on()
        for action in self.returning.due(self.body.clock):
            self.counts.back += self.do(action)
        self._forget()
        self._write_down()
        self._record()
        if (n_xruns := self.device.n_xruns) > self._xruns:
            self.say(f"{n_xruns - self._xruns} blocks were missed by {self.device.about}")
            self._xruns = n_xruns
        self.body.catch_up(delivered)

    def close(self) -> None:
        """Stop the device, write the last of journal and tape."""
        self.device.close()
        self._go_on()
        self._write_down(is_last=True)
        self._record()
        self.player.close()
        audio_id = ""
        if self.tape is not None:
            self.tape.close()
            audio_id = self.tape.audio_id
        if self.journal is not None:
            self.journal.close(self.body.delivered, audio_id)

    def _go_on(self) -> None:
        """Let the sounds go on that are begun."""
        before = self.body.n_asked
        told = self.performance.tend()
        self._hear(told)
        if self.body.n_asked > before:
            self._pending.append(_Pending(None, self.body.n_asked - before))

    def _settle(self) -> None:
        """Before everything is silenced: what was asked before is not undone by it."""
        self.body.send()

    def _hear(self, told: Iterable[Told]) -> None:
        """Match what the engine has told with what was asked, in order; what it tells by itself becomes an action."""
        for one in told:
            if one.kind == of.RAN_DRY:
                sound, voice = number_of(one.voice)
                self.counts.dry += 1
                self._write(one.taken, Stop(sound, max(0, one.frame), QUANTUM, voice))
                continue
            if one.kind == of.POISONED:
                self.counts.poisoned += 1
                self._write(one.taken, Panic(one.frame))
                self.performance.forget_all()
                self.say("something in the mix was no number: everything was silenced and goes on")
                continue
            if one.late_frames > 0 and one.kind == of.STARTED:
                self.counts.late_starts += 1
            self._match(one.taken)

    def _match(self, taken: int) -> None:
        """The next command that was asked was taken."""
        for pending in self._pending:
            if pending.n_told < pending.n_commands:
                pending.n_told += 1
                pending.taken = taken if pending.taken < 0 else pending.taken
                return

    def _write_down(self, *, is_last: bool = False) -> None:
        """Write the actions that were taken to the journal, in their order."""
        while self._pending and (self._pending[0].n_told >= self._pending[0].n_commands or is_last):
            pending = self._pending.popleft()
            if pending.taken >= 0 and pending.action is not None:
                self._write(pending.taken, pending.action)

    def _write(self, frame: int, action: Action) -> None:
        if self.journal is not None:
            self.journal.append(frame, action)

    def _record(self) -> None:
        if self.tape is None or self.body.delivered == self._taped:
            return
        block, n_lost = self.body.heard(self._taped)
        if n_lost:
            self.tape.write(np.zeros((n_lost, self.body.n_channels), np.float32))
            self.say(f"{n_lost} frames were not recorded: the loop was late")
        self.tape.write(block)
        self._taped += n_lost + len(block)

    def _forget(self) -> None:
        for held in self.desk.held:
            if held.sound not in self.performance.sounds:
                self.desk.forget(held.sound)
        for sound in list(self.desk.transport.sounds):
            if sound not in self.performance.sounds:
                self.desk.forget(sound)

    def status(self) -> dict[str, Any]:
        """How everything stands, for a view: plain values."""
        body, desk = self.body, self.desk
        load, mix, rate = body.load, desk.mixer.mix, body.rate_hz
        meters = body.meters.copy()
        body.meters[:] = 0.0
        per_block_ns = max(1, self.device.block_frames) * 1_000_000_000 / rate
        sounding: dict[str, int] = {}
        for sound in self.performance.sounds.values():
            sounding[sound.role] = sounding.get(sound.role, 0) + 1
        return {
            "time_s": body.delivered / rate, "frame": body.delivered, "title": self.show.title,
            "score_s": desk.transport.place(body.delivered) / rate, "score_length_s": self.show.duration_s,
            "is_playing": desk.transport.is_playing, "cue": desk.last_cue,
            "next_cue": desk.next_cue.name if desk.next_cue else "",
            "next_note": desk.next_cue.note if desk.next_cue else "", "n_voices": self.player.n_sounding,
            "roles": [{"name": role, "level_db": mix.levels_db.get(role, 0.0), "muted": role in mix.muted,
                       "soloed": role in mix.soloed, "heard_db": mix.heard_db(role),
                       "sounding": sounding.get(role, 0)} for role in desk.mixer.roles],
            "master_db": mix.levels_db.get("", 0.0), "layout": body.renderer.layout.name,
            "channels": [speaker.name for speaker in body.renderer.layout.speakers],
            "ceiling_db": body.settings.ceiling_db,
            "peaks_db": [level_of(float(peak)) for peak in meters[:, 0]],
            "load": load.spent_ns / max(1, load.n_calls) / per_block_ns, "worst": load.worst_ns / per_block_ns,
            "late_blocks": load.n_late, "xruns": self.device.n_xruns, "late_starts": self.counts.late_starts,
            "refused": self.counts.refused, "dry": self.counts.dry, "back": self.counts.back,
            "poisoned": self.counts.poisoned,
            "latency_ms": (self.latency_frames + body.latency_frames + self.device.latency_frames) / rate * 1000.0,
            "controls": self.counts.controls, "waiting": len(self._waiting), "device": self.device.about,
            "lost": self.device.lost, "journal": str(self.journal.path) if self.journal else "",
            "trouble": " ".join(filter(None, (self.journal.trouble if self.journal else "",
                                              self.tape.trouble if self.tape else ""))),
            "standby": desk.standby,
            "going_round": sorted({(held.pad.role, held.pad.pitch, held.pad.trigger) for held in desk.held
                                   if held.is_down and held.pad.trigger in ("toggle", "loop")}),
            "snapshots": list(desk.mixer.kept), "memory_mb": _memory_mb(),
        }  # fmt: skip


def _memory_mb() -> float:
    """Memory of this process that is in use."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0
