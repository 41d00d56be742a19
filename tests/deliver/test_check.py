"""Checking and comparing files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.apps.cli import run
from soundscape.deliver.check import check, difference
from soundscape.errors import AudioError
from soundscape.space.layout import layout_named

RATE_HZ = 48_000


def kept(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return path


def tones(seconds: float = 3.0, n_channels: int = 2) -> np.ndarray:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return 0.25 * np.sin(2 * np.pi * 997.0 * times)[:, None] * np.ones(n_channels)


def test_a_tone_is_measured_as_the_standard_has_it(tmp_path: Path) -> None:
    found = check(kept(tmp_path / "tone.wav", tones()))
    assert found.loudness.integrated_lufs == pytest.approx(-12.04, abs=0.05)  # two channels, each -15.05 LUFS
    assert [channel.peak_db for channel in found.channels] == pytest.approx([-12.04, -12.04], abs=0.01)
    assert found.duration_s == 3.0
    assert found.layout == "stereo"


def test_clipped_samples_are_counted(tmp_path: Path) -> None:
    samples = tones()
    samples[100:110, 0] = 1.0
    samples[500, 1] = -1.0
    assert check(kept(tmp_path / "clipped.wav", samples)).n_clipped == 11


def test_a_layout_of_other_channels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"2 channels, 7\.1\.4 has 12"):
        check(kept(tmp_path / "tone.wav", tones()), layout=layout_named("7.1.4"))


def test_a_file_that_ends_before_it_should_is_measured_and_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept(tmp_path / "cut.wav", tones())
    assert not check(path).is_cut_short
    assert run(["check", str(path)]) == 0
    assert "cut short" not in capsys.readouterr().out
    os.truncate(path, path.stat().st_size - RATE_HZ * 2 * 4)
    assert run(["check", str(path)]) == 2
    out, err = capsys.readouterr()
    assert "NO  cut short: ends at 2.00 s, before it should\n" in out
    assert f"{path} ends at 2.00 s, before it should" in err
    assert run(["check", str(path), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["is_cut_short"] is True


def test_where_two_files_part_and_how_deep_they_null(tmp_path: Path) -> None:
    changed = tones()
    changed[RATE_HZ, 1] += 0.25e-3
    found = difference(kept(tmp_path / "a.wav", tones()), kept(tmp_path / "b.wav", changed))
    assert not found.is_same
    assert found.first_s == pytest.approx(1.0)
    assert found.null_db == pytest.approx(-60.0, abs=0.1)


def test_a_change_of_level_is_told_by_channel(tmp_path: Path) -> None:
    quieter = tones() * [1.0, 10.0 ** (-6.0 / 20.0)]
    found = difference(kept(tmp_path / "a.wav", tones()), kept(tmp_path / "b.wav", quieter))
    assert found.level_change_db == pytest.approx((0.0, -6.0), abs=0.01)


def test_a_longer_file_is_not_the_same(tmp_path: Path) -> None:
    longer = np.concatenate([tones(), np.zeros((480, 2))])
    found = difference(kept(tmp_path / "a.wav", tones()), kept(tmp_path / "b.wav", longer))
    assert not found.is_same
    assert found.duration_change_s == pytest.approx(0.01)


def test_files_of_other_rates_cannot_be_compared(tmp_path: Path) -> None:
    a, b = kept(tmp_path / "a.wav", tones()), kept(tmp_path / "b.wav", tones(), 44_100)
    with pytest.raises(AudioError, match="44100 Hz"):
        difference(a, b)
