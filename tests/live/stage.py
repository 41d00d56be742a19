"""A small show on a stage: three sounds, a short score, pads, and a session that plays it on a device."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.cast import Role
from soundscape.arrangement.event import Event
from soundscape.audio.pool import Pool
from soundscape.catalogue.segment import Recording, Segment
from soundscape.engine.body import Body
from soundscape.live.controls import Control, Pad
from soundscape.live.cues import Cue, usual_cues
from soundscape.live.device import Asked, open_device
from soundscape.live.journal import Header, Journal, read_journal
from soundscape.live.journalwriter import JournalWriter
from soundscape.live.palette import Palette, Slot
from soundscape.live.replay import replayed, settings_of
from soundscape.live.session import Session
from soundscape.live.show import Show
from soundscape.live.tape import Tape
from soundscape.space.layout import layout_named
from soundscape.space.renderer import Renderer, renderer_for
from soundscape.space.room import room_named
from soundscape.space.trajectory import Trajectory, point_at
from soundscape.units import Samples

RATE_HZ = 48_000
BLOCK = 256
SETTINGS = {"max_voices": 256, "arena_frames": 1 << 23}
LENGTHS_S = {"bell": 1.5, "gate": 1.0, "wind": 3.0}

LEFT, RIGHT = (Trajectory((0.0,), (point_at(azimuth_deg, 0.0, 2.0),)) for azimuth_deg in (30.0, -30.0))
ROUND = Trajectory((0.0, 4.0), (point_at(120.0, 20.0, 3.0), point_at(-100.0, 50.0, 2.0)))
ROLES = (Role("Bell", max_voices=4), Role("Gate", max_voices=4), Role("Wind", max_voices=2))
BELL, GATE = Pad("Bell", 60), Pad("Gate", 61)
HELD, TOGGLED, GOES_ROUND = Pad("Wind", 62, "hold"), Pad("Wind", 63, "toggle"), Pad("Wind", 64, "loop")


def takes(folder: Path) -> dict[str, Recording]:
    """The sounds, as files: a bell, a gate's creak, and wind."""
    rng, found = np.random.default_rng(8), {}
    for number, (name, length_s) in enumerate(LENGTHS_S.items()):
        at_s = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
        sound = 0.3 * np.sin(2 * np.pi * 440.0 * at_s) if name == "bell" else rng.uniform(-0.3, 0.3, len(at_s))
        fades = 1.0 if name == "wind" else np.exp(-2.0 * at_s)
        soundfile.write(folder / f"{name}.wav", sound * fades, RATE_HZ, subtype="FLOAT")
        key = str(number) * 32
        found[name] = Recording(key, str(folder / f"{name}.wav"), RATE_HZ, 1, len(at_s))
    return found


def event(recordings: dict[str, Recording], name: str, start_s: float = 0.0, path: Trajectory = LEFT,
          **more: object) -> Event:  # fmt: skip
    """One of the sounds, in the role of its name."""
    segment = Segment(name, recordings[name].id, 0.0, LENGTHS_S[name])
    given = {"duration_s": LENGTHS_S[name], "gain_db": -6.0, **more}
    return Event(start_s, segment=segment, role=name.title(), path=path, **given)  # type: ignore[arg-type]


def score(recordings: dict[str, Recording], room: str = "none") -> Arrangement:
    """Seven seconds, with everything that moves."""
    return Arrangement(
        (
            event(recordings, "wind", 0.1, ROUND, duration_s=6.5, loops=True, fade_in_s=0.5, fade_out_s=0.5),
            event(recordings, "bell", 0.35, RIGHT),
            event(recordings, "gate", 1.013, ROUND, speed=0.7, duration_s=1.3),
            event(recordings, "bell", 2.0, LEFT, gain_db=6.0),
            event(recordings, "gate", 2.51, RIGHT, gain_db=9.0),
            event(recordings, "bell", 4.75, ROUND, gain_db=-12.0),
        ),
        tuple(recordings.values()), title="A gate", layout="stereo", room=room, markers=((2.0, "Second bell"),),
    )  # fmt: skip


def palette(recordings: dict[str, Recording], pads: Iterable[Pad]) -> Palette:
    """One sound for each pad: bells to the left, gates to the right, wind from everywhere."""
    found = {}
    for pad in pads:
        name, paths = pad.role.lower(), {"Bell": LEFT, "Gate": RIGHT, "Wind": ROUND}
        more = {"duration_s": 3600.0, "loops": True, "fade_in_s": 0.05} if pad.role == "Wind" else {}
        found[Slot.of(pad)] = (event(recordings, name, 0.0, paths[pad.role], **more),)
    return Palette(found, {take.id: take for take in recordings.values()})


