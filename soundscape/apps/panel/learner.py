"""Learning from corrections while the page goes on: in a thread of its own, and all that came meanwhile at once."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Thread

from soundscape.apps.panel.rows import Row, learned_row
from soundscape.catalogue.store import Store
from soundscape.errors import SoundscapeError

PATIENCE_S = 120.0
"""How long to wait for whoever writes into the catalogue."""


class Learner:
    """Learns whenever that is asked for, until it is closed. A context manager.

    Parameters
    ----------
    catalogue
        The file.
    say
        Takes a line about what went wrong, in another thread.
    """

    def __init__(self, catalogue: Path, say: Callable[[str], None]) -> None:
        self._catalogue, self._say = catalogue, say
        self._turn = Condition()
        self._n_asked, self._n_done, self._is_closed = 0, 0, False
        self._last: Row = {}
        self._thread = Thread(target=self._go_on, name="learner", daemon=True)
        self._thread.start()

    def __enter__(self) -> Learner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self) -> None:
        """Something was corrected."""
        with self._turn:
            self._n_asked += 1
            self._turn.notify_all()

    def row(self) -> Row:
        """Whether it learns now, of how many corrections it has learned, and what came of the last."""
        with self._turn:
            return {"is_learning": self._n_done < self._n_asked, "n_learned": self._n_done, "last": self._last}

    def close(self) -> None:
        """Learn what is left to learn, and end."""
        with self._turn:
            self._is_closed = True
            self._turn.notify_all()
        self._thread.join()

    def _go_on(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._n_done < self._n_asked or self._is_closed)
                if self._n_done >= self._n_asked:
                    return
                n_asked = self._n_asked
            last = self._learned()
            with self._turn:
                self._n_done, self._last = n_asked, last

    def _learned(self) -> Row:
        from soundscape.analysis.learning import learn  # loads scipy

        try:
            with Store(self._catalogue, timeout_s=PATIENCE_S) as store:
                return learned_row(store, learn(store))
        except SoundscapeError as error:
            return {"error": str(error), "hint": error.hint}
        except Exception as error:
            self._say("".join(traceback.format_exception(error)))
            return {"error": "learning failed, and that is our fault; the correction is kept",
                    "hint": "the terminal that the page was started from says more"}  # fmt: skip
