"""A catalogue file while it is open, and transactions on it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from soundscape.catalogue.schema import open_database, remove_database, told


class Connection:
    """What a store does with its file apart from what is in it; see `soundscape.catalogue.store.Store`."""

    def __init__(self, path: str | os.PathLike[str], *, create: bool, timeout_s: float) -> None:
        self.path = Path(path)
        self._database = open_database(self.path, create=create, timeout_s=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the store cannot be used any more."""
        self._database.close()

    def close_and_remove_if_empty(self) -> None:
        """Let go of the file, which goes if there is no recording in it and nobody else has it open."""
        try:
            if not self._database.execute("SELECT count(*) FROM recordings").fetchone()[0]:
                self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
                # without its write-ahead log a catalogue can only be had alone
                if self._database.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete":
                    remove_database(self.path)
        except sqlite3.DatabaseError:  # in use, or too damaged to say: it stays
            pass
        finally:
            self.close()

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[sqlite3.Connection]:
        with told(self.path):
            self._database.execute(f"BEGIN {kind}")
            try:
                yield self._database
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
