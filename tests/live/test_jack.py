"""A show on a real audio server: ports, notes, bits, and what happens when the server dies."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.live.stage import latencies

ROOT = Path(__file__).resolve().parents[2]
WITH_JACK = Path(__file__).with_name("with-jack")
IS_WHOLE = bool(os.environ.get("SOUNDSCAPE_WHOLE_DAY"))
PATIENCE_S = 1_800 if IS_WHOLE else 180

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("jackd") is None, reason="jackd is not installed (Debian: jackd2)"),
    pytest.mark.skipif(importlib.util.find_spec("jack") is None, reason="JACK-Client is not installed"),
]


def scene(name: str, folder: Path, *, beside: bool = True, **environment: str) -> dict[str, Any]:
    """What a scene of `on_jack` says, played beside a server of its own, or without any."""
    command = [sys.executable, "-m", "tests.live.on_jack", name, str(folder)]
    told = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    run = subprocess.run([str(WITH_JACK), *command] if beside else command, cwd=ROOT, env=told, capture_output=True,
                         text=True, timeout=PATIENCE_S, check=False)  # fmt: skip
    assert run.returncode == 0, run.stderr
    said: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return said


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("jack")
    told = scene("show", folder)
    with np.load(folder / "heard.npz") as arrays:
        return told, dict(arrays)


def test_channels_are_connected_with_the_card_in_their_order(played: Any) -> None:
    told, _ = played
    assert told["about"] == "JACK, 2 channels, blocks of 512"
    outs = {name: names for name, names in told["connections"].items() if name.startswith("out_")}
    assert outs == {"out_01_FL": ["system:playback_1", "ears:in_1"], "out_02_FR": ["system:playback_2", "ears:in_2"]}
    assert told["connections"]["midi_in_1"] == ["keyboard:keys"]


def test_a_note_through_a_midi_port_sounds_one_constant_latency_later(played: Any) -> None:
    told, arrays = played
    times, heard, sent = arrays["times"], arrays["heard"], arrays["sent"]
    assert np.array_equal(np.diff(times), np.full(len(times) - 1, 512)), "the listener missed no block"
    assert len(sent) == 16
    assert len(set((sent - times[0]) % 512)) > 10, "notes come from all over the block"
    late = latencies(times, heard, sent)
    assert set(late) == {late[0]}, "to the frame"
    assert late[0] <= 2 * 512
    assert told["n_late_starts"] == 0


def test_what_the_server_was_given_is_the_journal_played_again(played: Any) -> None:
    _, arrays = played
    first = int(arrays["places"][0])
    heard = arrays["heard"].reshape(-1, 2)
    assert np.array_equal(np.diff(arrays["places"]), np.full(len(arrays["places"]) - 1, 512))
    assert np.abs(heard).max() > 0.05
    np.testing.assert_array_equal(heard, arrays["again"][first : first + len(heard)])


SECONDS_FREE, FREE_BLOCK = (3_600, 4_096) if IS_WHOLE else (60, 1_024)


@pytest.fixture(scope="module")
def freed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return scene("free", tmp_path_factory.mktemp("free"), FRAMES=str(FREE_BLOCK), SECONDS_FREE=str(SECONDS_FREE))


def test_a_server_that_runs_free_is_followed_faster_than_the_clock_and_misses_nothing(freed: Any) -> None:
    assert freed["was_free"]
    assert freed["n_free_frames"] >= SECONDS_FREE * 48_000
    assert freed["free_s"] < SECONDS_FREE
    assert freed["n_gaps"] == 0
    assert freed["n_late_starts"] == freed["n_late_blocks"] == freed["n_dry"] == 0


def test_clicks_of_the_score_and_notes_of_hands_fall_on_their_frames_while_it_runs_free(freed: Any) -> None:
    assert freed["n_notes"] >= SECONDS_FREE // 7 - 1
    assert len(freed["due"]) > SECONDS_FREE
    assert freed["heard"] == freed["due"], "to the frame, without drift"


def test_what_was_heard_of_a_free_run_is_its_journal_played_again(freed: Any) -> None:
    assert freed["is_same"]
    assert freed["n_heard"] > SECONDS_FREE * 48_000


def test_the_show_goes_on_in_time_when_the_server_keeps_time_again(freed: Any) -> None:
    assert freed["timed_s"] > 1.9, "two seconds of sound take two seconds"
    assert freed["tended"][:2] == ["the server runs free of the clock: the show keeps pace with it",
                                   "the server keeps time again"]  # fmt: skip


def test_a_server_that_dies_is_noticed_and_the_journal_is_whole(tmp_path: Path) -> None:
    told = scene("lost", tmp_path)
    assert told["lost"]
    assert told["noticed_s"] < 3.0
    assert told["remembers"], "what was connected is known, to be connected again"
    assert told["n_frames"] == told["delivered"] > 12_000


def test_a_port_that_comes_late_is_connected_when_it_comes(tmp_path: Path) -> None:
    told = scene("late_port", tmp_path)
    assert told["before"] == [["late:in"], ["late:keys"]], "wanted, and remembered"
    assert sorted(told["told"]) == ["midi_in_2 is connected with late:keys", "out_01_FL is connected with late:in"]
    assert told["found"] == [["soundscape:out_01_FL"], ["soundscape:midi_in_2"]]
    assert told["midi_names"] == ["midi_in_1", "late:keys", "midi_in_3", "midi_in_4"], "mappings know them by name"


def test_what_is_joined_and_parted_by_hand_is_learned_and_what_goes_away_is_waited_for(tmp_path: Path) -> None:
    told = scene("by_hand", tmp_path)
    assert told["wanted"] == [["card:in", "other:in"], ["other:in"], ["other:in"], ["other:in"]]


def test_controllers_are_greeted_each_by_its_own_port_and_let_go_when_their_cable_is_pulled(tmp_path: Path) -> None:
    told = scene("controllers", tmp_path)
    assert told["heard"] == [["f0002029020d0e01f7"], ["c005"], []]
    assert told["midi_names"] == ["pads:one (capture)", "pads:two (capture)", "late:three (capture)"], "a newcomer too"
    assert (told["holds"], told["lets_go"]) == (True, True)


def test_a_server_of_another_rate_and_no_server_are_said_in_a_line(tmp_path: Path) -> None:
    told = scene("refused", tmp_path, RATE_HZ="44100")
    assert told["kind"] == "DeviceError"
    assert "JACK runs at 44100 Hz, the piece at 48000 Hz" in told["error"]
    (tmp_path / "none").mkdir()
    told = scene("refused", tmp_path / "none", beside=False, JACK_DEFAULT_SERVER="no-such-server")
    assert told["kind"] == "DeviceError"
    assert "no JACK server answers" in told["error"]
    assert "--device portaudio or null" in told["hint"]
