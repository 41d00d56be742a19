"""Where the recordings and pieces that ship are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

from soundscape.errors import SoundscapeError

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str) -> Path:
    """Folder `recordings` or `scores` as it ships.

    Raises
    ------
    SoundscapeError
        If the installation lost it.
    """
    for folder in (_PACKAGE / "shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise SoundscapeError(f"the shipped {name} are not there", hint="install soundscape again")
