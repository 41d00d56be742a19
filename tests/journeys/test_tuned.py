"""Pieces tuned to their objects, from takes to the mix: what sounds is measured in the rendered file alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from soundscape.apps.cli import run
from tests.journeys.conftest import RATE_HZ, Cli

BELL_HZ = (323.0, 479.0, 683.1, 893.0, 1129.4, 1590.0)
"""Partials of the bell, none of them near a note of equal temperament."""
NOTES = (62, 65, 67, 69, 72, 74)
EVERY_S = 2.0
Sound = np.ndarray


def bell() -> Sound:
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    stroke = sum(np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s * (1.2 + 0.3 * n)) for n, hz in enumerate(BELL_HZ))
    return np.tile(np.concatenate([np.zeros(RATE_HZ), 0.12 * stroke]), 2)


def flute(hz: float) -> Sound:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    rises = np.minimum(1.0, np.minimum(time_s, 2.0 - time_s) / 0.08)
    tone = sum(a * np.sin(2 * np.pi * k * hz * time_s) for k, a in enumerate((1.0, 0.35, 0.15), 1))
    return np.concatenate([np.zeros(RATE_HZ), 0.2 * rises * tone, np.zeros(RATE_HZ)])


def plucked(hz: float) -> Sound:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * k * hz * time_s) * np.exp(-time_s * (1.5 + k)) / k for k in range(1, 9))
    return np.concatenate([np.zeros(RATE_HZ), 0.2 * tone])


def knocks() -> Sound:
    rng = np.random.default_rng(2)
    time_s = np.arange(RATE_HZ // 2) / RATE_HZ
    knock = 0.3 * rng.standard_normal(len(time_s)) * np.exp(-time_s * 40)
    return np.tile(np.concatenate([np.zeros(RATE_HZ), knock]), 3)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of one bell, one flute and one plucked string, called so by a person."""
    folder = tmp_path_factory.mktemp("tuned")
    rng = np.random.default_rng(1)
    for name, take in (("bell", bell()), ("flute", flute(452.0)), ("pluck", plucked(327.0)), ("drum", knocks())):
        noisy = take + 3e-5 * rng.standard_normal(len(take))
        soundfile.write(folder / f"{name}.wav", noisy, RATE_HZ, subtype="PCM_24")
    catalogue = folder / "tuned.catalogue"
    assert run(["ingest", str(folder), "--catalogue", str(catalogue)]) == 0
    called = {"bell": ["+bell"], "flute": ["+flute", "-bell"], "pluck": ["+plucked_string", "-bell"],
              "drum": ["+drum", "-bell", "-cymbal"]}  # fmt: skip
    for name, tags in called.items():
        assert run(["tag", "--query", f'"{name}.wav"', *tags, "--no-learn", "--catalogue", str(catalogue)]) == 0
    return catalogue


