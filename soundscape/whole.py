"""Files that appear under their name only when they are whole."""

from __future__ import annotations

import atexit
import errno
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from soundscape.errors import OutputError

_WHY = {
    errno.ENOSPC: ("the disk is full", "free some space, or choose another disk"),
    errno.EDQUOT: ("the quota is used up", "free some space, or choose another disk"),
    errno.EFBIG: ("files may not become so large there", "choose another disk, or raise the limit (ulimit -f)"),
    errno.EACCES: ("no permission to write there", "choose another folder"),
    errno.EPERM: ("no permission to write there", "choose another folder"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.ENOENT: ("the folder does not exist", "make the folder first"),
    errno.ENOTDIR: ("a part of the path is a file", "choose another folder"),
    errno.EISDIR: ("it is a folder", "name a file in it"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
}

_unfinished: set[Path] = set()
"""Temporary files that exist or are about to: a signal can strike where no `finally` has begun."""


def output_error(path: Path, error: OSError) -> OutputError:
    """What to tell a user about a file that could not be written."""
    why, hint = _WHY.get(error.errno or 0, (error.strerror or str(error), "choose another place"))
    return OutputError(f"cannot write {path}: {why}", hint=hint)


@contextmanager
def whole_file(path: Path, *, is_lasting: bool = True) -> Iterator[Path]:
    """Give a temporary path in the same folder; it takes the name `path` on a clean exit, and is removed on any other.

    A link keeps pointing where it did: what it points to is written. What is not `is_lasting` can be made again: it may
    be torn when the power goes, and nobody waits until the disk has it.

    Raises
    ------
    OutputError
        If the place cannot be written, or holds what is no file (a device such as `/dev/null`, a pipe).
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise OutputError(f"cannot write {path}: it is no ordinary file", hint="name a file; a result is no stream")
        path = path.resolve() if path.is_symlink() else path
    except OSError as error:
        raise output_error(path, error) from error
    temporary = path.parent / f".{path.stem[:40]}-{secrets.token_hex(6)}{path.suffix}"
    _unfinished.add(temporary)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        yield temporary
        _keep(temporary, path, is_lasting=is_lasting)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        _discard(temporary)


def _discard(temporary: Path) -> None:
    with suppress(OSError):  # in a folder that cannot be entered it was never made
        temporary.unlink(missing_ok=True)
    _unfinished.discard(temporary)


@atexit.register
def _discard_all() -> None:
    for temporary in tuple(_unfinished):
        _discard(temporary)


def _keep(temporary: Path, path: Path, *, is_lasting: bool) -> None:
    if is_lasting:
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
    mask = os.umask(0)
    os.umask(mask)
    temporary.chmod(0o666 & ~mask)
    os.replace(temporary, path)


def numbered(path: Path) -> Iterator[Path]:
    """The path, then its siblings with numbers: names to try for what may replace nothing.

    Examples
    --------
    >>> names = numbered(Path("show.wav"))
    >>> [str(next(names)) for _ in range(3)]
    ['show.wav', 'show-2.wav', 'show-3.wav']
    """
    yield path
    for number in count(2):
        yield path.with_stem(f"{path.stem}-{number}")


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def folder_to_write(path: Path) -> Path:
    """Make a folder for results if it is not there, and show that it can be written."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path)
        os.close(handle)
        Path(name).unlink()
    except FileExistsError as error:
        raise OutputError(f"cannot write {path}: it is a file", hint="name a folder") from error
    except OSError as error:
        raise output_error(path, error) from error
    return path
