"""The command line: one file per command, one visible list of them, loaded only when called."""

from __future__ import annotations

import importlib
import io
import logging
import signal
import sys
import traceback
from typing import NoReturn, cast

import click

from soundscape.apps.cli.console import plain
from soundscape.errors import SoundscapeError

COMMANDS: dict[str, str] = {
    "demo": "The main job in one go on the shipped recordings: ingest, arrange, render, pictures, credits.",
    "ingest": "Hear folders of recordings and keep what is in them in a catalogue.",
    "find": "Search a catalogue by tags, features, words, licence or likeness.",
    "show": "Picture and description of a segment, a recording or a file.",
    "tag": "Correct a segment's tags; a person's word outlasts every re-analysis.",
    "segment": "Move, split, join, add and delete segments; that outlasts every re-analysis too.",
    "learn": "What the catalogue has learned from corrections; learn it again, or forget it.",
    "panel": "The catalogue in a browser: search, listen, correct, and see what is learned.",
    "cut": "Segments that a query finds, as files named by a template.",
    "labels": "Labels of a take for Audacity, Raven, Praat and JAMS, out and in.",
    "clean": "Rumble, thumps, gusts and hum out of a take: heard before it is kept.",
    "tuning": "The scale of bells, stones and gates: degrees, Scala file, picture.",
    "arrange": "Score + cast + catalogue to a saved arrangement.",
    "render": "The concert mix of a piece, a score, an arrangement or a show.",
    "ambient": "An ambient track of an exhibit, seamless when it goes round; or a new exhibit, by a few questions.",
    "exhibit": "A gallery, all day: opens, plays and closes by its hours; or days of it on a fast clock.",
    "perform": "Live: cues, pads and knobs over MIDI and OSC, written down as a journal.",
    "check": "Loudness, peaks, layout and hash of a file.",
    "diff": "What changed between two mixes.",
    "layouts": "The loudspeaker layouts there are.",
    "doctor": "What is missing on this machine, and how to get it.",
    "config": "The settings, with their defaults.",
}
"""Every command, in the order a newcomer meets them; `soundscape.apps.cli.<name>` holds `command`."""


_DISK_HINTS = {
    2: "check the path",
    13: "check the permissions, or choose another folder",
    28: "free some space, or choose another disk",
    30: "the disk is read-only; choose another folder",
}


class _Commands(click.Group):
    """Loads a command's file when it is called, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"soundscape.apps.cli.{cmd_name}")
        return cast(click.Command, module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="soundscape")
@click.option("--debug", is_flag=True, help="Show where an error comes from.")
def cli(*, debug: bool) -> None:
    """Turn field recordings of gates, wind and instruments into concert mixes."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0 done, 2 the user can put it right, 1 our fault."""
    for name in ("SIGTERM", "SIGHUP"):  # stopped by a service or a closed terminal: as whole as after Ctrl-C
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    for stream in (sys.stdout, sys.stderr):  # a name that is no text in this terminal is no reason to fail
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its font cache is no concern of who reads our lines
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:
    """Run one command; every exception becomes an exit code and at most two lines here, and nowhere else."""
    try:
        cli.main(args=arguments, prog_name="soundscape", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        code, message, hint = _explained(error, arguments)
        _say(message, hint)
        if "--debug" in arguments:
            traceback.print_exception(error)
        return code
    return 0


def _explained(error: BaseException, arguments: list[str]) -> tuple[int, str, str]:
    """Exit code, message and hint of whatever ended a command."""
    match error:
        case SoundscapeError():
            return 2, f"soundscape: {error}", error.hint
        case click.ClickException():
            return 2, f"soundscape: {error.format_message()}", _help_hint(error, arguments)
        case click.Abort() | KeyboardInterrupt():
            return 130, "soundscape: stopped; nothing half-written is left", ""
        case OSError():
            where = f": {error.filename}" if error.filename else ""
            return (
                2,
                f"soundscape: {error.strerror or error}{where}",
                _DISK_HINTS.get(error.errno or 0, "check the path"),
            )
        case _:
            message = f"soundscape: this is our fault, not yours: {type(error).__name__}: {error}"
            return 1, message, "run again as `soundscape --debug ...` to see where, and tell us"


def _say(message: str, hint: str) -> None:
    click.echo(plain(" ".join(message.split())), err=True)
    if hint:
        click.echo(f"  {plain(' '.join(hint.split()))}", err=True)


def _help_hint(error: click.ClickException, arguments: list[str]) -> str:
    """Where to read on; of an option without its value click does not say which command it was."""
    context = getattr(error, "ctx", None)
    name = next((one for one in arguments if one in COMMANDS), "")
    return f"see `{context.command_path if context else f'soundscape {name}'.strip()} --help`"