def show_in(folder: Path, *, pads: Iterable[Pad] = (), arrangement: Arrangement | None = None,
            cues: tuple[Cue, ...] | None = None) -> Show:  # fmt: skip
    """The show, loaded."""
    folder.mkdir(exist_ok=True)
    recordings = takes(folder)
    played = arrangement or score(recordings)
    given = usual_cues((at_s, word) for at_s, word in played.markers) if cues is None else cues
    show = Show(played, ROLES, palette(recordings, (BELL, GATE, HELD, TOGGLED, GOES_ROUND, *pads)), given,
                Pool(folder / "pool"), bending=frozenset({"Bell"}))  # fmt: skip
    show.load()
    return show


def latencies(times: np.ndarray, heard: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Frames from each note to its first sample; short sounds of noise, far apart."""
    n_frames, found = heard.shape[1], []
    at = (times[:, None] + np.arange(n_frames)).ravel()
    loud = at[np.abs(heard.reshape(len(at), -1)).max(axis=1) > 0.0]
    for frame in sent:
        after = loud[loud >= frame]
        found.append(int(after[0] - frame) if len(after) else 1 << 40)
    return np.array(found)


@dataclass
class Stage:
    """A session on a device, with journal and tape; what was heard of it is kept."""

    folder: Path
    show: Show
    layout: str = "stereo"
    room: str = "none"
    device: str = "fast"
    block: int = BLOCK
    reads_in_time: bool = True
    said: list[str] = field(default_factory=list)
    _heard: list[Samples] = field(default_factory=list)

    def __post_init__(self) -> None:
        header = Header(created_at="2026-01-01T20:00:00+00:00", title=self.show.title, layout=self.layout,
                        room=self.room, settings=SETTINGS, recordings=tuple(self.show.recordings.values()))  # fmt: skip
        self.body = Body(self.renderer(self.layout), rate_hz=RATE_HZ, room=room_named(self.room),
                         settings=settings_of(header))  # fmt: skip
        self.journal_writer = JournalWriter(self.folder / "show.journal", header)
        self.tape = Tape(self.folder / "show.wav", self.body.n_channels, RATE_HZ, layout_named(self.layout))
        self.session = Session(self.show, self.body, open_device(self.body, Asked(self.device, self.block)),
                               journal=self.journal_writer, tape=self.tape, tell=self.said.append)  # fmt: skip

    def __enter__(self) -> Stage:
        self.session.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    @staticmethod
    def renderer(layout: str) -> Renderer:
        """Renderer of a layout."""
        return renderer_for(layout_named(layout))

    @property
    def latency_frames(self) -> int:
        """From a control to its first sample in what is heard."""
        return self.session.latency_frames + self.body.latency_frames

    @property
    def frame(self) -> int:
        """Frames that were heard."""
        return self.body.delivered

    def ask(self, *controls: Control) -> int:
        """Ask for something, now; the frame at which it is heard."""
        at = self.frame
        for control in controls:
            self.session.ask(control)
        return at + self.latency_frames

    def play(self, n_frames: int) -> None:
        """Let the show go on for so long, sources read in time however busy the machine is."""
        until = self.frame + n_frames
        while self.frame < until:
            if self.reads_in_time:
                self.session.player.read(self.body.clock + self.block + 128)
            self.session.step()
            self._heard.append(self.body.block[: self.block].copy())

    def heard(self) -> Samples:
        """Everything so far: (n, n_channels)."""
        return np.concatenate(self._heard) if self._heard else np.zeros((0, self.body.n_channels), np.float32)

    def forget_heard(self) -> None:
        """Keep nothing of what was heard so far: a long show would fill the memory."""
        self._heard.clear()

    def journal(self) -> Journal:
        """What was written down."""
        return read_journal(self.journal_writer.path)

    def again(self, layout: str = "") -> Samples:
        """The journal played again: on the layout of the show, or on another."""
        return np.concatenate(list(self.replay(layout)))

    def replay(self, layout: str = "") -> Iterator[Samples]:
        """The same, block after block."""
        return replayed(self.journal(), self.renderer(layout or self.layout), self.show.source,
                        room=room_named(self.room))  # fmt: skip
