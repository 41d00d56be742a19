from __future__ import annotations

import json
from pathlib import Path

import pytest

from soundscape.apps.cli import run


def test_every_layout_is_listed_with_its_channels_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layouts"]) == 0
    said = capsys.readouterr().out
    assert "7.1.4 (also 4+7+0)" in said
    assert "mask 0x2D63F" in said
    assert said.index("BL 135") < said.index("SL 90")


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layouts", "5.1", "--json"]) == 0
    (layout,) = json.loads(capsys.readouterr().out)["layouts"]
    assert layout["channel_mask"] == 0x3F
    assert [speaker["name"] for speaker in layout["speakers"]] == ["FL", "FR", "FC", "LFE", "BL", "BR"]


def test_a_rig_of_one_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rig = tmp_path / "one.toml"
    rig.write_text('name = "niche"\nspeakers = [ { name = "only", azimuth_deg = 20.0 } ]', encoding="utf-8")
    assert run(["layouts", str(rig)]) == 0
    assert "one loudspeaker: everything sounds there" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["7.1.5"], ["nowhere.toml"], ["--png", "all.png"]])
def test_what_cannot_be_listed_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["layouts", *arguments]) == 2
    assert 1 <= len(capsys.readouterr().err.strip().splitlines()) <= 2


def test_a_rig_is_drawn(tmp_path: Path) -> None:
    assert run(["layouts", "22.2", "--png", str(tmp_path / "rig.png")]) == 0
    assert (tmp_path / "rig.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["rig.png"]
