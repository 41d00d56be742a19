"""SOFA files, good and bad: written here by hand, and by another library."""

from __future__ import annotations

import builtins
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.errors import AudioError
from soundscape.space.heads import sofa
from soundscape.space.heads.sofa import INSTALL_HINT, read_sofa
from soundscape.space.trajectory import Points, point_at

Floats = NDArray[np.float64]

PLACES = ((0.0, 0.0), (90.0, 0.0), (180.0, 0.0), (270.0, 0.0), (0.0, 90.0), (0.0, -90.0), (45.0, 30.0), (315.0, 30.0))
"""Azimuth, elevation in degrees."""
N = len(PLACES)
DIRECTIONS = np.array([point_at(*place) for place in PLACES])
SPHERICAL = {"Type": "spherical", "Units": "degree, degree, metre"}
CARTESIAN = {"Type": "cartesian", "Units": "metre"}
LEFT_FIRST = np.array([[0.0, 0.09, 0.0], [0.0, -0.09, 0.0]])[:, :, None]
KIND = {"Conventions": "SOFA", "SOFAConventions": "SimpleFreeFieldHRIR", "DataType": "FIR", "Version": "2.1"}


def taps() -> Floats:
    """Left ear first, louder for sources on its side; every response another."""
    loudness = np.stack([1.0 - 0.5 * DIRECTIONS[:, 0], 1.0 + 0.5 * DIRECTIONS[:, 0]], axis=1)
    return loudness[:, :, None] * np.random.default_rng(1).uniform(0.9, 1.0, (N, 2, 8))


def alike() -> Floats:
    """Both ears hear the same level, though not the same."""
    out = np.zeros((N, 2, 8))
    out[:, 0, 2], out[:, 1, 5] = 1.0, 1.0
    return out


def written(folder: Path, *, kind: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A file with variables changed, None for those that are left out; `Data_IR` stands for `Data.IR`."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    variables: dict[str, Any] = {
        "Data_IR": taps(),
        "Data_SamplingRate": (np.array([48_000.0]), {"Units": "hertz"}),
        "Data_Delay": np.zeros((1, 2)),
        "SourcePosition": (np.array([(*place, 1.2) for place in PLACES]), SPHERICAL),
        "ReceiverPosition": (LEFT_FIRST, CARTESIAN),
        "ListenerPosition": (np.zeros((1, 3)), CARTESIAN),
        "ListenerView": (np.array([[1.0, 0.0, 0.0]]), CARTESIAN),
        "ListenerUp": np.array([[0.0, 0.0, 1.0]]),
    } | changes
    path = folder / "head.sofa"
    with h5py.File(path, "w") as file:
        file.attrs.update(KIND | (kind or {}))
        for name, variable in variables.items():
            if variable is not None:
                values, attributes = variable if isinstance(variable, tuple) else (variable, {})
                file[name.replace("_", ".", 1)] = values
                file[name.replace("_", ".", 1)].attrs.update(attributes)
    return path


# What files mean


def test_a_file_is_its_head(tmp_path: Path) -> None:
    path = written(tmp_path, kind={"DatabaseName": "ours", "License": b"CC  BY\n4.0", "Organization": b"K\xf6ln"})
    head = read_sofa(path)
    assert (head.name, head.rate_hz, head.about) == ("head", 48_000, "ours, Köln, CC BY 4.0")
    np.testing.assert_allclose(head.directions, DIRECTIONS, atol=1e-12)
    np.testing.assert_array_equal(head.responses, taps())
    assert read_sofa(str(path)).name == "head"


