"""A program killed at any moment leaves a whole catalogue: every recording complete, or not there."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from soundscape.catalogue.store import Store

N_SEGMENTS = 12
N_KILLS = 6

WRITER = f"""
import sys, itertools, numpy as np
from soundscape.catalogue.segment import Recording, Segment, Tag
from soundscape.catalogue.files import FileState
from soundscape.catalogue.store import Store

with Store(sys.argv[1], create=True) as store:
    print("ready", flush=True)
    for i in itertools.count():
        key = f"take{{i % 40:04d}}"
        recording = Recording(key, key + ".wav", 48000, 1, 48000 * 60)
        segments = [Segment(f"{{key}}-{{n}}", key, n, n + 1.0, tags=(Tag("gate.creak", 0.5), Tag("wind", 0.2)))
                    for n in range({N_SEGMENTS})]
        file = FileState(key + ".wav", i, i, "done", key, "", str(i))
        store.add_analysis(recording, segments, np.full(({N_SEGMENTS}, 64), i + 1.0), analyser=str(i), file=file)
        if i % 7 == 0:
            store.tag(f"{{key}}-3", add=["bell"])
            store.take_back([f"{{key}}-3"])
            store.tag(f"{{key}}-4", add=["bell"])
            store.find("gate", like=f"{{key}}-0")
"""


def test_killed_at_any_moment_the_catalogue_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "crash.catalogue"
    moments_s = np.random.default_rng(5).uniform(0.0, 0.25, N_KILLS)
    n_before = 0
    for moment_s in moments_s:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(moment_s)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        n_before = max(n_before, check(path))
    assert n_before > 0


def check(path: Path) -> int:
    """Everything there is whole; returns how many recordings there are."""
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
    with Store(path) as store:
        snapshot = store.snapshot()
        assert len(snapshot.segments) == N_SEGMENTS * len(snapshot.recordings)
        for segment in snapshot.segments:
            assert {tag.name for tag in segment.tags} >= {"gate.creak", "wind"}
        for recording in snapshot.recordings.values():
            state = store.file_state(recording.path)
            assert state is not None
            assert store.known(recording.id, state.analyser)
        if snapshot.segments:
            assert len(store.find("*", like=snapshot.segments[0].id, limit=None)) == len(snapshot.segments) - 1
    return len(snapshot.recordings)
