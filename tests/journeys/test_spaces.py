"""Ears, sound fields, panners and rigs from the command line: what is said, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

import soundscape
from tests.journeys.conftest import Cli

RIG = """name = "gate hall"
speakers = [
  { name = "door", azimuth_deg = 30, distance_m = 2.0, zone = "hall" },
  { name = "beam", azimuth_deg = -30, distance_m = 5.43, zone = "hall" },
  { name = "sub", below_hz = 80, zone = "hall" },
  { name = "foyer", azimuth_deg = 0, distance_m = 2.0, zone = "foyer" },
]"""


@pytest.mark.parametrize(
    ("options", "n_channels", "said"),
    [(["--layout", "headphones"], 2, "headphones"), (["--layout", "ambix-1"], 4, "ambix-1"),
     (["--layout", "foa", "--turn", "90", "0", "-10.5"], 4, "ambix-1"),
     (["--layout", "headphones", "--panner", "ambisonics-1", "--turn", "-90", "0", "0"], 2, "headphones"),
     (["--layout", "quad", "--panner", "dbap"], 4, "quad"),
     (["--layout", "quad", "--panner", "ambisonics-1", "--turn", "45", "0", "0"], 4, "quad")],
)  # fmt: skip
def test_a_score_is_heard_in_any_space(
    options: list[str], n_channels: int, said: str, cli: Cli, tmp_path: Path, catalogue: Path, score: Path
) -> None:
    out = tmp_path / "m.wav"
    code, told, err = cli("render", score, "--catalogue", catalogue, "-o", out, *options, "--json")
    assert code == 0, err
    mix = json.loads(told)
    assert (mix["layout"], mix["n_channels"], mix["on_target"], mix["warnings"]) == (said, n_channels, True, [])
    assert soundfile.info(out).channels == n_channels
    code, told, _ = cli("check", out, "--json")
    assert code == 0
    found = json.loads(told)
    assert found["loudness"]["integrated_lufs"] == pytest.approx(mix["loudness_lufs"], abs=0.05)
    assert found["audio_id"] == mix["audio_id"]


def sofa(path: Path) -> Path:
    """A head in a box: 26 directions, and ears that hear what is on their side 12 dB louder."""
    h5py = pytest.importorskip("h5py")
    azimuths, elevations = np.meshgrid(np.arange(0.0, 360.0, 45.0), [-45.0, 0.0, 45.0])
    places = [*zip(azimuths.ravel(), elevations.ravel(), strict=True), (0.0, 90.0), (0.0, -90.0)]
    sides = np.array([np.sin(np.radians(az)) * np.cos(np.radians(el)) for az, el in places])
    responses = np.zeros((len(places), 2, 64))
    responses[:, 0, 8], responses[:, 1, 8] = 10.0 ** (0.6 * sides / 2), 10.0 ** (-0.6 * sides / 2)
    with h5py.File(path, "w") as file:
        for name, text in (("Conventions", "SOFA"), ("SOFAConventions", "SimpleFreeFieldHRIR"), ("DataType", "FIR")):
            file.attrs[name] = text
        file["Data.IR"] = responses
        file["Data.SamplingRate"] = [48_000.0]
        file["SourcePosition"] = np.array([(*place, 1.0) for place in places])
        file["SourcePosition"].attrs.update({"Type": "spherical", "Units": "degree, degree, metre"})
        file["ReceiverPosition"] = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])
    return path


def test_another_head_is_another_mix_and_the_same_twice(cli: Cli, tmp_path: Path, catalogue: Path, score: Path) -> None:
    head = ["--head", sofa(tmp_path / "box.sofa")]
    said = []
    for number, options in enumerate((head, head, [])):
        code, told, err = cli("render", score, "--catalogue", catalogue, "-o", tmp_path / f"{number}.wav", "--layout",
                              "headphones", *options, "--json")  # fmt: skip
        assert code == 0, err
        said.append(json.loads(told)["audio_id"])
    assert said[0] == said[1] != said[2]


def rig(folder: Path) -> Path:
    path = folder / "rig.toml"
    path.write_text(RIG, encoding="utf-8")
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def renders(*options: object) -> Callable[[Path], list[object]]:
    return lambda folder: list(options)


CALLS: Mapping[str, tuple[Callable[[Path], list[object]], str]] = {
    "a panner that is none": (renders("--layout", "5.1", "--panner", "vbpa"), "did you mean 'vbap'"),
    "order 0": (renders("--layout", "5.1", "--panner", "ambisonics-0"), "order 0"),
    "order 8": (renders("--layout", "headphones", "--panner", "ambisonics-8"), "order 8"),
    "an order in words": (renders("--layout", "5.1", "--panner", "ambisonics-abc"), "'abc'"),
    "an order raised": (renders("--layout", "headphones", "--panner", "ambisonics-²"), "ambisonics-²"),
    "an order alone": (renders("--layout", "headphones", "--panner", "3"), "'3'"),
    "dbap for ears": (renders("--layout", "headphones", "--panner", "dbap"), "'dbap'"),
    "another order than the file's": (renders("--layout", "ambix-3", "--panner", "ambisonics-2"), "ambisonics-2"),
    "a field of order 8": (renders("--layout", "ambix-8"), "did you mean 'ambix-7'"),
    "a turn between loudspeakers": (renders("--layout", "5.1", "--turn", "9", "0", "0"), "no field to turn"),
    "a turn of a rig with zones": (lambda t: ["--layout", rig(t), "--turn", "9", "0", "0"], "no field to turn"),
    "a turn of NaN": (renders("--layout", "headphones", "--turn", "nan", "0", "0"), "'--turn': nan is no number"),
    "a turn without end": (renders("--layout", "ambix-1", "--turn", "0", "-inf", "0"), "'--turn': -inf is no number"),
    "a turn of ages": (renders("--layout", "ambix-1", "--turn", "1e300", "0", "0"), "turn by 1e+300"),
    "a turn of two numbers": (renders("--layout", "ambix-1", "--turn", "1", "2"), "--turn"),
    "a head for loudspeakers": (renders("--layout", "stereo", "--head", "a.sofa"), "stereo"),
    "a head that is not there": (lambda t: ["--layout", "headphones", "--head", t / "gone.sofa"], "gone.sofa"),
    "a head that is a folder": (lambda t: ["--layout", "headphones", "--head", t], "folder"),
    "a head that is damaged": (
        lambda t: ["--layout", "headphones", "--head", written(t / "b.sofa", b"\x89HDF\r\n\x1a\n" + b"x" * 500)],
        "b.sofa"),
    "a head that is a sound": (
        lambda t: ["--layout", "headphones", "--head", written(t / "a.wav", b"RIFF" + bytes(64))], "a.wav"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_cannot_be_heard_so_is_one_line_a_hint_and_exit_2(
    name: str, cli: Cli, tmp_path: Path, catalogue: Path, score: Path
) -> None:
    options, word = CALLS[name]
    code, out, err = cli("render", score, "--catalogue", catalogue, "-o", tmp_path / "m.wav", *options(tmp_path))
    said = [line for line in err.splitlines() if line.startswith(("soundscape:", "  "))]
    if "h5py" in err:
        pytest.skip("h5py is not installed")
    assert (code, out) == (2, ""), err
    assert word in said[0]
    assert len(said) == 2, said
    assert not (tmp_path / "m.wav").exists()


def test_sixteen_channels_are_no_flac(cli: Cli, tmp_path: Path, catalogue: Path, score: Path) -> None:
    code, _, err = cli("render", score, "--catalogue", catalogue, "--layout", "ambix-3", "-o", tmp_path / "m.flac")
    assert code == 2
    assert ".flac holds 8 channels, ambix-3 has 16" in err


def test_a_rig_says_what_its_distances_and_subwoofers_become(cli: Cli, tmp_path: Path) -> None:
    code, out, _ = cli("layouts", rig(tmp_path))
    assert code == 0
    assert "    door: 10.00 ms later, -8.7 dB: in step with the farthest\n" in out  # 3.43 m; 20 log10(2 / 5.43)
    assert "    sub: plays what is below 80 Hz\n" in out
    assert "beam: " not in out
    assert "foyer: " not in out, "it is aligned in its own zone, alone"


def test_ears_and_fields_are_listed_as_what_they_are(cli: Cli) -> None:
    assert "2 channels, mask 0x3" in cli("layouts", "headphones")[1]
    said = cli("layouts", "hoa3")[1]
    assert "ambix-3 (also " in said
    assert "16 channels, no mask" in said
    assert "ACN0 to ACN15, SN3D" in said


@pytest.mark.parametrize("name", ["ambix-2", "headphones"])
def test_what_has_no_loudspeakers_is_not_drawn(name: str, cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli("layouts", name, "--png", tmp_path / "a.png")
    assert (code, out) == (2, "")
    assert f"{name} has no loudspeakers to draw" in err
    assert not (tmp_path / "a.png").exists()


def test_a_loudspeaker_that_is_not_there_gets_a_note(cli: Cli, tmp_path: Path, catalogue: Path, score: Path) -> None:
    piece = tmp_path / "p.toml"
    piece.write_text(f'[piece]\nscore = "{score.name}"\nlayout = "stereo"\n[[role]]\nname = "r"\nspeaker = "LFE"\n')
    code, _, err = cli("render", piece, "--catalogue", catalogue, "-o", tmp_path / "m.wav")
    assert code == 0, err
    assert "note: role 'r' wants the loudspeaker 'LFE', which stereo does not have" in err


def test_spaces_are_behind_the_front_door() -> None:
    names = {"MeasuredRoom", "Room", "load_layout", "read_sofa", "renderer_for", "room_from_table", "path_from_table"}
    assert names <= set(dir(soundscape))
    assert all(callable(getattr(soundscape, name)) for name in names)
