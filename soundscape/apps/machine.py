"""What of a machine disturbs a show: its priorities, its processor's pace, its battery, its memory.

Only what can be read without rights is read; what a system does not tell is not spoken of. Nothing is changed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

from soundscape.apps.findings import Finding, size_of

LEAST_FREE_BYTES = 512 << 20
"""Memory that should be left while the show is loaded."""
SWAPPED_BYTES = 64 << 20
"""A little in the swap is what has not been used for days."""


def machine(root: Path = Path("/")) -> Iterator[Finding]:
    """What there is to know of this machine before a show.

    Parameters
    ----------
    root
        Where `proc` and `sys` are.
    """
    for look in (_priority, *(_bound(one, root) for one in (_pace, _power, _memory))):
        if (found := look()) is not None:
            yield found


def _bound(look: Callable[[Path], Finding | None], root: Path) -> Callable[[], Finding | None]:
    return lambda: look(root)


def may_come_first() -> bool:
    """Whether a thread of ours may run before others of the machine; tried in a thread that ends with it."""
    allowed: list[bool] = []

    def try_it() -> None:
        try:
            lowest = os.sched_get_priority_min(os.SCHED_RR)
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(lowest))
        except OSError:
            return
        allowed.append(True)

    thread = Thread(target=try_it, name="soundscape priority")
    thread.start()
    thread.join()
    return bool(allowed)


def _priority() -> Finding | None:
    if not hasattr(os, "sched_setscheduler"):
        return None
    if may_come_first():
        return Finding("priority", "ok", "real-time priority is allowed")
    return Finding("priority", "look", "real-time priority is not allowed: other programs may hold notes up",
                   "write `@audio - rtprio 95` and `@audio - memlock unlimited` to /etc/security/limits.d/audio.conf, "
                   "join the group (`sudo usermod -aG audio $USER`), log out and in")  # fmt: skip


def _pace(root: Path) -> Finding | None:
    files = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor"))
    governors = sorted({_read(file) for file in files} - {""})
    if not governors:
        return None
    if "powersave" in governors:
        return Finding("processor", "look", f"its pace is {', '.join(governors)}: it wakes up slowly",
                       "`sudo cpupower frequency-set -g performance` until the show is over")  # fmt: skip
    return Finding("processor", "ok", f"its pace is {', '.join(governors)}")


def _power(root: Path) -> Finding | None:
    supplies = list((root / "sys/class/power_supply").glob("*"))
    batteries = [supply for supply in supplies if _read(supply / "type") == "Battery"]
    if not any(_read(battery / "status") == "Discharging" for battery in batteries):
        return Finding("power", "ok", "from the mains") if batteries else None
    left = " and ".join(filter(None, (_read(battery / "capacity") for battery in batteries)))
    return Finding("power", "look", f"from the battery, {left or '?'} % left", "plug it in")


def _memory(root: Path) -> Finding | None:
    rows = (line.partition(":")[::2] for line in _read(root / "proc/meminfo").splitlines())
    known = {
        name: int(value.split()[0]) << 10 for name, value in rows if value.split()[:1] and value.split()[0].isdigit()
    }
    if "MemAvailable" not in known:
        return None
    swapped = known.get("SwapTotal", 0) - known.get("SwapFree", 0)
    said = f"{size_of(known['MemAvailable'])} left with the show loaded"
    if known["MemAvailable"] < LEAST_FREE_BYTES:
        return Finding("memory", "look", said, "close other programs")
    if swapped > SWAPPED_BYTES:
        return Finding("memory", "look", f"{said}, {size_of(swapped)} in the swap: what lies there comes late",
                       "close other programs, then `sudo swapoff -a && sudo swapon -a`")  # fmt: skip
    return Finding("memory", "ok", said)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