def piece(folder: Path, *, tune: str | None, wants: str, keeps: str = "bell", notes: Sequence[int] = NOTES) -> Path:
    """A stroke that keeps its pitch at the beginning, then a melody, a note every two seconds, from 4 s on."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)])
    track += [mido.Message("note_on", channel=0, note=60, velocity=90),
              mido.Message("note_off", channel=0, note=60, time=480)]  # fmt: skip
    wait = 3 * 480
    for note in notes:
        track += [mido.Message("note_on", channel=1, note=note, velocity=90, time=wait),
                  mido.Message("note_off", channel=1, note=note, time=720)]  # fmt: skip
        wait = round(EVERY_S * 480) - 720
    mido.MidiFile(tracks=[track]).save(folder / "melody.mid")
    line = "" if tune is None else f'tune = "{tune}"\n'
    path = folder / "melody.toml"
    path.write_text(
        f'[piece]\nscore = "melody.mid"\nlayout = "mono"\n{line}'
        f'[[role]]\nname = "bell"\npitches = [60, 60]\nwants = "{keeps}"\npitch = "as it is"\n'
        f'[[role]]\nname = "melody"\npitches = [61, 127]\nwants = "{wants}"\nfade_out_s = 0.05\n'
    )
    return path


def rendered(cli: Cli, path: Path, catalogue: Path, out: Path) -> Sound:
    code, _, err = cli("render", path, "--catalogue", catalogue, "-o", out)
    assert code == 0, err
    return soundfile.read(out, dtype="float32")[0]


def heard_hz(mix: Sound, n_notes: int = len(NOTES)) -> list[float]:
    """Strongest frequency of each note of the melody, by the spectrum of half a second of it."""
    found = []
    for note in range(n_notes):
        first = round((4.0 + note * EVERY_S + 0.2) * RATE_HZ)
        stretch = mix[first : first + RATE_HZ // 2] * np.hanning(RATE_HZ // 2)
        spectrum = np.abs(np.fft.rfft(stretch, 16 * RATE_HZ))
        found.append(float(np.argmax(spectrum)) / 16.0)
    return found


def cents_from_the_bell(hz: float) -> float:
    """Distance to the nearest of its partials, in whatever octave."""
    away = [1200.0 * np.log2(hz / partial) % 1200.0 for partial in BELL_HZ]
    return float(min(min(one, 1200.0 - one) for one in away))


def cents_from_equal(hz: float) -> float:
    cents = 1200.0 * np.log2(hz / 440.0) % 100.0
    return float(min(cents, 100.0 - cents))


@pytest.mark.parametrize("wants", ["flute", "plucked_string"])
def test_a_melody_tuned_to_a_bell_sounds_on_its_partials(wants: str, heard: Path, cli: Cli, tmp_path: Path) -> None:
    equal = heard_hz(rendered(cli, piece(tmp_path, tune=None, wants=wants), heard, tmp_path / "equal.wav"))
    assert max(map(cents_from_equal, equal)) < 5.0
    assert min(map(cents_from_the_bell, equal)) > 5.0  # or the rest would say nothing
    tuned = heard_hz(rendered(cli, piece(tmp_path, tune="objects", wants=wants), heard, tmp_path / "tuned.wav"))
    assert max(map(cents_from_the_bell, tuned)) < 5.0
    assert tuned == sorted(tuned)
    moved = [abs(1200.0 * np.log2(one / other)) for one, other in zip(tuned, equal, strict=True)]
    assert max(moved) <= 200.0 + 5.0


def test_the_bell_itself_is_not_touched(heard: Path, cli: Cli, tmp_path: Path) -> None:
    mixes = [rendered(cli, piece(tmp_path, tune=tune, wants="flute"), heard, tmp_path / f"{tune}.wav")
             for tune in ("equal", "objects")]  # fmt: skip
    strokes = [mix[RATE_HZ // 2 : 2 * RATE_HZ] * np.hanning(RATE_HZ * 3 // 2) for mix in mixes]
    for spectrum in (np.abs(np.fft.rfft(stroke)) for stroke in strokes):
        at_hz = np.arange(len(spectrum)) / 1.5
        for hz in BELL_HZ:
            near = np.abs(at_hz - hz) < 12.0
            assert at_hz[near][np.argmax(spectrum[near])] == pytest.approx(hz, abs=0.5)


def test_equal_is_what_a_piece_is_without_the_key(heard: Path, cli: Cli, tmp_path: Path) -> None:
    plain, equal, tuned = (rendered(cli, piece(tmp_path, tune=tune, wants="flute"), heard, tmp_path / f"{tune}.wav")
                           for tune in (None, "equal", "objects"))  # fmt: skip
    assert plain.tobytes() == equal.tobytes()
    assert plain.tobytes() != tuned.tobytes()


def test_a_scala_file_is_what_is_heard(heard: Path, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "five.scl").write_text("five equal steps\n 5\n240.\n480.\n720.\n960.\n2/1\n")
    found = heard_hz(rendered(cli, piece(tmp_path, tune="five.scl", wants="flute"), heard, tmp_path / "five.wav"))
    middle_c_hz = 440.0 * 2.0**-0.75
    away = [1200.0 * np.log2(hz / middle_c_hz) % 240.0 for hz in found]
    assert max(min(one, 240.0 - one) for one in away) < 5.0


def test_the_scale_written_by_the_command_is_that_of_the_bell(heard: Path, cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("tuning", "bell", "--catalogue", heard, "-o", tmp_path / "bell.scl", "--json")
    assert code == 0, err
    degrees = [row["hz"] for row in json.loads(out)["degrees"]]
    assert len(degrees) == len(BELL_HZ)
    assert max(map(cents_from_the_bell, degrees)) < 3.0
    by_file = heard_hz(rendered(cli, piece(tmp_path, tune="bell.scl", wants="flute"), heard, tmp_path / "file.wav"))
    assert max(map(cents_from_the_bell, by_file)) < 5.0  # the .kbm beside it says where 1/1 is


def test_a_saved_arrangement_keeps_its_tuning(heard: Path, cli: Cli, tmp_path: Path) -> None:
    path = piece(tmp_path, tune="objects", wants="flute")
    straight = rendered(cli, path, heard, tmp_path / "straight.wav")
    code, _, err = cli("arrange", path, "--catalogue", heard, "-o", tmp_path / "melody.json")
    assert code == 0, err
    assert rendered(cli, tmp_path / "melody.json", heard, tmp_path / "saved.wav").tobytes() == straight.tobytes()
    rows = json.loads((tmp_path / "melody.json").read_text())["tuning"]
    assert max(cents_from_the_bell(hz) for hz, _ in rows) < 3.0
    assert all("bell" in words for _, words in rows)


def test_drums_alone_have_no_scale(heard: Path, cli: Cli, tmp_path: Path) -> None:
    path = piece(tmp_path, tune="objects", wants="drum", keeps="drum")
    code, out, err = cli("render", path, "--catalogue", heard, "-o", tmp_path / "drums.wav")
    assert code == 2
    assert "soundscape: role 'bell': tune is 'objects', and no object plays\n" in err
    assert not out
    assert not (tmp_path / "drums.wav").exists()
