"""Settings as one frozen value: the file and the environment are read here and nowhere else."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from soundscape.errors import SoundscapeError


def _home(variable: str, fallback: str) -> str:
    return os.environ.get(variable) or str(Path.home() / fallback)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set for a machine. `soundscape config` prints this with its defaults."""

    catalogue: str = field(default="soundscape.catalogue", metadata={"help": "catalogue used where none is named"})
    layout: str = field(default="", metadata={"help": "layout to render to; empty: the one the piece was written for"})
    cache: str = field(
        default_factory=lambda: str(Path(_home("XDG_CACHE_HOME", ".cache")) / "soundscape"),
        metadata={"help": "folder of decoded takes; may be deleted at any time"},
    )
    cache_gib: float = field(default=8.0, metadata={"help": "decoded takes beyond this are dropped, oldest first"})
    workers: int = field(default=0, metadata={"help": "processes that ingest uses; 0: one per core"})
    tagger: str = field(
        default="", metadata={"help": "TOML file that describes a model of your own, for ingest and find"}
    )
    rate_hz: int = field(default=48_000, metadata={"help": "rate of the engine and of every mix"})
    ceiling_dbtp: float = field(default=-1.0, metadata={"help": "true peak that no mix goes above"})

    def __post_init__(self) -> None:
        limits = (("cache_gib", 0.01, 1e6), ("workers", 0, 1024), ("rate_hz", 8_000, 384_000), ("ceiling_dbtp", -60, 0))
        for name, lowest, highest in limits:
            if not lowest <= getattr(self, name) <= highest:
                raise SoundscapeError(f"setting {name} = {getattr(self, name)}", hint=f"between {lowest} and {highest}")

    @property
    def taggers(self) -> tuple[Path, ...]:
        """The user's own model, if one is set."""
        return (Path(self.tagger),) if self.tagger else ()

    def as_toml(self) -> str:
        """Every setting, its value and what it means, as TOML that reads back."""
        values = asdict(self)
        lines = (f"{_pair(f.name, values[f.name]):40} # {f.metadata['help']}" for f in fields(self))
        return "\n".join(lines) + "\n"


def _pair(name: str, value: str | float) -> str:
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name} = "{quoted}"'
    return f"{name} = {value!r}"


def config_path() -> Path:
    """Where the settings file is looked for; SOUNDSCAPE_CONFIG names another."""
    named = os.environ.get("SOUNDSCAPE_CONFIG")
    return Path(named) if named else Path(_home("XDG_CONFIG_HOME", ".config")) / "soundscape" / "config.toml"


def load_settings() -> Settings:
    """Defaults, then the settings file where there is one, then SOUNDSCAPE_<NAME> from the environment.

    Raises
    ------
    SoundscapeError
        For a name that does not exist, a value of the wrong kind or out of range, or a file that is not TOML.
    """
    path = config_path()
    table: dict[str, Any] = {}
    if path.is_file():
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SoundscapeError(f"{path}: {error}", hint="see `soundscape config` for how it is written") from error
    known = {f.name: type(getattr(Settings(), f.name)) for f in fields(Settings)}
    for name in known:
        if (value := os.environ.get(f"SOUNDSCAPE_{name.upper()}")) is not None:
            table[name] = value
    return Settings(**{name: _read(name, value, known, path) for name, value in table.items()})


def _read(name: str, value: object, known: Mapping[str, type], path: Path) -> Any:
    if name not in known:
        raise SoundscapeError(f"{path}: there is no setting {name!r}", hint=f"known: {', '.join(known)}")
    kind = known[name]
    try:
        if isinstance(value, str) and "\0" not in value:  # from the environment, or a number in quotes
            return kind(value)
        if not isinstance(value, bool | str) and isinstance(value, (int, float) if kind is float else kind):
            return kind(value)
    except (TypeError, ValueError, OverflowError):
        pass
    words = {int: "a whole number", float: "a number", str: "text in quotes"}
    raise SoundscapeError(f"setting {name} = {value!r}", hint=f"it must be {words[kind]}")
