"""`soundscape doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from soundscape.apps.cli.console import plain, print_json
from soundscape.apps.cli.options import json_option
from soundscape.apps.settings import load_settings

LEAST_FREE_GIB = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    is_fine: bool
    found: str
    hint: str = ""


def _version(package: str) -> Finding:
    try:
        return Finding(package, is_fine=True, found=importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return Finding(package, is_fine=False, found="not installed", hint=f"pip install {package}")


def _ffmpeg() -> Finding:
    found = os.environ.get("IMAGEIO_FFMPEG_EXE") or shutil.which("ffmpeg")
    if not found:
        try:
            found = f"imageio-ffmpeg {importlib.metadata.version('imageio-ffmpeg')}"
        except importlib.metadata.PackageNotFoundError:
            found = None
    hint = "only for M4A, AAC, WMA and the like: pip install 'soundscape[ffmpeg]', or install ffmpeg"
    return Finding("ffmpeg", is_fine=bool(found), found=found or "not found", hint="" if found else hint)


def _sofa() -> Finding:
    try:
        return Finding("h5py", is_fine=True, found=importlib.metadata.version("h5py"))
    except importlib.metadata.PackageNotFoundError:
        hint = "only for measured heads (--head FILE.sofa): pip install 'soundscape[sofa]'"
        return Finding("h5py", is_fine=False, found="not installed", hint=hint)


def _tagger() -> Finding:
    try:
        return Finding("onnxruntime", is_fine=True, found=importlib.metadata.version("onnxruntime"))
    except importlib.metadata.PackageNotFoundError:
        hint = "only for models of your own (--tagger FILE.toml): pip install 'soundscape[tagger]'"
        return Finding("onnxruntime", is_fine=False, found="not installed", hint=hint)


def _jack() -> Finding:
    """Whether a show can be played to JACK, and whether a server runs."""
    try:
        import jack  # looks for libjack as it is imported
    except ModuleNotFoundError:
        hint = "only for live shows over JACK or PipeWire: pip install 'soundscape[live]'"
        return Finding("JACK-Client", is_fine=False, found="not installed", hint=hint)
    except OSError:
        hint = "only for live shows over JACK or PipeWire: install jackd2, or pipewire-jack"
        return Finding("JACK-Client", is_fine=False, found="no libjack", hint=hint)
    return Finding("JACK-Client", is_fine=True, found=str(jack.__version__))


def _portaudio() -> Finding:
    from soundscape.live.device.portaudio import devices, is_there

    if not is_there():
        hint = "only for live shows on sound cards: pip install 'soundscape[live]', and on Linux libportaudio2"
        return Finding("sound cards", is_fine=False, found="no PortAudio", hint=hint)
    return Finding("sound cards", is_fine=True, found="; ".join(devices()) or "PortAudio finds none")


def _full_text_search() -> Finding:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
    except sqlite3.OperationalError:
        return Finding("SQLite FTS5", is_fine=False, found="missing", hint="use a Python whose sqlite3 has FTS5")
    finally:
        connection.close()
    return Finding("SQLite FTS5", is_fine=True, found=sqlite3.sqlite_version)


def _cache() -> Finding:
    folder = Path(load_settings().cache)
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free_gib = shutil.disk_usage(there).free / 2**30
    if not os.access(there, os.W_OK):
        return Finding("cache", is_fine=False, found=f"{folder} cannot be written", hint="set SOUNDSCAPE_CACHE")
    hint = "" if free_gib >= LEAST_FREE_GIB else "free some space, or set SOUNDSCAPE_CACHE to another disk"
    return Finding("cache", is_fine=not hint, found=f"{folder}, {free_gib:.0f} GiB free", hint=hint)


def _chinese() -> Finding:
    from soundscape.deliver.pictures.lettering import chinese_font

    name = chinese_font()
    hint = "only for Chinese titles in pictures: install Noto Sans CJK (Debian, Ubuntu: fonts-noto-cjk; Fedora: " \
           "google-noto-sans-cjk-fonts; Arch: noto-fonts-cjk)"  # fmt: skip
    return Finding("Chinese", is_fine=bool(name), found=f"drawn in {name}" if name else "no font with Chinese",
                   hint="" if name else hint)  # fmt: skip


PACKAGES = ("numpy", "scipy", "numba", "soundfile", "soxr", "librosa", "pydub", "mido", "click", "rich", "matplotlib")
CHECKS: tuple[Callable[[], Finding], ...] = (
    _ffmpeg,
    _sofa,
    _tagger,
    _jack,
    _portaudio,
    _full_text_search,
    _cache,
    _chinese,
)


@click.command("doctor")
@json_option
def command(*, as_json: bool) -> None:
    """Look at what this machine has for soundscape, and say how to get what is missing."""
    system = Finding("system", is_fine=True, found=f"Python {platform.python_version()}, {platform.platform()}, "
                     f"{os.cpu_count()} cores")  # fmt: skip
    findings = [system, *map(_version, PACKAGES), *(look() for look in CHECKS)]
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
        return
    for finding in findings:
        click.echo(f"{'ok ' if finding.is_fine else '-- '} {finding.what:12} {plain(finding.found)}")
        if finding.hint:
            click.echo(f"     {finding.hint}")
