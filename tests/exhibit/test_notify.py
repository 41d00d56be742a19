"""What systemd hears of the exhibit, over a real socket; and the unit, as systemd reads it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from soundscape.exhibit.notify import Notify, unit_text

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="systemd is a thing of Linux")


def unit(exhibit: Path = Path("/srv/exhibit/gates.toml"), **changed: object) -> str:
    given: dict[str, object] = {"program": Path("/usr/bin/env"), "user": "root", "state": Path("/var/lib/soundscape"),
                                "home": Path("/root")}  # fmt: skip
    return unit_text(exhibit, **{**given, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["in the file system", "abstract"])
def test_the_manager_hears_that_it_is_ready_alive_and_ends(tmp_path: Path, kind: str) -> None:
    is_abstract = kind == "abstract"
    name = f"@soundscape-test-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with manager:
        manager.bind("\0" + name[1:] if is_abstract else name)
        manager.settimeout(5.0)
        with Notify({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}) as notify:
            assert notify.watchdog_s == 10.0
            assert notify.ready("open until 18:00")
            assert manager.recv(4096) == b"READY=1\nSTATUS=open until 18:00"
            assert notify.alive()
            assert manager.recv(4096) == b"WATCHDOG=1"
            assert notify.alive("one\nMAINPID=1")
            assert manager.recv(4096) == b"WATCHDOG=1\nSTATUS=one MAINPID=1", "what is shown is one line"
        assert manager.recv(4096) == b"STOPPING=1"


def test_where_there_is_no_manager_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "relative"},
                        {"NOTIFY_SOCKET": str(tmp_path / "none")}):  # fmt: skip
        with Notify(environment) as notify:
            assert not notify.ready()
            assert not notify.alive("all is well")


def test_a_manager_that_is_deaf_holds_nobody_up(tmp_path: Path) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with manager:
        manager.bind(str(tmp_path / "notify"))
        with Notify({"NOTIFY_SOCKET": str(tmp_path / "notify")}) as notify:
            assert not all(notify.alive() for _ in range(5000)), "its queue is full at some time"


def test_the_watchdog_of_somebody_else_is_not_ours() -> None:
    assert Notify({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}).watchdog_s == 0.0
    assert Notify({"WATCHDOG_USEC": "10000000"}).watchdog_s == 10.0
    assert Notify({"WATCHDOG_USEC": "soon"}).watchdog_s == 0.0


def test_the_unit_restarts_always_and_may_write_its_state_alone() -> None:
    lines = unit(arguments=("--device", "jack")).splitlines()
    for line in ("Type=notify", "WatchdogSec=10", "Restart=always", "StartLimitIntervalSec=0", "User=root",
                 "ProtectSystem=strict", 'ReadWritePaths="/var/lib/soundscape"', "NoNewPrivileges=yes",
                 'ExecStart="/usr/bin/env" "exhibit" "/srv/exhibit/gates.toml" "--device" "jack"'):  # fmt: skip
        assert line in lines


@pytest.mark.parametrize("wrong", [{"state": Path("state")}, {"user": "a\nExecStartPre=b"}, {"arguments": ("a\nb",)}])
def test_a_unit_cannot_be_made_to_say_something_else(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"absolute|line break"):
        unit(**wrong)


def test_names_stand_for_themselves_and_for_nothing_of_the_manager() -> None:
    text = unit(Path('/srv/the $HOME of 50% "gates".toml'))
    assert 'ExecStart="/usr/bin/env" "exhibit" "/srv/the $$HOME of 50%% \\"gates\\".toml"' in text.splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("name", ["gates.toml", 'the $HOME of 50% "gates".toml'])
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, name: str) -> None:
    exhibit, state = tmp_path / name, tmp_path / "state"
    exhibit.touch()
    state.mkdir()
    path = tmp_path / "soundscape-test.service"
    path.write_text(unit(exhibit, state=state, home=tmp_path), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    ours = [line for line in (run.stdout + run.stderr).splitlines() if "soundscape-test" in line]
    assert ours == []
