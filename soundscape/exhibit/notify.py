"""What systemd is told of a service that runs for months, and the unit that has it do so.

References
----------
systemd: `sd_notify(3)`, `systemd.service(5)`, `systemd.exec(5)`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
WATCHDOG_S = 10
"""For so long the supervisor may say nothing before it is ended and started again."""
LONGEST_STATUS = 200


class Notify:
    """Messages to the service manager. A context manager. Where there is none, all of it does nothing.

    Parameters
    ----------
    environment
        Of the process: which socket, and how often it wants to hear of it.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._socket: socket.socket | None = None
        self.watchdog_s = _watchdog_s(environment)
        """How often the watchdog must be told at the least; 0 where there is none. Half of it is a good pace."""
        name = environment.get(NOTIFY_SOCKET, "")
        if not name.startswith(("/", "@")):
            return
        # A name that begins with @ is none of the file system: there it begins with a zero byte.
        address = "\0" + name[1:] if name.startswith("@") else name
        try:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(0.0)
            self._socket.connect(address)
        except OSError:
            self.close()

    def __enter__(self) -> Notify:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping()
        self.close()

    def ready(self, status: str = "") -> bool:
        """Everything is there; whether somebody heard it."""
        return self._send("READY=1", _status(status))

    def alive(self, status: str = "") -> bool:
        """All is well: the watchdog waits for this."""
        return self._send("WATCHDOG=1", _status(status))

    def stopping(self) -> bool:
        """It comes to an end."""
        return self._send("STOPPING=1")

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, *lines: str) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.send("\n".join(line for line in lines if line).encode())
        except OSError:  # a manager that does not listen just now is no reason to stop playing
            return False
        return True


def _status(text: str) -> str:
    """Line of what people are shown; one line, whatever is in it."""
    return f"STATUS={' '.join(text.split())[:LONGEST_STATUS]}" if text else ""


def _watchdog_s(environment: Mapping[str, str]) -> float:
    told, meant = environment.get(WATCHDOG_USEC, ""), environment.get(WATCHDOG_PID, "")
    if not told.isascii() or not told.isdigit() or (meant and meant != str(os.getpid())):
        return 0.0
    return int(told) / 1e6


def unit_text(
    exhibit: Path, *, program: Path, user: str, state: Path, home: Path, arguments: tuple[str, ...] = ()
) -> str:
    """Text of a systemd unit that plays an exhibit from the start of the machine on.

    Parameters
    ----------
    exhibit
        The exhibit's file, absolute.
    program
        `soundscape` as it is installed, absolute.
    user
        Whom it runs as: one who may use the sound card.
    state
        Folder it writes to, absolute; nothing else can be written.
    home
        Of that user: where settings and caches are, absolute.
    arguments
        What else the command is given.

    Raises
    ------
    ValueError
        If a path is not absolute, or a line break is in one of them.
    """
    for path in (exhibit, program, state, home):
        if not path.is_absolute():
            raise ValueError(f"{path} is not absolute")
    if any(character in part for part in (str(exhibit), user, str(state), *arguments) for character in "\n\r\0"):
        raise ValueError("a unit has a line for each thing; there is a line break in a name")
    command = " ".join(map(_quoted, (str(program), "exhibit", str(exhibit), *arguments)))
    return _UNIT.format(title=_plain(exhibit.stem), command=command, user=user, folder=_plain(str(exhibit.parent)),
                        state=_path(state), home=_path(home), watchdog_s=WATCHDOG_S)  # fmt: skip


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _path(path: Path) -> str:
    return '"' + _plain(str(path)).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(word: str) -> str:
    """A word of a command line: what stands for something else in a unit stands for itself."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


_UNIT = """\
[Unit]
Description=Ambient sound of {title}
Documentation=man:systemd.service(5)
Wants=network-online.target sound.target
After=network-online.target sound.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
User={user}
WorkingDirectory={folder}
Restart=always
RestartSec=1
WatchdogSec={watchdog_s}
TimeoutStartSec=300
TimeoutStopSec=20
KillMode=mixed
OOMScoreAdjust=-500
LimitRTPRIO=80
LimitMEMLOCK=infinity
Environment=PYTHONUNBUFFERED=1
ProtectSystem=strict
ReadWritePaths={state}
ReadWritePaths=-{home}
PrivateTmp=yes
NoNewPrivileges=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
"""
