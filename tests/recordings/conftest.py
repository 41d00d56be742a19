"""Sounds that scenes are made of."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recordings.scenes import RATE_HZ, Clip, clips_of


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    """A click, a tone and noise behind them."""
    random, at_s = np.random.default_rng(1), np.arange(RATE_HZ) / RATE_HZ
    sounds = {"gate/knock": random.standard_normal(RATE_HZ) * np.exp(-20.0 * at_s),
              "flute": np.sin(2 * np.pi * 600.0 * at_s), "wind": random.standard_normal(4 * RATE_HZ)}  # fmt: skip
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("file", "tag", "licence", "source_repo"))
        for number, (tag, sound) in enumerate(sounds.items()):
            soundfile.write(tmp_path / f"{number}.wav", 0.5 * sound / np.abs(sound).max(), RATE_HZ)
            rows.writerow((f"{number}.wav", tag, "CC0-1.0", "somebody/sounds"))
    return clips_of(tmp_path)
