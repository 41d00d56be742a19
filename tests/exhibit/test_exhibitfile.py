from __future__ import annotations

import math
from pathlib import Path

import pytest

from soundscape.errors import ExhibitError
from soundscape.exhibit.exhibit import Caps, Ebb, Exhibit, Layer, Mood, Places
from soundscape.exhibit.exhibitfile import load_exhibit

SHIPPED = Path(__file__).resolve().parents[2] / "scores" / "gate_hall.exhibit.toml"
HEAD = '[exhibit]\ntitle = "Hall"\n'
HOURS = '[hours]\ntimezone = "UTC"\nopen = ["09:00-18:00"]\n'
GATES = '[[layer]]\nname = "gates"\nwants = "gate"\n'
BELLS = '[[layer]]\nname = "bells"\nwants = "bell"\n'
WIND = '[[layer]]\nname = "wind"\nwants = "wind"\ngoes_on = true\n'
DOOR = '[[trigger]]\nname = "door"\nlayer = "gates"\n'
SCHOOL = '[[trigger]]\nname = "school class"\nmood = { lively = -0.3 }\n'
LEAST = HEAD + HOURS + GATES


def loaded(text: str | bytes, folder: Path) -> Exhibit:
    path = folder / "hall.exhibit.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_exhibit(path)


def test_the_shipped_exhibit_is_read_as_it_is_written() -> None:
    hall = load_exhibit(SHIPPED)
    assert (hall.title, hall.title_zh, hall.room, hall.seed) == ("Hall of the gates", "门厅", "gallery", 24)
    assert [layer.name for layer in hall.layers] == ["wind", "far gates", "bells", "strings"]
    wind, gates, bells, strings = hall.layers
    assert (wind.goes_on, wind.length_s, wind.fade_s, wind.ebb) == (True, (60.0, 170.0), 10.0, Ebb(9.0, 0.6))
    assert (gates.process, gates.cluster, gates.overlap) == ("clustered", (1, 4), (0, 2))
    assert (bells.process, bells.answers, bells.answer_after_s) == ("answering", "far gates", (2.0, 9.0))
    assert strings.apart_from == ("bells",)
    assert gates.places == Places((-110.0, 110.0), (0.0, 12.0), (7.0, 18.0))
    assert [trigger.name for trigger in hall.triggers] == ["door", "school class"]
    assert hall.rules[0].mood == {"lively": -0.15, "bright": -0.2}
    assert hall.rules[0].layers["wind"].by_db == 2.0
    assert hall.profiles["closed"].by_db == -math.inf


def test_what_a_file_leaves_out_is_as_the_values_say(tmp_path: Path) -> None:
    hall = loaded(LEAST, tmp_path)
    plain = Layer("gates", hall.layers[0].wants)
    assert hall == Exhibit(hall.path, "Hall", (plain,), hall.hours)
    assert (hall.mood, hall.caps, hall.layout, hall.room) == (Mood(), Caps(), "stereo", "none")


def test_a_number_stands_for_both_ends_and_a_profile_keeps_what_is_not_said_anew(tmp_path: Path) -> None:
    said = 'gain_db = -9\noverlap = 2\n[profile.quiet]\nby_db = -9\n[profile.school]\nwithout = ["gates"]\n'
    hall = loaded(LEAST + said, tmp_path)
    assert (hall.layers[0].gain_db, hall.layers[0].overlap) == ((-9.0, -9.0), (2, 2))
    assert (hall.profiles["quiet"].by_db, hall.profiles["quiet"].mood) == (-9.0, {"lively": -0.2})
    assert (hall.profiles["school"].without, hall.profiles["school"].by_db) == (("gates",), 0.0)


def test_sliders_go_all_the_way_unless_the_file_says_how_far(tmp_path: Path) -> None:
    hall = loaded(LEAST + "[panel]\nlively = [0.2, 0.7]\nbright = 0.5\n", tmp_path)
    assert hall.sliders == {"lively": (0.2, 0.7), "near": (0.0, 1.0), "bright": (0.5, 0.5)}


