"""The picture of a show: what an operator must read is there, in any terminal, and nothing is wider than it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from soundscape.live.keyboard import HELP
from soundscape.live.meters import bar, meter_lines
from soundscape.live.view import drawn, plain_line
from soundscape.space.layout import layout_named

SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]
NAMES = ("Gates", "Winds", "Bells", "Stones", "Gongs", "Drums", "Silk")


def status(layout: str = "22.2", n_roles: int = 7, **more: Any) -> dict[str, Any]:
    channels = [speaker.name for speaker in layout_named(layout).speakers]
    roles = [
        {"name": NAMES[n % 7] + (f" {n}" if n >= 7 else ""), "level_db": -3.0 * n, "muted": n == 2, "soloed": n == 3,
         "heard_db": -120.0 if n in (2, 4) else -3.0 * n, "sounding": 12 if n == 1 else 0}
        for n in range(n_roles)
    ]  # fmt: skip
    return {
        "time_s": 3754.2, "frame": 1, "title": "Overture for gates", "score_s": 83.0, "score_length_s": 296.0,
        "is_playing": True, "cue": "Dawn", "next_cue": "Storm", "next_note": "when the drummer looks up",
        "n_voices": 32, "roles": roles, "master_db": -2.5, "layout": layout, "channels": channels,
        "peaks_db": [-120.0] * len(channels), "load": 0.123, "worst": 0.456, "late_blocks": 3, "xruns": 4,
        "late_starts": 5, "refused": 0, "dry": 0, "poisoned": 0, "latency_ms": 8.25, "controls": 1234, "waiting": 0,
        "device": "JACK, 128 frames", "lost": "", "journal": "", "trouble": "", "memory_mb": 210.0, "restarts": 6,
        "missing_s": 0.0, "controls_per_s": 12.0, **more,
    }  # fmt: skip


def printed(one: dict[str, Any], said: list[str], width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), record=True, width=width + 40, height=height, color_system=None)
    console.print(drawn(one, said, width, height, HELP))
    lines = console.export_text(styles=False).split("\n")[:-1]
    assert len(lines) == height
    assert max(cell_len(line) for line in lines) <= width
    return lines


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("layout", ["stereo", "7.1.4", "22.2", "dome24", "ambix-7"])
def test_an_operator_finds_everything(width: int, height: int, layout: str) -> None:
    said = [f"line {n}" for n in range(9)]
    words = "\n".join(printed(status(layout), said, width, height))
    for expected in ("Overture for gates", layout, "JACK, 128 frames", "1:02:34", "1:23 of 4:56", "Dawn", "GO ▶ Storm",
                     "when the drummer looks up", "callback 12 %", "worst 46 %", "late 3", "missed 4", "late starts 5",
                     "restarts 6", "8.2 ms", "1234", "12/s", "voices 32", "line 8", "space GO", "Esc PANIC", "quit",
                     "master", "-2.5", *NAMES):  # fmt: skip
        assert expected in words
    assert "refused" not in words


def test_what_goes_wrong_is_red_and_only_then() -> None:
    well = drawn(status(), [], 80, 24).renderables
    assert not any("on red" in str(line.style) for line in well)  # type: ignore[union-attr]
    one = status(trouble="the disk is full", lost="JACK is gone", missing_s=3.21, missing_because="stood still")
    ill = {line.plain.strip() for line in drawn(one, [], 80, 24).renderables if "on red" in str(line.style)}  # type: ignore[union-attr]
    assert ill == {"NO SOUND for 3.2 s: the engine stood still", "DEVICE LOST: JACK is gone",
                   "NOT WRITTEN: the disk is full"}  # fmt: skip
    assert "refused 7" in "\n".join(printed(status(refused=7), [], 80, 24))


def test_roles_say_how_they_stand() -> None:
    lines = printed(status(), [], 80, 24)

    def line_of(name: str) -> str:
        return next(line for line in lines if f" {name} " in line[:20])

    assert line_of("Gates").startswith("1 ")
    assert line_of("Winds").split("│")[0].split()[-2:] == ["-3.0", "12"]
    assert "MUTE" in line_of("Bells")
    assert "SOLO" in line_of("Stones")
    assert "MUTE" not in line_of("Stones")
    assert " off " in line_of("Gongs")  # nobody muted it: another one is soloed


def test_roles_that_find_no_room_are_counted() -> None:
    words = "\n".join(printed(status(n_roles=40), [], 80, 24))
    names = [NAMES[n % 7] + (f" {n}" if n >= 7 else "") for n in range(40)]
    shown = sum(f" {name} " in words for name in names)
    assert shown >= 4
    assert f"and {40 - shown} more roles, 0 of them sound" in words
    assert "more roles" not in "\n".join(printed(status(n_roles=40), [], 200, 60))


@pytest.mark.parametrize(("peak_db", "share"), [(-120.0, 0.0), (-60.0, 0.0), (-30.0, 0.5), (0.0, 1.0), (6.0, 1.0)])
def test_meters_are_as_long_as_the_peak_is_high(peak_db: float, share: float) -> None:
    (line,) = meter_lines(["FL"], [peak_db], 0.0, 65, 1)
    cells = line.plain[3:].split(" ")[0]
    assert len(cells) == 55
    assert cells[:-1].count("█") == pytest.approx(share * 55, abs=1)


def test_the_ceiling_is_marked_where_it_is_and_turns_red_when_it_is_touched() -> None:
    for ceiling_db in (-1.0, -6.0, -20.0):
        (line,) = meter_lines(["FL"], [-40.0], ceiling_db, 65, 1)
        assert (line.plain.index("┃") - 3) / 55 == pytest.approx(1.0 + ceiling_db / 60.0, abs=1 / 55)
        assert not any("red" in str(span.style) for span in line.spans)
        (line,) = meter_lines(["FL"], [ceiling_db], ceiling_db, 65, 1)
        assert any("red" in str(span.style) for span in line.spans)


@pytest.mark.parametrize("width", [8, 20, 37, 90])
@pytest.mark.parametrize("n_channels", [1, 2, 12, 24, 64])
@pytest.mark.parametrize("n_rows", [1, 4, 9, 30])
def test_meters_stay_in_their_room(width: int, n_channels: int, n_rows: int) -> None:
    names = [f"ch{n}" for n in range(n_channels)]
    lines = meter_lines(names, [-3.0] * n_channels, -1.0, width, n_rows)
    assert 1 <= len(lines) <= n_rows
    assert max(line.cell_len for line in lines) <= width


def test_a_bar_never_shrinks_as_the_share_grows() -> None:
    order = "·▏▎▍▌▋▊▉█"
    bars = [[order.index(sign) for sign in bar(n / 500, 7)] for n in range(501)]
    assert bars == sorted(bars)
    assert (bar(0, 7), bar(1, 7)) == ("·" * 7, "█" * 7)


def test_while_it_loads_the_progress_is_seen_and_no_cue() -> None:
    one = {"progress": {"text": "decoding bells.wav", "done": 3, "total": 8}}
    words = "\n".join(printed(one, ["the pool is on /tmp"], 80, 24))
    assert "decoding bells.wav  38 %" in words
    assert "the pool is on" in words
    assert "GO ▶" not in words


def test_a_long_note_is_cut_with_an_ellipsis_and_a_large_terminal_shows_more_of_it() -> None:
    note = "when " + "the drummer and the flute " * 30
    small, large = (printed(status(next_note=note), [], *size) for size in ((80, 24), (80, 40)))
    assert sum("drummer" in line for line in small) == 1
    assert sum("drummer" in line for line in large) == 3
    assert any(line.rstrip().endswith("…") for line in small)


@pytest.mark.parametrize(
    "name", ["\x1b[2J", "a\nb", "[red]x[/red]", "日本語の長い名前" * 9, "[/nothing]", "\x9b31m", "\u202e"]
)
def test_names_of_others_draw_nothing_on_this_screen(name: str) -> None:
    one = status(title=name, cue=name, next_cue=name, next_note=name, device=name, trouble=name, lost=name)
    one["roles"][0]["name"] = name
    one["channels"] = [name] * len(one["channels"])
    for width, height in SIZES:
        lines = printed(one, [name], width, height)
        assert all(sign.isprintable() for line in lines for sign in line)
    assert "\n" not in plain_line(one)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(status())),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
        | st.lists(st.floats() | st.text(max_size=9) | st.dictionaries(st.text(max_size=4), st.floats()), max_size=9),
    ),
    st.integers(1, 220), st.integers(1, 70),
)  # fmt: skip
def test_a_status_of_nonsense_is_drawn_all_the_same(nonsense: dict[str, Any], width: int, height: int) -> None:
    one = {**status(), **nonsense}
    console = Console(file=io.StringIO(), width=300, color_system=None)
    for line in drawn(one, ["x"], width, height, HELP).renderables:
        assert line.cell_len <= max(width, 20)  # type: ignore[union-attr]
        console.print(line)
    assert "\n" not in plain_line(one)


def test_a_line_for_where_there_is_no_terminal() -> None:
    line = plain_line(status(peaks_db=[-12.0, -3.25]))
    for expected in ("1:02:34", "1:23 of 4:56", "Dawn", "Storm", "32 voices", "peak -3.2 dB", "late 3", "restarts 6"):
        assert expected in line
    assert plain_line(status(missing_s=4.0, missing_because="died")) == "no sound for 4 s: died"
