"""The mappings that ship: each works with any piece, and is what the maker's device sends."""

from __future__ import annotations

import pytest

from soundscape.errors import ControllerError
from soundscape.live.controllers.feedback import Lights
from soundscape.live.controllers.mapping import Light, Surface
from soundscape.live.controllers.mapping_file import load_surface, shipped_surfaces
from soundscape.live.controls import (
    Control,
    Feedback,
    Go,
    Level,
    Mute,
    Panic,
    Press,
    Shape,
    Snapshot,
    Solo,
    Standby,
    Transport,
)
from soundscape.live.faders import place_of
from tests.live.controllers.playing import Hands, bend, cc, on

ROLES = [f"r{n}" for n in range(1, 9)]


@pytest.fixture(params=shipped_surfaces())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def controls_of(surface: Surface) -> list[Control]:
    return [button.control for button in surface.buttons]


def test_three_are_shipped_and_a_wrong_name_is_told() -> None:
    assert shipped_surfaces() == ["launchpad-mini-mk3", "mackie-control", "nanokontrol2"]
    with pytest.raises(ControllerError, match=r"'nanokontrol'; did you mean 'nanokontrol2'\?"):
        load_surface("nanokontrol", ROLES)


@pytest.mark.parametrize("n_roles", [0, 1, 5, 8, 40])
def test_it_fits_a_piece_of_any_size(name: str, n_roles: int) -> None:
    surface = load_surface(name, [f"r{n}" for n in range(n_roles)])
    named = {row.pad.role for row in surface.pads} | {knob.role for knob in surface.knobs if knob.to != "master"}
    assert len(named) in (min(n_roles, 8), min(n_roles, 16))
    assert Panic() in controls_of(surface)
    assert Go() in controls_of(surface)


def test_nothing_is_bound_twice(name: str) -> None:
    surface = load_surface(name, [f"r{n}" for n in range(16)])
    sources = [row.source for row in (*surface.pads, *surface.knobs, *surface.buttons)]
    assert len(sources) == len(set(sources))
    shown = [light.source for light in surface.lights]
    assert len(shown) == len(set(shown))


def test_what_mutes_and_solos_shows_it(name: str) -> None:
    surface = load_surface(name, ROLES)
    for button in surface.buttons:
        if isinstance(button.control, Mute | Solo):
            what = "muted" if isinstance(button.control, Mute) else "soloed"
            assert any(
                (light.source, light.what, light.of) == (button.source, what, button.control.role)
                for light in surface.lights
            )


def one_of(*played: tuple[int, ...], name: str) -> list[Control]:
    return Hands(load_surface(name, ROLES))(*played)


def test_the_launchpad() -> None:
    first, loops = one_of(on(81), on(72), name="launchpad-mini-mk3")
    assert isinstance(first, Press)
    assert isinstance(loops, Press)
    assert (first.pad.role, loops.pad.role, loops.pad.trigger) == ("r1", "r2", "loop")
    assert one_of(on(28), on(11), cc(89, 127), cc(89, 0), cc(98, 127), name="launchpad-mini-mk3") == [
        Mute("r8"), Solo("r1"), Go(), Snapshot("4"),
    ]  # fmt: skip
    lights = Lights(load_surface("launchpad-mini-mk3", ROLES))
    assert lights.wake()[0] == bytes.fromhex("f0002029020d0e01f7")


def test_the_nanokontrol() -> None:
    played = one_of(cc(0, 127), cc(7, 64), cc(16, 0), cc(39, 127), cc(48, 127), cc(45, 127), name="nanokontrol2")
    assert played[0] == Level(10.0, "r1")
    assert isinstance(played[1], Level)
    assert played[2:] == [Shape("azimuth", 180.0, role="r1"), Solo("r8"), Mute("r1"), Go()]


def test_mackie_control() -> None:
    played = one_of(
        bend(16383, 1), bend(0, 9), on(23, 127), on(23, 0), on(91, 127), on(94, 127), on(54, 127), cc(16, 65),
        name="mackie-control",
    )  # fmt: skip
    assert played[:6] == [
        Level(10.0, "r1"), Level(-120.0), Mute("r8"), Standby(by=-1), Transport("play"), Snapshot("1", recall=True),
    ]  # fmt: skip
    assert isinstance(played[6], Shape)
    assert played[6].value > 0  # turned to the left: to the left
    surface = load_surface("mackie-control", ROLES)
    touches = [light.touch for light in surface.lights if light.source.kind == "bend"]
    assert touches == list(range(104, 113))
    assert Lights(surface).show(Feedback("master", value=place_of(0.0))) == [bytes([0xE8, 0, 0x60])]
    assert all(isinstance(light, Light) and not light.of for light in surface.lights if light.what == "master")
