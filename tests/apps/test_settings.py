"""Settings: printed, read back, and refused when wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from soundscape.apps.settings import Settings, load_settings
from soundscape.errors import SoundscapeError


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("SOUNDSCAPE_CONFIG", str(path))
    return path


def test_printed_settings_read_back() -> None:
    settings = Settings(catalogue='my "old" gates', cache_gib=0.5, workers=3)
    assert Settings(**tomllib.loads(settings.as_toml())) == settings


def test_without_a_file_the_defaults_count(config: Path) -> None:
    assert load_settings() == Settings()


def test_the_environment_wins_over_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text('workers = 1\ncatalogue = "gates"\n')
    monkeypatch.setenv("SOUNDSCAPE_WORKERS", "2")
    settings = load_settings()
    assert (settings.workers, settings.catalogue) == (2, "gates")


@pytest.mark.parametrize(
    ("text", "says"),
    [("worker = 1", "no setting 'worker'"), ("workers = 'x'", "workers = 'x'"), ("workers = -1", "workers = -1"),
     ("workers =", "config.toml"), ("ceiling_dbtp = 3.0", "ceiling_dbtp = 3.0")],
)  # fmt: skip
def test_a_wrong_setting_is_named(config: Path, text: str, says: str) -> None:
    config.write_text(text)
    with pytest.raises(SoundscapeError) as caught:
        load_settings()
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["catalogue = 5", "catalogue = ['x']", "cache = false", 'cache = "\\u0000"', "workers = 1.9", "workers = true",
     "rate_hz = 1e400", "cache_gib = {a = 1}", "a = " + "[" * 5000],
)  # fmt: skip
def test_a_setting_of_another_kind_is_not_taken_for_what_it_looks_like(config: Path, text: str) -> None:
    config.write_text(text)
    with pytest.raises(SoundscapeError) as caught:
        load_settings()
    assert caught.value.hint


def test_whole_numbers_and_numbers_in_quotes_are_numbers(config: Path) -> None:
    config.write_text('cache_gib = 2\nrate_hz = "44100"\n')
    settings = load_settings()
    assert (settings.cache_gib, settings.rate_hz) == (2.0, 44_100)
