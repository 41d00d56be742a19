"""Names under which a door may be called.

A page from elsewhere can have its own name lead to this machine, and a browser then takes the exhibit's answers for
that page's. Such a request still says whom it meant: a name that is not ours is not answered.

References
----------
RFC 9110, section 7.2: Host. Jackson, Barth, Bortz, Shao, Boneh, "Protecting browsers from DNS rebinding attacks",
ACM CCS 2007.
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import ip_address


class Hosts:
    """Whom a request may mean.

    Parameters
    ----------
    host
        Where a door listens: an address, or a name.
    names
        Further names that lead to it.

    Examples
    --------
    >>> here = Hosts("127.0.0.1")
    >>> [here.are_known(one) for one in ("127.0.0.1:53180", "localhost", "[::1]:80", "10.0.0.7", "a.example")]
    [True, True, True, False, False]
    """

    def __init__(self, host: str, names: Collection[str] = ()) -> None:
        self.is_local = is_loopback(host)
        """Whether only this machine can call."""
        own = {"localhost", *names}
        if not self.is_local:
            machine = socket.gethostname()
            own |= {host, machine, machine.partition(".")[0], f"{machine.partition('.')[0]}.local"}
        self._names = {name.lower() for name in own}

    def are_known(self, *headers: str) -> bool:
        """Whether all that a request says of whom it means, with a port or without, is this."""
        return all(self._is_known(_without_port(header.strip()).lower().rstrip(".")) for header in headers)

    def _is_known(self, name: str) -> bool:
        try:
            address = ip_address(name)
        except ValueError:
            return name in self._names
        return address.is_loopback or not self.is_local  # an address is nobody's own name


def is_loopback(host: str) -> bool:
    """Whether a host can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]