def test_files_are_found_beside_the_exhibit(tmp_path: Path) -> None:
    (tmp_path / "spare.flac").write_bytes(b"")
    hall = loaded(HEAD + 'fallback = "spare.flac"\n' + HOURS + GATES, tmp_path)
    assert hall.fallback == tmp_path.resolve() / "spare.flac"


WRONG: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "not TOML": ("[exhibit]\ntitle = \n", ("is not TOML", "line 2")),
    "not text": (b"\xff\xfe\xfa", ("cannot read", "not UTF-8 text")),
    "a number without an end": (HEAD + f"seed = {'9' * 5000}\n", ("is not TOML",)),
    "unknown table": (LEAST + "[mod]\nlively = 0.5\n", ("unknown key 'mod'", "did you mean 'mood'?")),
    "unknown key of the frame": (HEAD + 'titel_zh = "x"\n', ("[exhibit]: unknown key 'titel_zh'", "'title_zh'")),
    "unknown key of a layer": (LEAST + "per_minut = 1\n", ("[[layer]] 'gates'", "'per_minut'", "'per_minute'")),
    "unknown key of a place": (LEAST + "places = { azimut_deg = 1 }\n", ("'gates': places", "'azimuth_deg'")),
    "unknown slider": (LEAST + "[mood]\nlivly = 0.5\n", ("[mood]: unknown key 'livly'", "'lively'")),
    "no frame": (HOURS + GATES, ("there is no [exhibit] table",)),
    "frame is no table": ("exhibit = 3\n", ("exhibit must be a table, got 3",)),
    "no title": ("[exhibit]\n" + HOURS + GATES, ("[exhibit]: title is missing",)),
    "empty title": ('[exhibit]\ntitle = " "\n' + HOURS + GATES, ("[exhibit]: title is missing",)),
    "no hours": (HEAD + GATES, ("[hours]",)),
    "no layer": (HEAD + HOURS, ("there is no [[layer]]",)),
    "layers are no tables": (HEAD + 'layer = "wind"\n' + HOURS, ("unknown key 'layer'",)),
    "no name": (LEAST + '[[layer]]\nwants = "bell"\n', ("[[layer]], number 2: name is missing",)),
    "name twice": (LEAST + GATES, ("two [[layer]] are called 'gates'",)),
    "no wants": (LEAST + '[[layer]]\nname = "bells"\n', ("[[layer]] 'bells': wants is missing",)),
    "wants not understood": (LEAST.replace('"gate"', '"gaet and"'), ("'gates': wants", "gaet")),
    "density below 0": (LEAST + "per_minute = -1\n", ("'gates': per_minute is -1", "from 0 to 120")),
    "text for a number": (LEAST + 'per_minute = "often"\n', ("'gates': per_minute must be a number, got 'often'",)),
    "number that is none": (LEAST + "per_minute = nan\n", ("'gates': per_minute must be finite, got nan",)),
    "true for a number": (LEAST + "fade_s = true\n", ("'gates': fade_s must be a number, got True",)),
    "number for text": (HEAD + "room = 3\n" + HOURS + GATES, ("[exhibit]: room must be text in quotes, got 3",)),
    "number for true": (LEAST + "goes_on = 1\n", ("'gates': goes_on must be true or false, got 1",)),
    "text for a table": (LEAST + 'places = "left"\n', ("'gates': places must be a table, got 'left'",)),
    "text for a list": (LEAST + 'apart_from = "x"\n', ("'gates': apart_from must be a list of names, got 'x'",)),
    "three ends": (LEAST + "gain_db = [1, 2, 3]\n", ("'gates': gain_db must be a number, or [least, greatest]",)),
    "slider out of range": (LEAST + "[mood]\nlively = 1.5\n", ("[mood]: lively is 1.5", "from 0 to 1")),
    "overlap the wrong way round": (LEAST + "overlap = [3, 1]\n", ("'gates': overlap", "3, is above", "1")),
    "overlap of a half": (LEAST + "overlap = [0, 1.5]\n", ("'gates': overlap must be whole numbers",)),
    "a seed below 0": (HEAD + "seed = -1\n" + HOURS + GATES, ("[exhibit]: seed is -1",)),
    "unknown process": (LEAST + 'process = "poison"\n', ("'gates': process is 'poison'", "did you mean 'poisson'?")),
    "answering nobody": (LEAST + 'process = "answering"\n', ("'gates': process is 'answering'", "answers is missing")),
    "answering by chance": (
        LEAST + BELLS + 'answers = "gates"\nprocess = "clustered"\n',
        ("'bells': process is 'clustered'", "answers is 'gates'"),
    ),
    "answers an unknown one": (LEAST + 'answers = "bels"\n' + BELLS, ("'gates': answers", "'bels'", "'bells'")),
    "answers itself": (LEAST + 'answers = "gates"\n', ("[[layer]] 'gates'", "names itself")),
    "answers a bed": (LEAST + 'answers = "wind"\n' + WIND, ("'gates'", "answers is 'wind'", "goes on")),
    "a bed answers": (LEAST + WIND + 'answers = "gates"\n', ("'wind'", "answers is given", "goes on")),
    "answers in a circle": (
        LEAST + 'answers = "bells"\n' + BELLS + 'answers = "gates"\n',
        ("'gates'", "gates answers bells answers gates"),
    ),
    "apart from an unknown one": (LEAST + 'apart_from = ["bels"]\n' + BELLS, ("'gates': apart_from", "'bells'")),
    "apart from a bed": (LEAST + 'apart_from = ["wind"]\n' + WIND, ("'gates'", "apart_from is 'wind'", "goes on")),
    "a bed that fades too long": (
        LEAST + WIND + "length_s = 10\nfade_s = 6\n",
        ("'wind': length_s", "10", "fade_s, 6"),
    ),
    "unknown layer in a rule": (
        LEAST + '[[when]]\nseason = "winter"\nlayers = { gtes = { by_db = 1 } }\n',
        ("[[when]], number 1: layers", "'gtes'", "did you mean 'gates'?"),
    ),
    "no condition": (LEAST + "[[when]]\nby_db = -3\n", ("[[when]], number 1", "no condition")),
    "unknown season": (LEAST + '[[when]]\nseason = "wintr"\n', ("[[when]], number 1: season", "'winter'")),
    "unknown profile in a rule": (LEAST + '[[when]]\nprofile = "quite"\n', ("number 1: profile", "'quiet'")),
    "unknown profile on schedule": (
        HEAD + HOURS + 'schedule = [{ profile = "quite", hours = ["09:00-10:00"] }]\n' + GATES,
        ("[hours]: schedule", "no profile 'quite'", "did you mean 'quiet'?"),
    ),
    "unknown profile of a date": (
        HEAD + HOURS + 'dates = [{ on = "10-01", profile = "bussy" }]\n' + GATES,
        ("[hours]: dates", "no profile 'bussy'", "did you mean 'busy'?"),
    ),
    "a profile above 0 dB": (LEAST + "[profile.loud]\nby_db = 3\n", ("[profile.loud]: by_db is 3", "to 0")),
    "unknown layer without": (LEAST + '[profile.school]\nwithout = ["gtes"]\n', ("[profile.school]: without", "gates")),
    "caps that fall": (LEAST + "[loudness]\nmomentary_lufs = -40\n", ("[loudness]", "caps must rise", "-40")),
    "a cap above 0": (LEAST + "[loudness]\nceiling_dbtp = 1\n", ("[loudness]: ceiling_dbtp is 1",)),
    "a trigger of nothing": (LEAST + '[[trigger]]\nname = "door"\n', ("[[trigger]] 'door'", "starts a layer or")),
    "a trigger of both": (
        LEAST + '[[trigger]]\nname = "door"\nlayer = "gates"\nmood = { lively = 0.1 }\n',
        ("[[trigger]] 'door'", "starts a layer or"),
    ),
    "unknown layer of a trigger": (
        LEAST + '[[trigger]]\nname = "door"\nlayer = "gtes"\n',
        ("[[trigger]] 'door': layer", "'gtes'", "did you mean 'gates'?"),
    ),
    "a bed of a trigger": (
        LEAST + WIND + '[[trigger]]\nname = "door"\nlayer = "wind"\n',
        ("[[trigger]] 'door': layer", "'wind'", "goes on"),
    ),
    "a slider that begins beyond its end": (
        LEAST + "[mood]\nlively = 0.9\n[panel]\nlively = [0.2, 0.7]\n",
        ("[panel]: lively goes from 0.2 to 0.7, and [mood] puts it at 0.9",),
    ),
    "a slider that nobody has": (LEAST + "[panel]\nloud = 1\n", ("[panel]: unknown key 'loud'",)),
    "a slider that goes too far": (LEAST + "[panel]\nnear = [0, 2]\n", ("[panel]: near is 2", "from 0 to 1")),
    "two triggers with one note": (
        LEAST + DOOR + "midi = { note = 60, channel = 1 }\n" + SCHOOL + "midi = { note = 60, channel = 1 }\n",
        ("[[trigger]] 'school class': midi is note 60 on channel 1", "'door'"),
    ),
    "two triggers with one note, one of them on any channel": (
        LEAST + DOOR + "midi = { note = 60 }\n" + SCHOOL + "midi = { note = 60, channel = 9 }\n",
        ("[[trigger]] 'school class': midi is note 60 on channel 9", "'door', note 60 on any channel"),
    ),
    "two triggers with one controller": (
        LEAST + DOOR + "midi = { control = 20 }\n" + SCHOOL + "midi = { control = 20 }\n",
        ("[[trigger]] 'school class': midi is controller 20 on any channel",),
    ),
    "two triggers with one OSC address": (
        LEAST + SCHOOL + SCHOOL.replace("school class", "school_class"),
        ("[[trigger]] 'school_class': its OSC address is /exhibit/trigger/school_class", "that of 'school class'"),
    ),
    "two triggers whose names look the same": (
        LEAST + SCHOOL.replace("school class", "caf\u00e9") + SCHOOL.replace("school class", "cafe\u0301"),
        ("its OSC address is /exhibit/trigger/caf\u00e9",),
    ),
    "two profiles with one OSC address": (
        LEAST + '[profile."no bells"]\nby_db = -3\n[profile.no_bells]\nby_db = -6\n',
        ("[profile.no_bells]: its OSC address is /exhibit/profile/no_bells", "that of 'no bells'"),
    ),
    "unknown layout": (HEAD + 'layout = "7.1.5"\n' + HOURS + GATES, ("[exhibit]: layout", "7.1.5")),
    "unknown room": (HEAD + 'room = "galery"\n' + HOURS + GATES, ("[exhibit]: room", "galery", "gallery")),
    "unknown panner": (HEAD + 'panner = "vpab"\n' + HOURS + GATES, ("[exhibit]: panner", "vpab", "vbap")),
    "two rooms": (
        HEAD + 'room = "hall"\n' + HOURS + GATES + '[room]\nbase = "hall"\n',
        ("room is 'hall'", "[room] too"),
    ),
    "own room wrong": (LEAST + '[room]\nbase = "hal"\n', ("[room]", "'hal'", "'hall'")),
    "fallback missing": (HEAD + 'fallback = "gone.wav"\n' + HOURS + GATES, ("[exhibit]: fallback is 'gone.wav'",)),
    "fallback elsewhere": (HEAD + 'fallback = "../x.wav"\n' + HOURS + GATES, ("fallback is '../x.wav', outside the",)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_said_in_a_line_with_its_place(kind: str, tmp_path: Path) -> None:
    text, said = WRONG[kind]
    with pytest.raises(ExhibitError) as caught:
        loaded(text, tmp_path)
    message, hint = str(caught.value), caught.value.hint
    assert "\n" not in message + hint
    assert str(tmp_path / "hall.exhibit.toml") in message
    assert hint
    for part in said:
        assert part in f"{message} ({hint})", message


def test_buttons_that_no_message_is_both_of_may_be_there(tmp_path: Path) -> None:
    for one, other in (("note = 60, channel = 1", "note = 60, channel = 2"), ("note = 60", "control = 60"),
                       ("note = 60", "note = 61")):  # fmt: skip
        hall = loaded(LEAST + DOOR + f"midi = {{ {one} }}\n" + SCHOOL + f"midi = {{ {other} }}\n", tmp_path)
        assert len(hall.triggers) == 2


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExhibitError, match=r"cannot read .*gone\.toml: No such file") as caught:
        load_exhibit(tmp_path / "gone.toml")
    assert "--new" in caught.value.hint
