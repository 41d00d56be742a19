"""How the exhibit is, over HTTP; and a door for buttons, with a token. Whatever comes in, the exhibit plays on.

===============================  =======================================================================================
`GET /`                          the page for staff; it says nothing by itself, and asks the others
`GET /health`                    JSON; answered with 503 where nothing sounds that should
`GET /metrics`                   the same for Prometheus
`POST /trigger/NAME`             starts a trigger
`POST /profile/NAME?minutes=60`  changes the profile, for so long or until the doors close; `/profile/` alone
                                 goes back to the one on schedule
`POST /mood/NAME?value=0.4`      sets a slider of the mood, until the doors close or it is set anew
`POST /unlock`                   does nothing, for who has the token
===============================  =======================================================================================

A POST needs `Authorization: Bearer TOKEN`; beyond this machine a GET of what is told of an exhibit does too. Who means
another machine by its `Host` is not answered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from soundscape.exhibit.asked import check_token
from soundscape.exhibit.door import TOKEN_VARIABLE, Ask, Door
from soundscape.exhibit.hosts import Hosts
from soundscape.exhibit.listening import Listener
from soundscape.exhibit.wellbeing import Health

LOCAL_HOST, USUAL_PORT = "127.0.0.1", 53180


class HealthServer(Listener):
    """Listens until it is closed. A context manager.

    Parameters
    ----------
    health
        How it is, called in another thread, at any time.
    ask
        Takes what a button asks for, in another thread; it must not wait.
    names
        Triggers, profiles and sliders (`mood`) there are, by kind.
    token
        What a POST must bring; empty: then there are none.
    known_as
        Names that lead to it, beside those of the machine.

    Raises
    ------
    ExhibitError
        If it could be reached from elsewhere and has no token, the token is short, or it cannot listen there.
    """

    def __init__(self, health: Callable[[], Health], ask: Callable[[Ask], None], *, host: str = LOCAL_HOST,
                 names: Mapping[str, Collection[str]], port: int = USUAL_PORT, token: str = "",
                 known_as: Collection[str] = ()) -> None:  # fmt: skip
        hosts = Hosts(host, known_as)
        check_token(token, host, hosts, variable=TOKEN_VARIABLE)
        self.door = Door(health, ask, names, token, hosts=hosts)
        super().__init__(self.door.answer, host=host, port=port)
