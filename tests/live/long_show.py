"""Shows of an hour on a device without a clock: `python -m tests.live.long_show SCENE FOLDER SECONDS`, in JSON."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording, Segment
from soundscape.live.controls import Level, Mute, Press, Release, Shape, Transport
from soundscape.units import frame_at
from tests.live.stage import BELL, GATE, HELD, RATE_HZ, Stage, show_in

N_LOOKS = 30


def drift(folder: Path, seconds: int, since_s: int = 0) -> dict[str, Any]:
    """A score of clicks, one in each second: the frames they are heard at, against those they stand at.

    It is played for so many seconds from `since_s` on.
    """
    click = folder / "click.wav"
    soundfile.write(click, np.concatenate([[0.5], np.zeros(479)]), RATE_HZ, subtype="FLOAT")
    take, rng = Recording("c" * 32, str(click), RATE_HZ, 1, 480), np.random.default_rng(2)
    times_s = since_s + np.arange(seconds - 1) + rng.uniform(0.0, 0.9, seconds - 1)
    segment = Segment("click", take.id, 0.0, 0.01)
    events = tuple(Event(float(at_s), 0.01, segment, "Bell", fade_in_s=0.0, fade_out_s=0.0) for at_s in times_s)
    found, done = [], 0
    with Stage(folder, show_in(folder / "show", arrangement=Arrangement(events, (take,))), block=8192) as stage:
        stage.ask(Transport("locate", float(since_s)), Transport("play"))
        while stage.frame < seconds * RATE_HZ:
            stage.play(20 * RATE_HZ)
            heard = stage.heard()
            found += (done + np.flatnonzero(np.abs(heard[:, 0]) > 1e-3)).tolist()
            done += len(heard)
            stage.forget_heard()
        origin = stage.session.desk.transport.begin_frame + stage.body.latency_frames
    expected = [origin + frame_at(float(at_s), RATE_HZ) for at_s in times_s]
    if len(found) != len(expected):
        return {"n_clicks": len(found), "n_expected": len(expected), "most_frames": 1 << 40}
    most = int(np.abs(np.array(found) - np.array(expected)).max())
    return {"n_clicks": len(found), "n_expected": len(expected), "most_frames": most}


def play_by_hand(stage: Stage, seconds: int) -> None:
    """Everything that leaves something behind, four times a second."""
    for n in range(seconds * 4):
        stage.ask(Press((BELL, GATE, HELD)[n % 3], 100, f"k/{n}"), Release(f"k/{n - 1}"), Level(-n % 9, "Bell"),
                  Mute("Gate"), Shape("azimuth", n % 90, role="Bell"))  # fmt: skip
        stage.play(RATE_HZ // 4)
        stage.forget_heard()


def memory(folder: Path, seconds: int) -> dict[str, Any]:
    """Memory of the process in the second and the last fifth of the show, in MB; medians, for it swings."""
    sizes_mb = []
    with Stage(folder, show_in(folder / "show"), block=4096) as stage:
        for _ in range(N_LOOKS):
            play_by_hand(stage, seconds // N_LOOKS)
            gc.collect()
            sizes_mb.append(stage.session.status()["memory_mb"])
    fifth = N_LOOKS // 5
    return {"before_mb": float(np.median(sizes_mb[fifth : 2 * fifth])), "after_mb": float(np.median(sizes_mb[-fifth:]))}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201
