"""The process that renders for a rehearsal: told what time it is, made to fail, and killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from soundscape.catalogue.catalogue import Catalogue
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.faults import FaultyPool, FaultyStems
from soundscape.exhibit.rehearsed import Renders
from soundscape.exhibit.rendering import ALIVE_S, Rendering
from soundscape.exhibit.standins import LOADING_S, FastClock, RendererThere
from soundscape.exhibit.stems import Stems
from tests.exhibit.test_soak import HALL, RATE_HZ
from tests.exhibit.test_soak import catalogue as catalogue

OPENS, CLOSES = "2026-11-03T09:00:00+00:00", "2026-11-03T09:10:00+00:00"
ASKED = {"do": "render", "opens": OPENS, "closes": CLOSES, "wishes": [], "first": 0, "until": 2, "keep": 0}


def made(catalogue: Catalogue, folder: Path, exhibit: Exhibit = HALL) -> Renders:
    return Renders(exhibit, catalogue, FaultyStems(folder / "windows"), Stems(folder / "beds"),
                   FaultyPool(folder / "cache", rate_hz=RATE_HZ))  # fmt: skip


@pytest.fixture
def clock() -> FastClock:
    return FastClock(datetime(2026, 11, 3, 9, tzinfo=UTC))


Said = list[dict[str, object]]


def until(port: RendererThere, holds: Callable[[Said], bool]) -> Said:
    """What it says until something holds; it has a minute for that."""
    said, deadline_s = port.rows(), time.monotonic() + 60.0
    while not holds(said) and time.monotonic() < deadline_s:
        time.sleep(0.01)
        said += port.rows()
    assert holds(said)
    return said


def windows(said: Said) -> list[object]:
    return [row["window"] for row in said if row["what"] == "window"]


def test_it_renders_what_is_asked_for_and_is_idle_then(catalogue: Catalogue, tmp_path: Path, clock: FastClock) -> None:
    renders = made(catalogue, tmp_path)
    port = RendererThere(renders, tmp_path, clock)
    port.send(ASKED)
    assert port.rows() == []  # it loads
    clock.go(LOADING_S)
    assert port.is_waited_for
    said = until(port, lambda _: port.is_idle)
    assert windows(said) == [0, 1]
    key = next(str(row["key"]) for row in said if row["what"] == "window")
    assert renders.stems.has(key, 0)
    assert renders.stems.has(key, 1)
    assert port.rss_mb > 50.0
    port.kill()


def test_a_full_disk_is_told_and_tried_again_when_its_clock_has_gone_on(catalogue: Catalogue, tmp_path: Path,
                                                                       clock: FastClock) -> None:  # fmt: skip
    renders = made(catalogue, tmp_path)
    renders.stems.is_full = True
    port = RendererThere(renders, tmp_path, clock)
    port.send(ASKED)
    clock.go(LOADING_S)
    said = until(port, lambda _: port.is_idle)
    assert {"full"} <= {row["what"] for row in said}
    assert windows(said) == []
    port.send({"do": "fail", "is_full": False, "broken": []})
    time.sleep(1.5 * ALIVE_S)  # that it is there, which it says meanwhile, does not mean that it rests no longer
    assert windows(port.rows()) == []
    clock.go(10.0)
    assert windows(until(port, lambda said: len(windows(said)) == 2)) == [0, 1]
    port.kill()


def test_it_dies_at_once(catalogue: Catalogue, tmp_path: Path, clock: FastClock) -> None:
    port = RendererThere(made(catalogue, tmp_path), tmp_path, clock)
    assert port.is_alive
    port.kill()
    assert not port.is_alive
    assert port.rss_mb == 0.0
    assert list(tmp_path.glob("renderer-*")) == []


def test_windows_that_were_there_before_it_are_told_with_how_loud_they_are(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    told: list[Said] = []
    for _ in range(2):
        said: Said = []
        told.append(said)
        generator = made(catalogue, tmp_path).generator()
        rendering = Rendering(generator, Stems(tmp_path / "beds"), lambda row, said=said: said.append(dict(row)))
        rendering.obey(ASKED)
        while rendering.turn():
            pass
    first, again = ([row for row in said if row["what"] == "window"] for said in told)
    assert [row["window"] for row in first] == [row["window"] for row in again] == [0, 1]
    for what in ("lufs", "moment_lufs"):
        assert [row[what] for row in again] == pytest.approx([row[what] for row in first], abs=0.1)
