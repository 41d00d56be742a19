"""A show on JACK whose engine dies: `tests/live/with-jack python -m tests.live.spared_on_jack FOLDER HOW`.

HOW is `killed` or `stopped`; FOLDER is empty. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import mido

from soundscape.analysis.ingest import ingest
from tests.exhibit.on_jack import SIGNALS, Ears

ROOT = Path(__file__).resolve().parents[2]

LOADS_S, AFTER_S = 120.0, 4.0


def bells_in(folder: Path) -> None:
    """Two bells, and a score that rings them ten times a second for a minute and a half."""
    track = mido.MidiTrack([mido.Message("program_change", program=14)])
    for n in range(900):
        track += [mido.Message("note_on", note=60 + n % 5, velocity=90),
                  mido.Message("note_off", note=60 + n % 5, time=96)]  # fmt: skip
    mido.MidiFile(tracks=[track]).save(folder / "bells.mid")
    for name in ("bell_bronze_middle.flac", "bell_bronze_high.flac"):
        shutil.copy(ROOT / "recordings" / name, folder)
    ingest([folder], folder / "stage.catalogue", n_workers=1)


def engines(journal: Path) -> list[int]:
    """Processes that are engines of a show, and no spares; the oldest first."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "--as-engine" in line and "--as-spare" not in line and str(journal) in line:
            found.append(int(folder.name))
    return sorted(found)


def wait_for(lines: queue.Queue[str], words: str) -> list[str]:
    """Lines of a show up to the one that has some words in it."""
    seen: list[str] = []
    ends_s = time.monotonic() + LOADS_S
    while not seen or words not in seen[-1]:
        seen.append(lines.get(timeout=max(0.1, ends_s - time.monotonic())))
    return seen


def main() -> None:
    folder, how = Path(sys.argv[1]), sys.argv[2]
    bells_in(folder)
    journal = folder / f"{how}.journal"
    command = [sys.executable, "-m", "soundscape", "perform", str(folder / "bells.mid"), "--catalogue",
               str(folder / "stage.catalogue"), "--layout", "stereo", "--journal", str(journal), "--go"]  # fmt: skip
    show = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lines: queue.Queue[str] = queue.Queue()
    assert show.stdout is not None
    threading.Thread(target=lambda: [lines.put(line) for line in show.stdout or ()], daemon=True).start()
    ears = Ears(joins_once=True)
    try:
        seen = wait_for(lines, "a spare engine stands ready")
        time.sleep(2.5)  # what was joined by hand is noticed once a second
        hears_before = ears.hears()
        os.kill(engines(journal)[0], SIGNALS[how])
        seen += wait_for(lines, "plays again")
        time.sleep(AFTER_S)
        told = {"silence_s": ears.longest_silence_s(), "heard": [hears_before, ears.hears()],
                "said": [line.strip() for line in seen if "spare" in line or "again" in line],
                "journals": len(list(folder.glob(f"{how}*.journal")))}  # fmt: skip
    finally:
        ears.close()
        show.send_signal(signal.SIGTERM)
        show.send_signal(signal.SIGTERM)
        show.wait(20.0)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
