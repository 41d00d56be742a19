"""From a folder and a score to a mix, through every command, as a person would go."""

from __future__ import annotations

import json
from pathlib import Path

import soundfile

from tests.journeys.conftest import Cli


def test_recordings_and_a_score_become_a_mix_that_can_be_checked(
    cli: Cli, catalogue: Path, score: Path, tmp_path: Path
) -> None:
    arrangement, mix = tmp_path / "four.json", tmp_path / "four.wav"
    code, out, err = cli("arrange", score, "--catalogue", catalogue, "-o", arrangement, "--explain")
    assert code == 0, err
    assert "why:" in out
    assert out.count(" s ") >= 4

    code, out, err = cli("render", arrangement, "--catalogue", catalogue, "--layout", "7.1.4", "-o", mix, "--json",
                         "--credits", tmp_path / "credits.csv")  # fmt: skip
    assert code == 0, err
    told = json.loads(out)
    samples, rate_hz = soundfile.read(mix)
    assert samples.shape[1] == 12
    assert len(samples) / rate_hz == told["duration_s"]
    assert "bar_" in (tmp_path / "credits.csv").read_text()

    code, out, _ = cli("check", mix, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["audio_id"] == told["audio_id"]
    assert abs(found["loudness"]["integrated_lufs"] - told["loudness_lufs"]) < 0.1


def test_a_score_renders_the_same_as_its_saved_arrangement(
    cli: Cli, catalogue: Path, score: Path, tmp_path: Path
) -> None:
    cli("arrange", score, "--catalogue", catalogue, "-o", tmp_path / "four.json")
    for source, name in ((score, "a.wav"), (tmp_path / "four.json", "b.wav")):
        assert cli("render", source, "--catalogue", catalogue, "--layout", "5.1", "-o", tmp_path / name)[0] == 0
    code, out, _ = cli("diff", tmp_path / "a.wav", tmp_path / "b.wav")
    assert code == 0
    assert "same" in out
