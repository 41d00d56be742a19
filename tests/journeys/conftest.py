"""A small catalogue and a small piece, made once, for journeys through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from soundscape.apps.cli import run

RATE_HZ = 48_000
Cli = Callable[..., tuple[int, str, str]]


def strokes(pitch_hz: float, n_strokes: int = 4) -> np.ndarray:
    """A struck bar, several times, over a little noise: something every segmenter can cut and pitch."""
    rng = np.random.default_rng(round(pitch_hz))
    times = np.arange(2 * RATE_HZ) / RATE_HZ
    partials = ((1.0, 1.0), (2.76, 0.4), (5.4, 0.2))
    stroke = sum(a * np.sin(2 * np.pi * pitch_hz * r * times) * np.exp(-times * 3.0 * r) for r, a in partials)
    take = np.tile(np.concatenate([np.zeros(RATE_HZ // 2), 0.4 * stroke]), n_strokes)
    return (take + 1e-4 * rng.standard_normal(len(take))).astype(np.float32)


@pytest.fixture(scope="session")
def takes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takes")
    for pitch_hz in (220.0, 440.0, 660.0):
        soundfile.write(folder / f"bar_{pitch_hz:.0f}.wav", strokes(pitch_hz), RATE_HZ, subtype="PCM_24")
    return folder


@pytest.fixture(scope="session")
def catalogue(takes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalogue") / "bars.catalogue"
    assert run(["ingest", str(takes), "--catalogue", str(path)]) == 0
    return path


@pytest.fixture
def score(tmp_path: Path) -> Path:
    path = tmp_path / "four.mid"
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Bars")])
    for pitch in (57, 69, 76, 69):
        track += [mido.Message("note_on", note=pitch, velocity=90), mido.Message("note_off", note=pitch, time=480)]
    mido.MidiFile(tracks=[track]).save(path)
    return path


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line in this process: (exit code, standard output, standard error)."""
    monkeypatch.setenv("SOUNDSCAPE_CACHE", str(tmp_path / "cache"))

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call
