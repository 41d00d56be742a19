"""A show that is played from Python: GO, pads and time by code, on any device, written down like any other show."""

from __future__ import annotations

from collections import deque
from itertools import count
from pathlib import Path
from typing import Self

from soundscape.apps.settings import Settings, load_settings
from soundscape.apps.shows import prepare
from soundscape.engine.voices import QUANTUM
from soundscape.errors import PieceError
from soundscape.live.controls import Control, Go, Pad, Press, Release, Trigger
from soundscape.live.device import DEVICES, Asked, open_device
from soundscape.live.journalwriter import JournalWriter
from soundscape.live.session import Session
from soundscape.live.tape import Tape
from soundscape.space.layout import Layout
from soundscape.space.tables import nearest_name
from soundscape.units import frame_at


class Playing:
    """A show that goes on while `play` is called. A context manager: leaving it ends the show.

    Made by `perform`.

    Parameters
    ----------
    session
        Not entered yet.
    journal
        Where the show is written down.
    is_clocked
        Whether its device keeps time by itself.
    """

    def __init__(self, session: Session, journal: Path, *, is_clocked: bool) -> None:
        self.session, self.journal, self._is_clocked = session, journal, is_clocked
        self._fingers = count(1)

    def __enter__(self) -> Self:
        self.session.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    @property
    def roles(self) -> tuple[str, ...]:
        """What can be pressed."""
        return tuple(role.name for role in self.session.show.roles)

    @property
    def said(self) -> deque[tuple[int, str]]:
        """What the show has said: frames and lines, the latest last."""
        return self.session.said

    def ask(self, *controls: Control) -> None:
        """Ask for anything that hands can ask for (`soundscape.live.controls`), now."""
        for control in controls:
            self.session.ask(control)

    def go(self, cue: str = "") -> None:
        """Fire the cue that is next, or the one of this name."""
        self.ask(Go(cue))

    def press(self, role: str, pitch: int = 60, *, velocity: int = 100, trigger: Trigger = "one-shot") -> str:
        """Press a pad; the finger it is pressed by, for `release`.

        Parameters
        ----------
        pitch, velocity : 0 to 127, 1 to 127

        Raises
        ------
        PieceError
            If the piece has no such role.
        """
        if role not in self.roles:
            meant = nearest_name(role, self.roles)
            raise PieceError(f"there is no role {role!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                             hint=f"roles: {', '.join(self.roles)}")  # fmt: skip
        finger = f"code/{next(self._fingers)}"
        self.ask(Press(Pad(role, pitch, trigger), velocity, finger))
        return finger

    def release(self, finger: str) -> None:
        """Lift a finger."""
        self.ask(Release(finger))

    def play(self, seconds: float) -> None:
        """Let the show go on for so long, to the next whole block."""
        session, body = self.session, self.session.body
        until = body.delivered + frame_at(seconds, body.rate_hz)
        while body.delivered < until and not session.device.lost:
            if not self._is_clocked:  # nothing else gives the reader of the sounds its time
                session.player.read(body.clock + session.device.block_frames + QUANTUM)
            session.step()


def perform(piece: Path | str, catalogue: Path | str, *, journal: Path | str, record: Path | str | None = None,
            device: str = "fast", layout: Layout | None = None, seed: int | None = None,
            settings: Settings | None = None) -> Playing:  # fmt: skip
    """A show, loaded and ready to be played by code.

    Parameters
    ----------
    piece
        A piece (.toml), a score (.mid) or an arrangement (.json).
    journal
        Where it is written down; where that name is taken, a number is added: see `Playing.journal`.
    record
        A WAV file of what is heard, all channels; None: nothing is recorded.
    device
        As of `soundscape perform`: `fast` is silent, and as fast as the machine; `null` is silent, and keeps time.
    layout, seed
        Others than the piece's own.
    settings
        None: those of the machine.

    Raises
    ------
    SoundscapeError
        If something of it is missing or wrong, the device cannot be opened, or a file cannot be made.

    Examples
    --------
    >>> import tempfile, soundscape as sc
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = Path(name)
    ...     take = sc.shipped("recordings") / "gate_bolt.flac"
    ...     catalogue = sc.ingest([take], folder / "hall.catalogue", n_workers=1).open()
    ...     bolt = catalogue.matching("gates")[0]
    ...     takes = tuple(catalogue.recordings.values())
    ...     night = sc.Arrangement((sc.Event(1.0, bolt.duration_s, bolt, "bolt"),), takes)
    ...     sc.save_arrangement(night, folder / "night.json")
    ...     mine = sc.Settings(cache=str(folder / "cache"))
    ...     with sc.perform(folder / "night.json", folder / "hall.catalogue", journal=folder / "night.journal",
    ...                     record=folder / "night.wav", layout=sc.load_layout("stereo"), settings=mine) as show:
    ...         show.go()
    ...         show.play(1.5)
    ...         finger = show.press("bolt", velocity=90)
    ...         show.play(1.0)
    ...     mix, told = sc.render_journal(show.journal, folder / "again.wav", mine)
    >>> told
    ('the same bits as were recorded in the show',)
    """
    chosen = settings or load_settings()
    prepared = prepare(Path(piece), Path(catalogue), chosen, layout=layout, seed=seed)
    body, row = prepared.body, DEVICES.get(device.partition(":")[0])
    opened = open_device(body, Asked(device))
    writer = JournalWriter(Path(journal), prepared.header)
    tape = Tape(Path(record), body.n_channels, chosen.rate_hz, body.renderer.layout) if record is not None else None
    session = Session(prepared.show, body, opened, journal=writer, tape=tape)
    return Playing(session, writer.path, is_clocked=row is None or row.is_clocked)
