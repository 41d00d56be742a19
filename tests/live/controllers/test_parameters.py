"""NRPN and RPN: from the bytes of a cable to values, knobs, buttons, bends, motors, and what is learned."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import ControllerError
from soundscape.live.controllers.learn import Learned, Wanted, keep
from soundscape.live.controllers.mapping import Source
from soundscape.live.controllers.mapping_file import load_surface
from soundscape.live.controllers.messages import Stream
from soundscape.live.controllers.parameters import MOST_NUMBER, Entry, Kind, PortParameters, setting
from soundscape.live.controllers.reader import Reader
from soundscape.live.controllers.turning import place_14
from soundscape.live.controls import Feedback, Go, Level, Shape
from soundscape.live.faders import SILENCE_DB, TOP_DB
from tests.live.controllers.playing import ROLES, Hands, bend, cc, off, on, press_of, released, shapes, surface
from tests.live.controllers.test_messages import without_repeats

MASTER = '[[knob]]\nnrpn = 1234\nchannel = 1\nto = "master"\nrange = [-60, 0]\ncurve = "linear"\n'
SELECT = (cc(99, 9), cc(98, 82))
"""NRPN 1234."""
NULL = (cc(101, 127), cc(100, 127))


def entries(raw: bytes) -> list[Entry]:
    parameters = PortParameters()
    return [entry for message in Stream().feed(raw) if (entry := parameters.hear(message)) is not None]


numbers, values = st.integers(0, MOST_NUMBER), st.integers(0, 16383)
few_numbers = st.one_of(numbers, st.sampled_from([0, 1, 6, 127, 128, 1234, 1235]))
settings_made = st.tuples(st.integers(0, 15), st.sampled_from(["nrpn", "rpn"]), few_numbers, values)


@given(sent=st.lists(settings_made, max_size=20), is_terse=st.booleans())
def test_what_was_sent_arrives_whatever_a_sender_leaves_out(
    *, sent: list[tuple[int, Kind, int, int]], is_terse: bool
) -> None:
    """Statuses that repeat are left out; halves of a number that its channel has selected already as well."""
    messages: list[bytes] = []
    selected: dict[tuple[int, int], int] = {}
    kinds: dict[int, Kind] = {}
    for channel, kind, number, value in sent:
        for message in setting(kind, number, value, channel):
            half = (channel, message[1])
            is_selected = kinds.get(channel) == kind and selected.get(half) == message[2]
            if is_terse and message[1] >= 98 and is_selected:
                continue
            selected[half] = message[2]
            messages.append(message)
        kinds[channel] = kind
    found = entries(without_repeats(messages))
    assert [(one.kind, one.number, one.value) for one in found[1::2]] == [one[1:] for one in sent]
    assert [(one.value, one.is_upper) for one in found[::2]] == [(one[3] & (127 << 7), True) for one in sent]


@given(st.lists(st.tuples(settings_made, st.integers(1, 15)), max_size=8))
def test_channels_and_ports_do_not_disturb_each_other(sent: list[tuple[tuple[int, Kind, int, int], int]]) -> None:
    """Two channels whose messages alternate, one by one, hear what each would hear alone."""
    for (channel, kind, number, value), further in sent:
        other = (channel + further) % 16
        both = zip(setting(kind, number, value, channel), setting("nrpn", 77, 16383 - value, other), strict=True)
        found = entries(without_repeats([message for pair in both for message in pair]))
        assert found[2:] == [Entry(kind, number, value), Entry("nrpn", 77, 16383 - value)]


def test_data_without_a_parameter_are_nobodys() -> None:
    def heard(*messages: tuple[int, ...]) -> list[Entry]:
        return entries(b"".join(map(bytes, messages)))

    assert heard(cc(6, 9), cc(38, 9), cc(96, 0), cc(97, 0)) == []
    assert heard(cc(99, 9), cc(6, 9)) == [], "half a number is none"
    assert heard(*SELECT, *NULL, cc(6, 9), cc(96, 0)) == []
    assert heard(*SELECT, cc(99, 127), cc(98, 127), cc(38, 9)) == []
    assert heard(*SELECT, *NULL, cc(98, 82), cc(6, 9)) == [], "what was selected before is forgotten"
    assert heard(*SELECT, cc(121, 0), cc(6, 9)) == [], "a reset selects none"
    assert heard(*SELECT, cc(6, 9, channel=2)) == []
    assert heard(*SELECT, cc(6, 9), *SELECT, cc(38, 1)) == [Entry("nrpn", 1234, 1152, is_upper=True),
                                                            Entry("nrpn", 1234, 1153)]  # fmt: skip
    assert heard(*SELECT, cc(6, 9), cc(98, 83), cc(38, 1))[-1] == Entry("nrpn", 1235, 1), "a value is of its parameter"


def test_a_knob_is_set_by_the_upper_half_and_refined_by_the_lower() -> None:
    hands = Hands(MASTER)
    assert hands(*SELECT, cc(6, 64)) == [Level(-30.0)]
    assert hands(cc(38, 64)) == [Level(pytest.approx(-60 + 60 * place_14(64 << 7 | 64)))]
    assert hands(cc(6, 127), cc(38, 127))[-1] == Level(0.0)
    assert hands(cc(98, 83), cc(6, 1), cc(99, 9, 2), cc(98, 82, 2), cc(6, 1, 2)) == []
    everywhere = Hands(MASTER.replace("channel = 1\n", "").replace("nrpn", "rpn"))
    assert everywhere(cc(101, 9, 7), cc(100, 82, 7), cc(6, 0, 7)) == [Level(-60.0)]


def test_steps_go_on_from_where_the_value_is() -> None:
    hands = Hands(MASTER.replace("-60, 0", "0, 12.7"))
    levels = hands(*SELECT, cc(6, 32), cc(96, 0), cc(96, 99), cc(97, 5))
    quarter = 12.7 / 4
    assert [one.level_db for one in levels if isinstance(one, Level)] == pytest.approx(
        [quarter, quarter + 0.1, quarter + 0.2, quarter + 0.1]
    )
    hands.known.spot("master", "").value = 1.0  # a snapshot came back
    assert hands(cc(97, 0)) == [Level(pytest.approx(0.9, abs=1e-3))]
    assert hands(*[cc(97, 0)] * 200)[-1] == Level(0.0)
    assert hands(cc(97, 0)) == []


def test_a_button_is_pressed_once_by_a_value_of_two_halves() -> None:
    hands = Hands('[[button]]\nnrpn = 1234\ndoes = "go"\n' + MASTER.replace("1234", "1235"))
    assert hands(*SELECT, cc(6, 127), cc(38, 127), cc(6, 0), cc(38, 0)) == [Go()]
    assert hands(cc(6, 127), cc(38, 0)) == [Go()]
    assert hands(cc(6, 127)) == [Go()], "it sends its one value at each press"
    assert hands(cc(6, 63), cc(38, 127), cc(96, 0)) == []
    places = Hands('[[button]]\nnrpns = [1233, 1235]\nroles_from = 1\ndoes = "solo"\n')
    assert [control.role for control in places(*SELECT, cc(6, 127), cc(98, 83), cc(6, 127))] == ["Gate", "Wind"]  # type: ignore[union-attr]


def test_the_bend_range_is_each_channels_own() -> None:
    rows = "".join(f'[[keys]]\nrole = "{role}"\nchannel = {n}\n' for n, role in ((1, "Gate"), (2, "Wind")))
    hands = Hands(rows)
    both = zip(setting("rpn", 0, 12 << 7 | 50, 0), setting("rpn", 0, 7 << 7, 1), strict=True)
    hands(*(tuple(message) for pair in both for message in pair))
    assert shapes(hands(bend(16383, 1), bend(0, 2))) == [("bend", 12.5, "", "Gate"), ("bend", -7.0, "", "Wind")]
    assert shapes(hands(cc(97, 0, 1), cc(96, 0, 2))) == [("bend", 12.49, "", "Gate"), ("bend", -7.01, "", "Wind")]
    assert shapes(hands(cc(6, 127, 1))) == [("bend", 96.0, "", "Gate")]
    assert shapes(hands(*[cc(97, 0, 2)] * 800))[-1] == ("bend", 0.0, "", "Wind")
    taken = Hands(rows + '[[knob]]\nrpn = 0\nchannel = 1\nto = "bend"\nrole = "Gate"\n')
    assert taken(cc(101, 0), cc(100, 0), cc(6, 127), cc(38, 127))[-1] == Shape("bend", 2.0, role="Gate")
    assert shapes(taken(bend(16383))) == [("bend", 2.0, "", "Gate")], "the knob has it, and nothing else"


def test_zones_are_told_in_the_middle_of_everything_else() -> None:
    hands = Hands('[[keys]]\nrole = "Wind"\nmpe = true\n' + MASTER.replace("channel = 1", "channel = 16"))
    finger = press_of(hands(on(60, channel=5))).finger
    told = (cc(101, 0, 1), cc(99, 9, 16), cc(100, 6, 1), cc(98, 82, 16), cc(6, 127, 16), cc(6, 3, 1), cc(38, 9, 1))
    assert released(hands(*told)) == [finger], "three fingers from now on, and only once"
    assert hands(on(60, channel=5), off(60, channel=5)) == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ('[[knob]]\nnrpn = 16383\nto = "master"\n', r"\[\[knob\]\] 1: nrpn is 16383"),
        ('[[knob]]\nrpn = -1\nto = "master"\n', r"rpn is -1"),
        ('[[knob]]\nnrpn = "1234"\nto = "master"\n', r"nrpn is '1234'"),
        ('[[knob]]\nnrpns = [9, 3]\nroles_from = 1\nto = "level"\n', r"nrpns must be \[first, last\]"),
        ('[[knob]]\nnrpn = 3\ncc = 4\nto = "master"\n', r"nrpn and cc are both given"),
        ('[[knob]]\nnrpn = 3\nto = "master"\nrelative = "signed"\n', r"relative is given beside nrpn"),
        ('[[pad]]\nnrpn = 3\nrole = "Gate"\n', r"unknown key 'nrpn'"),
        ('[[button]]\nrpns = [1, 16383]\ndoes = "go"\n', r"rpns is 16383"),
        ('[[feedback]]\nnrpn = true\nwhat = "master"\n', r"nrpn is True"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(rows: str, says: str) -> None:
    with pytest.raises(ControllerError, match=says) as caught:
        surface(rows)
    assert str(caught.value).startswith("my.toml: [[")
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint


# What is sent back

FADER = '[[feedback]]\nnrpn = 1234\nchannel = 3\nwhat = "master"\ntouch = 104\n'
LAMP = '[[feedback]]\nrpn = 5\nchannel = 3\nwhat = "playing"\nrole = "Gate"\non = 21\noff = 1\n'


def sent(reader: Reader, feedback: Feedback) -> list[tuple[int, ...]]:
    return [tuple(message) for _, message in reader.show(feedback, 9.0)]


def test_a_motor_is_sent_all_of_its_parameter_and_a_lamp_its_two_values() -> None:
    reader = Reader([surface(FADER + LAMP)], ROLES)
    assert reader.plugged("desk") == [*setting("rpn", 5, 1 << 7, 2)]
    assert sent(reader, Feedback("master", value=1.0)) == [cc(99, 9, 3), cc(98, 82, 3), cc(6, 127, 3), cc(38, 127, 3)]
    assert sent(reader, Feedback("playing", "Gate")) == [cc(101, 0, 3), cc(100, 5, 3), cc(6, 21, 3), cc(38, 0, 3)]
    assert sent(reader, Feedback("playing", "Gate")) == []


def test_a_motor_that_a_hand_has_moved_is_not_sent_back_to_where_it_is() -> None:
    reader = Reader([surface(FADER)], ROLES)
    reader.read("desk", b"".join(setting("nrpn", 1234, 9000, 2)), 0.0)
    assert sent(reader, Feedback("master", value=place_14(9000))) == []
    reader.read("desk", b"".join(setting("nrpn", 1235, 5, 2) + setting("nrpn", 1234, 5, 3)), 0.0)
    assert sent(reader, Feedback("master", value=place_14(9000))) == [], "others were moved"
    reader.read("desk", bytes(on(104, 127)), 0.0)
    assert sent(reader, Feedback("master", value=0.25)) == [], "a finger is on it"
    reader.read("desk", bytes(on(104, 0)), 0.0)
    assert reader.due() == [("desk", message) for message in setting("nrpn", 1234, 4096, 2)]


# What is learned

KNOB, GO = Wanted("knob", {"to": "level", "role": "Gate"}), Wanted("button", {"does": "go"})


def learned(wanted: Wanted, *messages: tuple[int, ...], before: tuple[tuple[int, ...], ...] = ()) -> str:
    reader = Reader((), ROLES)
    reader.read("box", b"".join(map(bytes, before)), 0.0)
    reader.learn(wanted)
    for message in messages:
        reader.read("box", bytes(message), 0.0)
    return str(reader.learned.source) if reader.learned else ""


def test_an_nrpn_is_learned_and_not_the_controllers_it_is_made_of() -> None:
    assert learned(KNOB, *SELECT, cc(6, 3), cc(38, 1)) == "nrpn 1234 on channel 1"
    assert learned(KNOB, *SELECT, cc(96, 0)) == "nrpn 1234 on channel 1"
    assert learned(KNOB, cc(38, 3), before=SELECT) == "nrpn 1234 on channel 1", "it was selected before"
    assert learned(KNOB, *SELECT) == learned(GO, cc(99, 127), cc(98, 127)) == ""
    assert learned(KNOB, *SELECT, *NULL, cc(6, 3), cc(38, 1)) == "cc14 6 on channel 1", "nothing is selected any more"
    assert learned(GO, *SELECT, cc(6, 1), cc(38, 127), cc(6, 127)) == "nrpn 1234 on channel 1"
    assert learned(Wanted("pad", {"role": "Gate"}), *SELECT, cc(6, 127)) == ""


def test_a_keyboard_that_sets_itself_up_binds_nothing() -> None:
    assert learned(KNOB, cc(101, 0), cc(100, 0), cc(6, 12), cc(38, 0), cc(101, 0), cc(100, 6), cc(6, 15)) == ""


def test_what_is_learned_is_written_and_turns_at_once(tmp_path: Path) -> None:
    path = tmp_path / "box.toml"
    keep(path, Learned(KNOB, Source("nrpn", 1234, 1)))
    assert path.read_text(encoding="utf-8").endswith(
        '[[knob]]\nnrpn = 1234\nchannel = 1\nto = "level"\nrole = "Gate"\n'
    )
    reader = Reader((), ROLES)
    reader.learn(KNOB)
    reader.read("box", b"".join(map(bytes, (*SELECT, cc(6, 1)))), 0.0)
    reader.remap([load_surface(path, ROLES)], ROLES)
    controls = reader.read("box", bytes((*cc(6, 127), 38, 127)), 0.0)
    assert controls[-1] == Level(TOP_DB, "Gate"), "it need not be selected again"
    keep(path, Learned(GO, Source("nrpn", 1234, 1)))
    assert [row.control for row in load_surface(path, ROLES).buttons] == [Go()]
    assert load_surface(path, ROLES).knobs == ()


def test_what_was_selected_at_a_port_is_forgotten_when_it_is_pulled() -> None:
    reader = Reader([surface(MASTER)], ROLES)
    reader.read("box", b"".join(map(bytes, SELECT)), 0.0)
    reader.unplugged("box")
    assert reader.read("box", bytes(cc(6, 9)), 0.0) == []
    assert reader.read("other", bytes(cc(6, 9)), 0.0) == []


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_no_bytes_stop_a_port_of_parameters(raw: list[bytes]) -> None:
    reader = Reader([surface(MASTER + FADER + LAMP)], ROLES)
    for portion in raw:
        for control in reader.read("box", portion, 0.0):
            assert not isinstance(control, Level) or SILENCE_DB <= control.level_db <= TOP_DB