ROOM_TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Turns x to y: someone who looks along y."""


def sofa_points() -> Points:
    x, y, z = DIRECTIONS.T
    return np.stack([y, -x, z], axis=1)


def by_angles(**attributes: Any) -> dict[str, Any]:
    return {"SourcePosition": (np.array([(*place, 1.0) for place in PLACES]), {"Type": "spherical"} | attributes)}


SEEN = {
    "cartesian": {"SourcePosition": (2.0 * sofa_points(), CARTESIAN)},
    "meter": by_angles(Type=b"Spherical", Units=b"degrees, degrees, meter"),
    "no units": by_angles(),
    "radian": {"SourcePosition": (np.array([(*np.radians(place), 1.0) for place in PLACES]),
                                  {"Type": "spherical", "Units": "radian, radian, metre"})},
    "below 0": {"SourcePosition": (np.array([(a - 360.0, e, 0.3) for a, e in PLACES], np.float32), SPHERICAL)},
    "moved": {"SourcePosition": (sofa_points() + np.array([3.0, -2.0, 1.5]), CARTESIAN),
              "ListenerPosition": (np.array([[3.0, -2.0, 1.5]]), CARTESIAN)},
    "turned": {"SourcePosition": (sofa_points() @ ROOM_TURN.T, CARTESIAN),
               "ListenerView": (np.array([[0.0, 2.0, 0.0]]), CARTESIAN)},
    "turned by angles": {"SourcePosition": (sofa_points() @ ROOM_TURN.T, CARTESIAN),
                         "ListenerView": (np.array([[90.0, 0.0, 1.0]]), SPHERICAL),
                         "ListenerUp": np.array([[0.0, 90.0, 1.0]])},
    "leaning": {"ListenerUp": np.array([[0.4, 0.0, 1.0]])},
    "bare": {"ListenerPosition": None, "ListenerView": None, "ListenerUp": None},
}  # fmt: skip


@pytest.mark.parametrize("changes", SEEN.values(), ids=SEEN)
def test_directions_are_what_the_listener_sees(tmp_path: Path, changes: dict[str, Any]) -> None:
    head = read_sofa(written(tmp_path, **changes))
    np.testing.assert_allclose(head.directions, DIRECTIONS, atol=1e-6)
    np.testing.assert_array_equal(head.responses, taps())


def test_a_listener_on_a_turntable_hears_one_loudspeaker_from_everywhere(tmp_path: Path) -> None:
    """Who turns right has what stood ahead on the left."""
    flat = [index for index, (_, elevation) in enumerate(PLACES) if elevation == 0.0]
    views = np.array([(-azimuth if index in flat else 0.0, 0.0, 1.0) for index, (azimuth, _) in enumerate(PLACES)])
    sources = np.array([(0.0, 0.0, 1.0) if index in flat else (*PLACES[index], 1.0) for index in range(N)])
    head = read_sofa(written(
        tmp_path, SourcePosition=(sources, SPHERICAL), ListenerView=(views, SPHERICAL),
        ListenerUp=np.array([[0.0, 90.0, 1.0]]),
    ))  # fmt: skip
    np.testing.assert_allclose(head.directions, DIRECTIONS, atol=1e-12)


@pytest.mark.parametrize("position", [LEFT_FIRST, LEFT_FIRST[::-1]])
def test_the_left_ear_is_the_one_that_hears_the_left(tmp_path: Path, position: Floats) -> None:
    for responses in (taps(), taps()[:, ::-1]):
        head = read_sofa(written(tmp_path, Data_IR=responses, ReceiverPosition=(position, CARTESIAN)))
        np.testing.assert_array_equal(head.responses, taps())


def test_where_both_ears_hear_alike_their_position_decides(tmp_path: Path) -> None:
    first = read_sofa(written(tmp_path, Data_IR=alike()))
    np.testing.assert_array_equal(first.responses, alike())
    angles = np.array([[-90.0, 0.0, 0.09], [90.0, 0.0, 0.09]])[:, :, None]
    other = read_sofa(written(tmp_path, Data_IR=alike(), ReceiverPosition=(angles, SPHERICAL)))
    np.testing.assert_array_equal(other.responses, alike()[:, ::-1])


def test_delays_in_frames_are_applied_but_for_what_all_share(tmp_path: Path) -> None:
    head = read_sofa(written(tmp_path, Data_IR=alike(), Data_Delay=np.array([[40.0, 43.0]])))
    assert head.responses.argmax(axis=2).tolist() == [[2, 8]] * N
    each = 100.0 + np.stack([np.arange(N), 2.0 * np.arange(N)], axis=1)
    head = read_sofa(written(tmp_path, Data_IR=alike(), Data_Delay=each))
    assert head.responses.argmax(axis=2).tolist() == [[2 + n, 5 + 2 * n] for n in range(N)]
    np.testing.assert_allclose(head.responses.sum(axis=2), 1.0, atol=1e-12)


def test_a_delay_between_frames_is_kept(tmp_path: Path) -> None:
    smooth = np.exp(-0.5 * ((np.arange(40) - 20.0) / 3.0) ** 2) * np.ones((N, 2, 1))
    head = read_sofa(written(tmp_path, Data_IR=smooth, Data_Delay=np.array([[7.0, 9.25]])))
    centres = (head.responses @ np.arange(head.n_taps)) / head.responses.sum(axis=2)
    np.testing.assert_allclose(centres[:, 1] - centres[:, 0], 2.25, atol=1e-6)


def test_a_file_without_delays_has_none(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_sofa(written(tmp_path, Data_Delay=None)).responses, taps())


def test_another_library_writes_what_is_read(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its imports
        sofar = pytest.importorskip("sofar", reason="sofar is not installed")
        file = sofar.Sofa("SimpleFreeFieldHRIR")
        file.Data_IR = taps()
        file.Data_Delay = np.array([[3.0, 5.0]])
        file.Data_SamplingRate = 44_100
        file.SourcePosition = np.array([(*place, 1.2) for place in PLACES])
        file.GLOBAL_Title = "eight places"
        file.verify()
        sofar.write_sofa(str(tmp_path / "other.sofa"), file)
    head = read_sofa(tmp_path / "other.sofa")
    assert head.rate_hz == 44_100
    np.testing.assert_allclose(head.directions, DIRECTIONS, atol=1e-12)
    np.testing.assert_allclose(head.responses[:, 0, :8], taps()[:, 0], atol=1e-12)
    np.testing.assert_allclose(head.responses[:, 1, 2:], taps()[:, 1], atol=1e-12)


# What is refused


def with_nan() -> Floats:
    out = taps()
    out[2, 1, 3] = np.nan
    return out


def source_at(value: float) -> tuple[Floats, dict[str, str]]:
    places = np.array([(*place, 1.0) for place in PLACES])
    places[3] = value
    return places, SPHERICAL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Data_IR": None}, "Data.IR is missing"),
        ({"Data_SamplingRate": None}, "Data.SamplingRate is missing"),
        ({"SourcePosition": None}, "SourcePosition is missing"),
        ({"ReceiverPosition": None}, "ReceiverPosition is missing"),
        ({"Data_IR": taps()[:, 0]}, r"Data.IR has the shape \(8, 8\)"),
        ({"Data_IR": taps()[:, :1]}, "1 receivers, a head has 2"),
        ({"Data_IR": np.ones((N, 4, 8))}, "4 receivers, a head has 2"),
        ({"Data_IR": np.ones((0, 2, 8))}, "0 directions"),
        ({"Data_IR": np.ones((N, 2, 0))}, "0 taps"),
        ({"Data_IR": np.ones((1, 2, 16_385), np.float32)}, "16385 taps"),
        ({"Data_IR": np.ones((20_001, 2, 1), np.float32)}, "20001 directions"),
        ({"Data_IR": with_nan()}, "Data.IR has values that are not finite"),
        ({"Data_IR": 1e200 * taps()}, "Data.IR has values that are not finite, or above 1e"),
        ({"Data_IR": np.zeros((N, 2, 8))}, "hears nothing from anywhere"),
        ({"Data_IR": np.full((N, 2, 8), b"x")}, "Data.IR does not hold numbers"),
        ({"Data_SamplingRate": np.array([7_999.0])}, "Data.SamplingRate is"),
        ({"Data_SamplingRate": np.array([192_001.0])}, "Data.SamplingRate is"),
        ({"Data_SamplingRate": np.array([np.nan])}, "Data.SamplingRate has"),
        ({"Data_SamplingRate": np.array([])}, "Data.SamplingRate is"),
        ({"Data_SamplingRate": np.array([44_100.0, 48_000.0])}, "Data.SamplingRate is"),
        ({"Data_SamplingRate": (np.array([48.0]), {"Units": "kilohertz"})}, "'kilohertz', not in hertz"),
        ({"Data_Delay": np.zeros((3, 2))}, r"Data.Delay has the shape \(3, 2\)"),
        ({"Data_Delay": np.array([[0.0, np.inf]])}, "Data.Delay has values that are not finite"),
        ({"Data_Delay": np.array([[0.0, 20_000.0]])}, "Data.Delay spans 20000 frames"),
        ({"SourcePosition": (np.ones((3, 3)), CARTESIAN)}, r"SourcePosition has the shape \(3, 3\)"),
        ({"SourcePosition": (np.ones((N, 2)), SPHERICAL)}, r"SourcePosition has the shape \(8, 2\)"),
        ({"SourcePosition": source_at(np.nan)}, "SourcePosition has values that are not finite"),
        ({"SourcePosition": source_at(0.0)}, "a source where the listener is"),
        ({"SourcePosition": (np.ones((N, 3)), {"Type": "spherical harmonics"})}, "SourcePosition is 'spherical harm"),
        ({"SourcePosition": (np.ones((N, 3)), {"Type": "spherical", "Units": "gon, gon, metre"})}, "in 'gon, gon"),
        ({"SourcePosition": (np.array([(a, 0.0, 1.0) for a in range(N)]), SPHERICAL)}, "no direction within 65 deg"),
        ({"ListenerUp": np.array([[2.0, 0.0, 0.0]])}, "point one way"),
        ({"ListenerView": (np.zeros((1, 3)), CARTESIAN)}, "point one way"),
        ({"Data_IR": alike(), "ReceiverPosition": (np.zeros((2, 3, 1)), CARTESIAN)}, "which ear is left"),
        ({"ReceiverPosition": (np.zeros((4, 3, 1)), CARTESIAN)}, "ReceiverPosition has the shape"),
    ],
)  # fmt: skip
def test_a_file_that_says_nothing_sensible_is_refused(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(AudioError, match=reason) as caught:
        read_sofa(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ({"SOFAConventions": "GeneralFIR"}, "SOFAConventions is 'GeneralFIR', only 'SimpleFreeFieldHRIR'"),
        ({"SOFAConventions": b"SimpleFreeFieldHRTF", "DataType": "TF"}, "SOFAConventions is 'SimpleFreeFieldHRTF'"),
        ({"SOFAConventions": 7}, "SOFAConventions is ''"),
        ({"Conventions": "CF-1.8"}, "Conventions is 'CF-1.8', only 'SOFA'"),
        ({"DataType": "FIR-E"}, "DataType is 'FIR-E'"),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, kind: dict[str, Any], reason: str) -> None:
    with pytest.raises(AudioError, match=reason) as caught:
        read_sofa(written(tmp_path, kind=kind))
    assert "SimpleFreeFieldHRIR" in caught.value.hint


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path = written(tmp_path, Data_IR=None)
    with h5py.File(path, "a") as file:
        file.create_dataset("Data.IR", (20_000, 2, 16_384), "f8", chunks=(100, 2, 1024), compression="gzip")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(AudioError, match="655360000 values"):
        read_sofa(path)


def test_a_variable_in_another_file_is_not_followed(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    other = written(tmp_path).rename(tmp_path / "other.sofa")
    (tmp_path / "secret.bin").write_bytes(bytes(N * 2 * 8 * 8))
    for how in ("link", "raw", "group"):
        path = written(tmp_path, Data_IR=None)
        with h5py.File(path, "a") as file:
            if how == "link":
                file["Data.IR"] = h5py.ExternalLink(str(other), "/Data.IR")
            elif how == "raw":
                parts = [(str(tmp_path / "secret.bin"), 0, h5py.h5f.UNLIMITED)]
                file.create_dataset("Data.IR", (N, 2, 8), "f8", external=parts)
            else:
                file.create_group("Data.IR")
        with pytest.raises(AudioError, match=r"Data\.IR does not hold numbers in this file"):
            read_sofa(path)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVEfmt ", b"\x89HDF\r\n\x1a\n" + bytes(200)])
def test_what_is_no_hdf5_is_refused(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "odd.sofa"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=r"odd\.sofa: not a SOFA file that can be read") as caught:
        read_sofa(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.9])
def test_half_a_file_is_refused(tmp_path: Path, keep: float) -> None:
    path = written(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(AudioError, match=r"head\.sofa"):
        read_sofa(path)


def test_a_folder_a_missing_file_and_a_giant_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="h5py is not installed")
    with pytest.raises(AudioError, match="a folder"):
        read_sofa(tmp_path)
    with pytest.raises(AudioError, match=r"none\.sofa"):
        read_sofa(tmp_path / "none.sofa")
    with (tmp_path / "giant.sofa").open("wb") as file:
        file.truncate(sofa.LARGEST_BYTES + 1)  # sparse: takes no room
    with pytest.raises(AudioError, match="200 MB"):
        read_sofa(tmp_path / "giant.sofa")


def test_without_h5py_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "h5py":
            raise ImportError(name)
        return there(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    (tmp_path / "any.sofa").touch()
    with pytest.raises(AudioError, match="need h5py, which is not installed") as caught:
        read_sofa(tmp_path / "any.sofa")
    assert caught.value.hint == INSTALL_HINT == 'pip install "soundscape[sofa]"'
