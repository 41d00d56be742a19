"""Where a command may write: never over what it reads, a take of the catalogue in use, or a file of another kind."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape.catalogue.store import Store
from soundscape.errors import OutputError

HEAD_BYTES = 4096
SOUND, PICTURE, TEXT, ARRANGEMENT = "a sound file", "a picture", "a text", "an arrangement"
FOREIGN = "a file of another kind"
FIRST_BYTES: tuple[tuple[bytes, str], ...] = (
    (rb"SQLite format 3\0", "a catalogue"),
    (rb"(RIFF|RF64|BW64)....WAVE|riff|fLaC|OggS|ID3|FORM....AIF[FC]|caff|\.snd|wvpk|MAC |....ftyp", SOUND),
    (rb"\xff[\xe2\xe3\xf0-\xf7\xfa\xfb]", SOUND),  # a frame of MP3 or AAC
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|%PDF", PICTURE),
    (rb"MThd|RIFF....RMID", "a score"),
    (rb"(?=.{0,200}soundscape arrangement)\s*\{", ARRANGEMENT),
)
"""How files begin, and what they are; what is none of these is a text, or of another kind."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a command writes: the endings of its name, and what it may replace, which is its own kind."""

    what: str
    endings: tuple[str, ...]
    replaces: str


MIX = Output("a mix", (".wav", ".flac"), SOUND)
WAVE = Output("a cleaned take", (".wav",), SOUND)
PNG = Output("a picture", (".png",), PICTURE)
CREDITS = Output("a page of credits", (".txt", ".csv"), TEXT)
CUES = Output("a sheet of cues", (".csv", ".txt"), TEXT)
SCALE = Output("a Scala scale", (".scl",), TEXT)
KEYS = Output("a Scala keyboard mapping", (".kbm",), TEXT)
DOCUMENT = Output("an arrangement", (".json",), ARRANGEMENT)
LABELS = Output("a file of labels", (".txt", ".textgrid", ".jams", ".tsv", ".csv"), TEXT)


def out_file(
    path: Path, output: Output, *read: Path | None, besides: Sequence[Path] = (), catalogue: Path | None = None
) -> Path:
    """Path of a file to write, once nothing that is not made again would be lost by it.

    Parameters
    ----------
    path
        The file that is asked for.
    output
        What is written to it.
    *read
        Files that are read for it.
    besides
        Files that are written too.
    catalogue
        The catalogue in use, which need not be there; neither it nor its takes are written over.

    Raises
    ------
    OutputError
        If the folder is missing, the path is one itself, a device, a file that is read, another output, or a take; if
        the ending is none of `output`, or a file of another kind lies there.
    """
    if any(_is_same(path, one) for one in besides):
        raise OutputError(f"cannot write {path}: two outputs have that name", hint="name another file for one of them")
    if any(_is_same(path, one) for one in (*read, catalogue) if one is not None):
        raise OutputError(f"cannot write {path}: it is read for this, and would be lost", hint="name another file")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder", hint="name a file in it, such as mix.wav")
    if path.exists() and not path.is_file():
        raise OutputError(f"cannot write {path}: it is no ordinary file", hint="name a file; a result is no stream")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no folder {path.parent}", hint="make the folder first")
    if path.suffix.lower() not in output.endings:
        endings = " or ".join(output.endings)
        raise OutputError(f"cannot write {path}: {output.what} ends in {endings}",
                          hint=f"name it {path.stem or 'new'}{output.endings[0]}")  # fmt: skip
    if path.exists():
        _refuse_loss(path, output, catalogue)
    return path


def _is_same(path: Path, other: Path) -> bool:
    """Whether two names are of one file, by links too, whether it is there or not."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return path.resolve() == other.resolve()


def _refuse_loss(path: Path, output: Output, catalogue: Path | None) -> None:
    there = what_lies(path)
    if there not in ("", output.replaces):
        raise OutputError(f"cannot write {path}: {there} lies there, and {output.what} would replace it",
                          hint="name another file, or move that one away")  # fmt: skip
    if there != SOUND or catalogue is None or not catalogue.is_file():
        return
    with Store(catalogue) as store:
        takes = store.paths()
    if any(_is_same(path, Path(take)) for take in takes):
        raise OutputError(f"cannot write {path}: it is a take of {catalogue}, and would be lost",
                          hint="name another file; takes stay as they are")  # fmt: skip


def what_lies(path: Path) -> str:
    r"""Kind of a file, by its first bytes; nothing of an empty one, which holds nothing to lose.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name, "take.wav")
    >>> for head in (b"fLaC\0", b"\x89PNG\r\n", b"title = 1", b"\0\1", b""):
    ...     n_bytes = file.write_bytes(head)
    ...     what_lies(file)
    'a sound file'
    'a picture'
    'a text'
    'a file of another kind'
    ''
    >>> folder.cleanup()
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return "a file that cannot be read"
    if not head:
        return ""
    known = (what for pattern, what in FIRST_BYTES if re.match(pattern, head, re.DOTALL))
    return next(known, TEXT if _is_text(head) else FOREIGN)


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
