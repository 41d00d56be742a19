"""The desk of a show: what performers ask for becomes actions, at frames.

It knows pads, cues, the score and the mix, and neither protocols nor devices. Given the same controls at the same
frames it does the same actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from soundscape.arrangement.event import Event
from soundscape.engine.voices import GRID
from soundscape.live import controls as ask
from soundscape.live.actions import Action, Level, Note, Panic, Play, Shape, Stop
from soundscape.live.cues import Cue
from soundscape.live.mixer import MASTER, Mixer
from soundscape.live.palette import Palette
from soundscape.live.transport import Transport
from soundscape.units import frame_at

GUARD_S = 0.5
"""A second GO within this time is a slip of the hand."""
CHOKE_S, STEAL_S, RELEASE_S, HALT_S = 0.02, 0.05, 0.12, 0.1
SHAPE_FRAMES = GRID
AGAIN_S = 0.02


@dataclass(slots=True)
class Held:
    """A sound that hands began."""

    sound: int
    pad: ask.Pad
    finger: str
    frame: int
    fade_frames: int
    is_down: bool = True


@dataclass
class Desk:
    """State of a show, and how it answers.

    Parameters
    ----------
    do
        Does an action at the engine, and writes it down; whether anything was done.
    clock
        Frame that the engine will mix next.
    """

    palette: Palette
    transport: Transport
    mixer: Mixer
    cues: tuple[Cue, ...]
    max_voices: Mapping[str, int]
    rate_hz: int
    do: Callable[[Action], bool]
    clock: Callable[[], int]
    tell: Callable[[str], None]
    block_frames: int = 256
    bending: frozenset[str] = frozenset()
    """Roles whose sounds may be bent while they sound; that costs more than a sound that may not."""
    standby: int = 0
    last_cue: str = ""
    _n_sounds: int = 0
    _last_go: int = -(1 << 40)
    _held: dict[int, Held] = field(default_factory=dict)
    _follows: list[tuple[int, str]] = field(default_factory=list)
    _roles_shaped: dict[tuple[str, ask.Axis], float] = field(default_factory=dict)
    _levelled: dict[str, float] = field(default_factory=dict)

    def answer(self, control: ask.Control, frame: int) -> None:
        """Answer what was asked, to be heard at `frame`."""
        match control:
            case ask.Press():
                self._press(control, frame)
            case ask.Release():
                self._release(control.finger, frame)
            case ask.Shape():
                self._shape(control)
            case ask.Go():
                self._go(control, frame)
            case ask.Standby():
                self._stand_by(control)
            case ask.Transport():
                self._move(control, frame)
            case ask.Beat():
                self.transport.hear_beat(control.beat, control.tempo_bpm, frame)
            case ask.Chase():
                self._chase(control, frame)
            case ask.Panic():
                self._panic()
            case ask.FadeAll():
                self._fade_all(control.over_s, frame)
            case _:
                self._mix(control)

    def tend(self, frame: int, until: int) -> None:
        """Let the score play up to a frame, and cues follow that are due."""
        for due, name in [one for one in self._follows if one[0] <= frame]:
            self._follows.remove((due, name))
            self._fire(name, frame)
        for event, origin in self.transport.due(until):
            if (number := self._begin(event, origin)) >= 0:
                self.transport.sounds.add(number)

    def forget(self, sound: int) -> None:
        """A sound is over."""
        self._held.pop(sound, None)
        self.transport.sounds.discard(sound)

    def release_all(self, finger_prefix: str, frame: int) -> int:
        """Lift every finger whose name begins so: a controller is gone. How many they were."""
        fingers = {
            held.finger for held in self._held.values() if held.is_down and held.finger.startswith(finger_prefix)
        }
        for finger in fingers:
            self._release(finger, frame)
        return len(fingers)

    @property
    def held(self) -> tuple[Held, ...]:
        """What hands have begun and is not over."""
        return tuple(self._held.values())

    @property
    def next_cue(self) -> Cue | None:
        """What GO does."""
        return self.cues[self.standby] if self.standby < len(self.cues) else None

    def _press(self, press: ask.Press, frame: int) -> None:
        pad = press.pad
        if pad.trigger in ("toggle", "loop"):
            playing = [held for held in self._held.values() if held.pad == pad and held.is_down]
            if playing:
                for held in playing:
                    self._let_go(held, frame)
                return
        if pad.quantise_beats > 0.0:
            frame = self.transport.next_beat(frame, pad.quantise_beats)
        event = self.palette.event(pad, press.velocity, frame / self.rate_hz, bends=pad.role in self.bending)
        if event is None:
            self.tell(f"a pad wants role {pad.role!r}, which has no sounds ready")
            return
        if pad.choke:
            for held in list(self._held.values()):
                if held.pad.choke == pad.choke:
                    self._stop(held.sound, frame, CHOKE_S)
        mine = [held for held in self._held.values() if held.pad.role == pad.role]
        for held in mine[: max(0, len(mine) - self.max_voices.get(pad.role, 16) + 1)]:
            self._stop(held.sound, frame, STEAL_S)
        sound = self._begin(event, 0)
        if sound >= 0:
            fade = frame_at(max(event.fade_out_s, RELEASE_S), self.rate_hz)
            self._held[sound] = Held(sound, pad, press.finger, frame, fade)

    def _begin(self, event: Event, origin_frame: int) -> int:
        """Begin a sound; its number, -1 where there was no room."""
        number = self._n_sounds
        shaped = {axis: value for (role, axis), value in self._roles_shaped.items() if role == event.role}
        if not self.do(Play(number, event, origin_frame)):
            if origin_frame or event.start_s * self.rate_hz + origin_frame > self.clock():
                self.do(Note(f"no room for a sound of {event.role}"))
                self.tell(f"no room for a sound of {event.role!r}: too much sounds at once")
            return -1
        self._n_sounds += 1
        for axis, value in shaped.items():
            self.do(Shape(number, self._shape_frame(), axis, value))
        return number

    def _release(self, finger: str, frame: int) -> None:
        for held in list(self._held.values()):
            if held.finger == finger and held.is_down and held.pad.trigger == "hold":
                self._let_go(held, frame)

    def _let_go(self, held: Held, frame: int) -> None:
        held.is_down = False
        # A tap that is let go before its sound has begun is heard all the same, for as long as it lasted.
        self.do(Stop(held.sound, max(frame, held.frame + frame_at(AGAIN_S, self.rate_hz)), held.fade_frames))

    def _stop(self, sound: int, frame: int, fade_s: float) -> None:
        self.do(Stop(sound, max(0, frame), max(1, frame_at(fade_s, self.rate_hz))))
        if sound in self._held:
            self._held[sound].is_down = False

    def _shape_frame(self) -> int:
        """First row of the grid that can still be written before it is read."""
        return -(-(self.clock() + self.block_frames + SHAPE_FRAMES) // GRID) * GRID

    def _shape(self, shape: ask.Shape) -> None:
        frame = self._shape_frame()
        if shape.role:
            self._roles_shaped[shape.role, shape.axis] = shape.value
        for held in self._held.values():
            if (shape.role and held.pad.role == shape.role) or (shape.finger and held.finger == shape.finger):
                self.do(Shape(held.sound, frame, shape.axis, shape.value))

    def _go(self, go: ask.Go, frame: int) -> None:
        name = go.cue or (self.next_cue.name if self.next_cue else "")
        if frame - self._last_go < frame_at(GUARD_S, self.rate_hz):
            self.tell(f"GO was ignored: the last one was less than {GUARD_S:g} s before")
            return
        if not name:
            self.tell("GO: there is no further cue")
            return
        self._last_go = frame
        self._fire(name, frame)

    def _fire(self, name: str, frame: int) -> None:
        places = [n for n, cue in enumerate(self.cues) if cue.name == name or str(n + 1) == name]
        if not places:
            self.tell(f"there is no cue {name!r}")
            return
        cue, self.standby, self.last_cue = self.cues[places[0]], places[0] + 1, self.cues[places[0]].name
        self.do(Note(f"cue {cue.name}"))
        self.tell(f"cue {cue.name}")
        for control in cue.does:
            self.answer(control, frame)
        if cue.follow_s is not None and self.next_cue is not None:
            self._follows.append((frame + frame_at(cue.follow_s, self.rate_hz), self.next_cue.name))

    def _stand_by(self, control: ask.Standby) -> None:
        names = [cue.name for cue in self.cues]
        if control.cue:
            if control.cue not in names:
                self.tell(f"there is no cue {control.cue!r}")
                return
            self.standby = names.index(control.cue)
        self.standby = min(max(0, self.standby + control.by), len(self.cues))

    def _move(self, control: ask.Transport, frame: int) -> None:
        if control.does == "play":
            self.transport.play(frame)
        elif control.does == "stop":
            self._halt(frame)
        else:
            was_playing = self.transport.is_playing
            self._halt(frame)
            self.transport.locate(control.to_s if control.to_beat is None else self.transport.time_of(control.to_beat))
            if was_playing:
                self.transport.play(frame)

    def _halt(self, frame: int) -> None:
        for sound in sorted(self.transport.stop(frame)):
            self._stop(sound, frame, HALT_S)

    def _chase(self, chase: ask.Chase, frame: int) -> None:
        if not chase.is_running:
            self._halt(frame)
            self.transport.locate(chase.at_s)
        elif self.transport.is_off(chase.at_s, frame):
            self._halt(frame)
            self.transport.locate(chase.at_s)
            self.transport.play(frame)

    def _panic(self) -> None:
        n_silenced = len(self._held) + len(self.transport.sounds)
        self.transport.stop(self.clock())
        self.transport.sounds.clear()
        self._held.clear()
        self._follows.clear()
        self.do(Panic(self.clock()))
        self.tell(f"panic: {n_silenced} sounds were silenced")

    def _fade_all(self, over_s: float, frame: int) -> None:
        self._follows.clear()
        sounds = {*self.transport.stop(frame), *self._held}
        for sound in sorted(sounds):
            self._stop(sound, frame, over_s)
        self.tell(f"{len(sounds)} sounds fade out over {over_s:g} s")

    def _mix(self, control: ask.Control) -> None:
        over_s, name = AGAIN_S, ""
        match control:
            case ask.Level():
                over_s, name = control.over_s, control.role
                is_known = self.mixer.level(control.role, control.level_db)
            case ask.Mute():
                name, is_known = control.role, self.mixer.mute(control.role, control.on)
            case ask.Solo():
                name, is_known = control.role, self.mixer.solo(control.role, control.on)
            case ask.Undo():
                self.tell("the last change is taken back" if self.mixer.undo() else "there is nothing to take back")
                is_known = True
            case ask.Snapshot():
                over_s, name = control.over_s, control.name
                is_known = self.mixer.recall(control.name) if control.recall else True
                if not control.recall:
                    self.mixer.keep(control.name)
            case _:
                return
        if not is_known:
            self.tell(f"there is no {'snapshot' if isinstance(control, ask.Snapshot) else 'role'} {name!r}")
        self._bring(over_s)

    def _bring(self, over_s: float) -> None:
        """Bring every role whose level is another now to it."""
        for role in (MASTER, *self.mixer.roles):
            level_db = self.mixer.mix.heard_db(role)
            if level_db != self._levelled.get(role, 0.0):
                self._levelled[role] = level_db
                self.do(Level(role, self.clock(), level_db, max(GRID // 8, frame_at(over_s, self.rate_hz))))
