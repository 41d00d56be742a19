"""`soundscape clean` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundscape.analysis.ingest import ingest
from soundscape.apps.cli import run
from soundscape.audio.files import audio_info
from soundscape.audio.hashing import audio_id

RATE_HZ = 48_000
ROOT = Path(__file__).resolve().parents[2]
HANDLED = ROOT / "recordings" / "wind_handled.flac"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(tmp_path / "none.toml"))


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_is_heard_before_it_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "clean", HANDLED, "--repair")
    assert code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["wind_handled_preview.png", "wind_handled_preview.wav"]
    assert "3 thumps below 500 Hz repaired" in out
    assert "most was taken at " in out
    assert " dBFS, was -" in out
    assert out.startswith("wind_handled.flac: wind 0.00, handling 0.0")


def test_a_recording_of_the_catalogue_is_kept_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "takes").mkdir()
    (tmp_path / "takes" / "one.flac").write_bytes(HANDLED.read_bytes())
    ingest([tmp_path / "takes"], tmp_path / "c.catalogue", n_workers=1)
    identity = audio_id(HANDLED)
    for name in ("ONE", "nowhere"):  # by its title, and by one that no take has
        code, out, err = call(capsys, "clean", name, "--catalogue", tmp_path / "c.catalogue", "--json")
        assert code == (0 if name == "ONE" else 2)
        assert identity in out or "no takes in" in err
    code, out, _ = call(capsys, "clean", identity[:10], "--catalogue", tmp_path / "c.catalogue", "--high-pass", 60,
                        "--keep", tmp_path, "--json")  # fmt: skip
    assert code == 0
    said = json.loads(out)
    assert (said["recording_id"], said["n_moments"], said["treated_s"]) == (identity, 0, 0.0)
    assert said["taken"]["high_hz"] <= 80.0
    assert said["kept"] == str(tmp_path / "one_cleaned.wav")
    assert audio_info(said["kept"]).n_frames == audio_info(HANDLED).n_frames


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "there is no take nowhere"),
        ([HANDLED, "--high-pass", "501"], "a high-pass at 501 Hz; it goes from 10 to 500 Hz"),
        ([HANDLED, "--high-pass", "low"], "'low' is no number of hertz"),
        (["silence.wav"], "nothing to clean"),
        ([ROOT / "recordings" / "drum_great.flac"], "nothing to repair: no wind on the microphone, no hand"),
        (
            [ROOT / "recordings" / "silk_qin_low.flac", "--high-pass", "auto"],
            "nothing to clean: nothing below the sound",
        ),
        ([HANDLED, "--keep", "no/such.wav"], "there is no folder no"),
        ([HANDLED, "--keep", "kept"], "write kept.wav for a file, or make the folder first"),
        ([HANDLED, "--keep", "gate no. 5"], "write gate no. 5.wav for a file"),
        ([HANDLED, "--keep", "kept.flac"], "write kept.wav for a file"),
    ],
)
def test_what_cannot_be_done_is_told_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[object], says: str
) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(RATE_HZ), RATE_HZ)
    code, out, err = call(capsys, "clean", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert [file.name for file in tmp_path.iterdir()] == ["silence.wav"]


def test_of_a_take_with_an_offset_it_says_that_it_went_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = 0.01 * np.random.default_rng(2).standard_normal(6 * RATE_HZ)
    soundfile.write(tmp_path / "dc.wav", 0.05 + noise, RATE_HZ)
    code, out, _ = call(capsys, "clean", "dc.wav")
    assert code == 0
    assert "  offset of 0.05 taken away\n" in out
    assert "repaired" not in out


def test_show_says_how_much_a_take_was_handled(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "show", HANDLED)
    assert code == 0
    assert "faults       handling" in out
    assert "first heard at 2.7 s" in out
    assert "  wind         0.00 of 1\n" in out
