"""The catalogue's page, served until it is closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Self

from soundscape.analysis.taggers.stronger import Stronger
from soundscape.apps.panel.desk import Desk
from soundscape.apps.panel.door import MOST_BODY_BYTES, TOKEN_VARIABLE, PanelDoor
from soundscape.apps.panel.learner import Learner
from soundscape.apps.panel.pages import HEADERS
from soundscape.exhibit.asked import check_token
from soundscape.exhibit.hosts import Hosts
from soundscape.exhibit.listening import Listener, Manners

LOCAL_HOST, USUAL_PORT = "127.0.0.1", 53181


class PanelServer:
    """Serves until it is closed; then it learns what is left to learn. A context manager.

    Parameters
    ----------
    catalogue
        The file.
    host, port
        Where to listen; port 0 is any that is free.
    token
        What everybody must bring; beyond this machine there must be one.
    known_as
        Names that lead here, beside those of the machine.
    models
        The user's own, which heard the recordings too.
    say
        Takes lines about what is our fault, in other threads.

    Raises
    ------
    CatalogueError
        If the file is missing or no catalogue.
    ExhibitError
        If it could be reached from elsewhere and has no token, the token is short, or it cannot listen there.
    """

    def __init__(
        self, catalogue: Path, *, host: str = LOCAL_HOST, port: int = USUAL_PORT, token: str = "",
        known_as: Collection[str] = (), models: Sequence[Stronger] = (), say: Callable[[str], None],
    ) -> None:  # fmt: skip
        hosts = Hosts(host, known_as)
        check_token(token, host, hosts, variable=TOKEN_VARIABLE)
        self.learner = Learner(catalogue, say)
        self.desk = Desk(catalogue, self.learner.ask, models)
        self.door = PanelDoor(self.desk, self.learner, hosts, token, say=say)
        self._listener = Listener(self.door.answer, host=host, port=port,
                                  manners=Manners(MOST_BODY_BYTES, reads_bodies=True, headers=HEADERS))  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Port it listens at."""
        return self._listener.port

    def close(self) -> None:
        """Stop listening, and learn what is left to learn."""
        self._listener.close()
        self.learner.close()
