"""An hour before the doors: a show that is ready is called so, and each thing that is not is said, with what to do."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from soundscape.apps import dryrun, gear, preflight
from soundscape.apps.cli import run
from soundscape.apps.dryrun import Tried, busiest_s, bytes_per_s, disk_bytes_per_s, tried
from soundscape.apps.findings import Finding
from soundscape.apps.gear import midi, opened_for_a_moment, osc, places
from soundscape.apps.machine import machine
from soundscape.arrangement.arrangement import Arrangement
from soundscape.engine.body import Body
from soundscape.live import show as shows
from soundscape.live.controllers.mapping_file import load_surface
from soundscape.live.controls import Mute, Pad, Press, Release, Snapshot, Transport
from soundscape.live.cues import Cue
from soundscape.live.device import Asked
from soundscape.live.show import Show
from soundscape.space.layout import layout_named
from soundscape.space.renderer import renderer_for
from tests.apps.gates import PIECE, gates_in
from tests.live.stage import BELL, RATE_HZ, event, show_in, takes

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gates_in(tmp_path_factory.mktemp("preflight"))


@pytest.fixture
def cli(stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", "none.toml")
    monkeypatch.setenv("SOUNDSCAPE_CACHE", str(stage / "cache"))
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setattr(gear, "port_names", lambda tell: ("nanoKONTROL2 SLIDER/KNOB",))
    monkeypatch.setattr(preflight, "machine", lambda: iter(()))
    monkeypatch.setattr(dryrun, "TRIED_S", 0.5)

    def well(*arguments: Any, **more: Any) -> Tried:  # it is tried, but how busy this machine is now is no finding
        return replace(tried(*arguments, **more), usual=0.1, worst=0.2)

    monkeypatch.setattr(preflight, "tried", well)

    def called(*arguments: str, piece: Path = stage / "piece.toml") -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["perform", str(piece), "--catalogue", str(stage / "hall.catalogue"), "--preflight",
                    "--journal", "show.journal", *arguments])  # fmt: skip
        out, err = capsys.readouterr()
        return code, out, err

    return called


def verdicts(out: str) -> dict[str, str]:
    return {
        line[5:18].strip(): line[:5].strip() for line in out.splitlines() if line[:5].strip() in ("ok", "look", "NO")
    }


def test_a_show_that_is_ready_is_called_so_and_nothing_of_it_is_left(cli: Cli, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, out, _ = cli("--device", "fast", "--osc", str(port), "--record", "show.wav", "--mapping", "nanokontrol2")
    assert code == 0
    assert verdicts(out) == dict.fromkeys(("piece", "cues", "sounds", "device", "blocks", "MIDI", "OSC", "journal",
                                           "recording"), "ok")  # fmt: skip
    assert "2, in the order of GO: Dawn, Storm" in out
    assert "3.0 h take 2.9 GiB" in out, "two channels of 24 bit at 48 kHz"
    assert out.splitlines()[-1] == "ready"
    assert list(tmp_path.iterdir()) == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


def test_each_thing_that_is_missing_is_said_and_the_others_are_looked_at(cli: Cli) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        code, out, err = cli("--osc", port, "--journal", "gone/show.journal", "--for", "7200", "--json")
    assert code == 2
    assert "not ready: device, OSC, journal" in err
    told = json.loads(out)
    assert told["is_ready"] is False
    found = {one["what"]: one for one in told["findings"]}
    assert {what for what, one in found.items() if one["verdict"] == "wrong"} == {"device", "OSC", "journal"}
    assert found["blocks"]["verdict"] == "ok"
    assert "the folder does not exist" in found["journal"]["found"]
    assert all(one["hint"] for one in found.values() if one["verdict"] != "ok")


def test_a_piece_that_cannot_be_played_keeps_nothing_else_from_being_looked_at(cli: Cli, stage: Path) -> None:
    wrong = stage / "wrong.toml"
    wrong.write_text(PIECE.replace('press = "Gate"', 'press = "Gaet"'))
    code, out, err = cli("--device", "fast", "--osc", "0", piece=wrong)
    assert (code, verdicts(out)) == (2, {"piece": "NO", "MIDI": "ok", "OSC": "ok", "journal": "ok"})
    assert "there is no role 'Gaet'; did you mean 'Gate'?" in out
    assert "not ready: piece" in err


def test_a_recording_that_is_gone_is_named_and_only_matters_where_it_was_never_decoded(
    cli: Cli, stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("--device", "fast")[0] == 0
    take = stage / "takes" / "gate_bolt.flac"
    take.rename(stage / "elsewhere.flac")
    try:
        code, out, _ = cli("--device", "fast")
        assert (code, verdicts(out)["recordings"]) == (0, "look")
        assert f"1 of 1 are gone: {take}" in out
        assert out.splitlines()[-1] == "ready, with 1 to look at"
        monkeypatch.setenv("SOUNDSCAPE_CACHE", str(tmp_path / "other"))
        code, out, _ = cli("--device", "fast")
        assert (code, verdicts(out)["recordings"], "piece" in verdicts(out)) == (2, "NO", False)
    finally:
        (stage / "elsewhere.flac").rename(take)


@pytest.mark.parametrize(
    ("usual", "worst", "verdict"),
    [(0.1, 0.4, "ok"), (0.1, 0.6, "look"), (0.6, 0.7, "look"), (1.1, 3.0, "NO")],
)
def test_blocks_that_cost_too_much_are_told(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, usual: float, worst: float, verdict: str
) -> None:
    monkeypatch.setattr(preflight, "tried", lambda *_, **__: Tried(83.0, 100, usual, worst))
    code, out, _ = cli("--device", "fast", "--block", "128")
    assert (code, verdicts(out)["blocks"]) == (2 if verdict == "NO" else 0, verdict)
    assert f"the worst block uses {100 * worst:.0f} % of its time at 128 frames" in out
    assert "score at 1:23" in out
    assert ("something else took the processor" in out) == (usual < 0.5 < worst)


def test_json_belongs_to_a_preflight(stage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["perform", str(stage / "piece.toml"), "--json"]) == 2
    assert "--json is for --preflight" in capsys.readouterr().err


# Cues, sounds, blocks


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    return show_in(tmp_path_factory.mktemp("show"))


def test_cues_that_name_what_will_not_be_there_are_told(show: Show) -> None:
    drum = Pad("Drum")
    cues = (
        Cue("one", (Snapshot("quiet"), Press(BELL, 100, "cue/Bell"), Transport("locate", 6.0))),
        Cue("two", (Snapshot("quiet", recall=True), Release("cue/Bell"), Mute("Bell"))),
        Cue("three", (Snapshot("loud", recall=True), Release("cue/Gate"), Press(drum, 1, "cue/Drum"))),
        Cue("four", (Transport("locate", 900.0),)),
    )
    assert list(preflight.cue_faults(cues, show)) == [
        "'three' recalls 'loud', which no cue before it keeps",
        "'three' releases 'Gate', which no cue before it presses",
        "'three' presses 'Drum', which has no sounds",
        f"'four' goes to 900 s, and the score ends at {show.duration_s:.1f} s",
    ]


def test_the_busiest_place_is_where_most_sounds_at_once(tmp_path: Path) -> None:
    recordings = takes(tmp_path)
    spans = ((0.0, 1.0), (2.0, 1.0), (2.5, 1.0), (2.75, 0.1), (3.0, 1.0), (9.0, 1.0))
    events = [event(recordings, "gate", start_s, duration_s=length_s) for start_s, length_s in spans]
    assert busiest_s(events) == 2.75
    assert busiest_s(events[-1:]) == 9.0


def test_what_is_tried_is_the_busiest_place_block_after_block(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dryrun, "TRIED_S", 1.0)
    body = Body(renderer_for(layout_named("stereo")), rate_hz=RATE_HZ)
    found = tried(show, body, 128)
    assert found.at_s == busiest_s(show.events)
    assert found.n_blocks == pytest.approx(RATE_HZ / 128, abs=1)
    assert 0.0 < found.usual <= found.worst
    assert body.delivered == pytest.approx((min(found.at_s, dryrun.LEAD_S) + 1.0) * RATE_HZ, abs=256)
    assert body.meters.any() or body.tape.any(), "something sounds in it"


def test_a_disk_must_give_what_is_streamed_at_once_and_no_more(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bytes_per_s(show) == 0.0, "all of it is in memory"
    monkeypatch.setattr(shows, "RESIDENT_S", 1.2)  # the gate's second stays
    recordings = takes(tmp_path)
    wind = [event(recordings, "wind", at_s, duration_s=2.0) for at_s in (0.0, 1.0, 2.0, 5.0)]
    score = Arrangement((*wind, event(recordings, "gate", 1.5)), tuple(recordings.values()), title="Wind")
    streaming = Show(score, show.roles, show.palette, (), show.pool)
    streaming.load()
    assert {key.end_s for key in streaming.streamed} == {1.5, 3.0}
    assert {key.end_s for key in streaming.resident} == {1.0}
    # Two winds at once, one bell and one wind by hand: each of one channel of four bytes.
    assert bytes_per_s(streaming) == 4 * 4.0 * RATE_HZ
    file = Path(str(next(iter(streaming.streamed.values())).filename))
    assert disk_bytes_per_s(file) > 0.0
    assert disk_bytes_per_s(tmp_path / "none") == 0.0
    monkeypatch.setattr(shows, "RESIDENT_S", 30.0)
    monkeypatch.setattr(shows, "MOST_RESIDENT_BYTES", 4 * RATE_HZ)
    full = Show(score, show.roles, show.palette, (), show.pool)
    assert full.load() <= 4 * RATE_HZ
    assert full.streamed, "what finds no place in memory stays on the disk"
    for has, verdict in ((1.0, "wrong"), (2.0 * bytes_per_s(streaming), "look"), (1e9, "ok")):
        monkeypatch.setattr(preflight, "disk_bytes_per_s", lambda _, has=has: has)
        assert preflight._disk(streaming).verdict == verdict


# Gear


class Silent:
    """A device that is open, with outputs that lead nowhere, and pulls nothing."""

    about, block_frames, latency_frames, lost, n_xruns = "a card", 512, 0, "the card is gone", 0
    midi_names = ("a keyboard", "midi_in_2")
    connections = {"out_01_FL": ("card:1",), "out_02_FR": (), "midi_in_1": (), "midi_in_2": ()}  # noqa: RUF012

    def __init__(self, body: Body, *, plays: bool) -> None:
        self.body, self.plays, self.is_open = body, plays, True
        self.lost = "" if plays else self.lost

    def start(self) -> None:
        """Begin."""

    def tend(self) -> tuple[str, ...]:
        return ()

    def close(self) -> None:
        self.is_open = False

    def wait(self, timeout_s: float) -> None:
        if self.plays:
            self.body.pull(512)


@pytest.mark.parametrize("plays", [True, False])
def test_a_device_is_let_play_and_closed(monkeypatch: pytest.MonkeyPatch, *, plays: bool) -> None:
    body = Body(renderer_for(layout_named("stereo")))
    device = Silent(body, plays=plays)
    monkeypatch.setattr(gear, "open_device", lambda *_: device)
    opened = opened_for_a_moment(body, Asked("jack", 128))
    assert not device.is_open
    if not plays:
        assert [one.verdict for one in opened.findings] == ["wrong"]
        assert opened.findings[0].found == "a card: it is open, and plays nothing the card is gone"
        return
    assert [one.verdict for one in opened.findings] == ["ok", "look", "look"]
    assert opened.findings[1].found == "its blocks have 512 frames, and 128 were asked for"
    assert opened.findings[2].found == "1 of 2 channels are connected with nothing: out_02_FR"
    assert (opened.block_frames, opened.ports) == (512, ("a keyboard",))


def found_by(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.verdict, one.found) for one in findings]


def test_controllers_that_a_show_wants_are_there_or_named() -> None:
    pads = load_surface("launchpad-mini-mk3", ["Bell"])
    ports = ("Launchpad Mini MK3 LPMiniMK3 MI", "a keyboard")
    assert found_by(midi((pads,), ("keyboard",), ports)) == [("ok", f"there are: {'; '.join(ports)}")]
    told = found_by(midi((pads,), ("organ",), ports[1:]))
    assert [verdict for verdict, _ in told] == ["wrong", "wrong"]
    assert "no port is called 'organ'; there are: a keyboard" in told[0][1]
    assert "Launchpad" in told[1][1]


def test_no_midi_at_all_matters_to_who_wants_some(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(tell: Callable[[str], None]) -> tuple[str, ...]:
        tell("no MIDI ports can be had: no rtmidi")
        return ()

    monkeypatch.setattr(gear, "port_names", none)
    assert [one.verdict for one in midi((), (), None)] == ["look"]
    assert [one.verdict for one in midi((), ("organ",), None)] == ["wrong"]


def test_a_disk_must_hold_the_whole_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = 3600.0 * 3.0 * 12 * 48_000  # 12 channels
    for free, verdict in ((0.9, "wrong"), (1.5, "look"), (2.5, "ok")):
        usage: Any = SimpleNamespace(free=free * hour)
        monkeypatch.setattr(gear.shutil, "disk_usage", lambda _, usage=usage: usage)
        found = list(places(tmp_path / "a.journal", tmp_path / "a.wav", lasts_s=3600.0,
                            frame_bytes_per_s=3.0 * 12 * 48_000))  # fmt: skip
        assert [one.verdict for one in found] == ["ok", verdict]
    assert list(tmp_path.iterdir()) == []


def test_without_osc_nothing_is_said_of_it() -> None:
    assert list(osc(None)) == []
    assert [one.verdict for one in osc(0)] == ["ok"]


# The machine


def files(root: Path, **texts: str) -> Path:
    places_of = {"governor": "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "memory": "proc/meminfo",
                 "type": "sys/class/power_supply/BAT0/type", "status": "sys/class/power_supply/BAT0/status",
                 "capacity": "sys/class/power_supply/BAT0/capacity"}  # fmt: skip
    for name, text in texts.items():
        file = root / places_of[name]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return root


def test_what_disturbs_a_show_on_this_machine_is_told_with_what_to_do(tmp_path: Path) -> None:
    swapped = "MemAvailable: 4194304 kB\nSwapTotal: 2097152 kB\nSwapFree: 1048576 kB"
    root = files(tmp_path, governor="powersave", type="Battery", status="Discharging", capacity="71", memory=swapped)
    told = {one.what: one for one in machine(root) if one.what != "priority"}
    assert {what: one.verdict for what, one in told.items()} == dict.fromkeys(("processor", "power", "memory"), "look")
    assert "71 % left" in told["power"].found
    assert "4.0 GiB left with the show loaded, 1.0 GiB in the swap" in told["memory"].found
    assert all(one.hint for one in told.values())


def test_a_machine_that_is_well_or_says_nothing_is_left_alone(tmp_path: Path) -> None:
    assert [one.what for one in machine(tmp_path / "nothing") if one.what != "priority"] == []
    memory = "MemAvailable: 4194304 kB\nSwapTotal: 2097152 kB\nSwapFree: 2097152 kB"
    root = files(tmp_path, governor="performance", type="Battery", status="Charging", capacity="71", memory=memory)
    assert {one.verdict for one in machine(root) if one.what != "priority"} == {"ok"}
    low = list(machine(files(tmp_path, memory="MemAvailable: 1024 kB")))
    assert [one.verdict for one in low if one.what == "memory"] == ["look"]
