"""What a user can put right, as one tree of exceptions.

::

    SoundscapeError            the message says what, where and which value; the hint says what to do
    ├── AudioError             a sound file that cannot be read or written
    ├── LayoutError            a loudspeaker layout that does not exist or cannot work
    ├── ScoreError             a MIDI file that cannot be read
    ├── CatalogueError         a catalogue that is missing, locked, damaged or lacks what was asked for
    │   └── QueryError         a query that cannot be understood; knows the position
    ├── TaggerError            a model of the user's that cannot be used
    ├── PieceError             a piece (TOML) that is wrong, or a role that nothing can fill
    ├── ExhibitError           an exhibit's file or hours that are wrong, or a layer that nothing can fill
    ├── DeviceError            a sound card, server or port that is missing, or cannot do what is needed
    ├── JournalError           a journal of a show that is damaged, or none
    ├── ControllerError        a mapping of a controller that is wrong, or a protocol that is not installed
    └── OutputError            a place that cannot be written: full, read-only, already there

Wrong arguments from a programmer are `ValueError` or `TypeError`; they are not part of this tree.
Every message is one line, every hint is one line; the command line prints both and exits with 2.
"""

from __future__ import annotations


class SoundscapeError(Exception):
    """Something the user can put right. `hint` says how."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class AudioError(SoundscapeError):
    """A sound file that cannot be read or written."""


class LayoutError(SoundscapeError):
    """A loudspeaker layout that does not exist or cannot work."""


class ScoreError(SoundscapeError):
    """A MIDI file that cannot be read."""


class CatalogueError(SoundscapeError):
    """A catalogue that is missing, locked, damaged, or lacks what was asked for."""


class QueryError(CatalogueError):
    """A query that cannot be understood. `position` counts characters from 0."""

    def __init__(self, message: str, *, position: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


class TaggerError(SoundscapeError):
    """A model of the user's that cannot be used: no model, of another shape, with labels nobody knows."""


class PieceError(SoundscapeError):
    """A piece that is wrong, or a role that nothing in the catalogue can fill."""


class ExhibitError(SoundscapeError):
    """An exhibit file or its hours cannot be used as they are."""


class DeviceError(SoundscapeError):
    """A sound card, a server or a port that is missing, or cannot do what a show needs."""


class JournalError(SoundscapeError):
    """A journal of a show that is damaged, of another version, or none at all."""


class ControllerError(SoundscapeError):
    """A mapping of a controller that is wrong, or a protocol that is not installed."""


class OutputError(SoundscapeError):
    """A place that cannot be written."""
