"""The command line as a whole: exit codes, one line per error, nothing on standard output but results."""

from __future__ import annotations

import json

import click
import pytest

from soundscape.apps import cli
from soundscape.apps.cli import COMMANDS, run
from soundscape.errors import CatalogueError


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"Usage: soundscape {name}" in capsys.readouterr().out


def numbers_of(name: str) -> list[tuple[click.Command, click.Parameter]]:
    """Options of a command that take numbers with decimals."""
    command = cli.cli.get_command(click.Context(cli.cli), name)
    assert command is not None
    floats = (click.types.FloatParamType, click.FloatRange)
    return [
        (command, option)
        for option in command.params
        for kind in [*getattr(option.type, "types", ()), option.type]
        if isinstance(kind, floats) and not getattr(option, "hidden", False)
    ]


NUMBERS = [(command, option) for name in COMMANDS for command, option in numbers_of(name)]


@pytest.mark.parametrize("value", ["nan", "-nan", "inf"])
@pytest.mark.parametrize(("command", "option"), NUMBERS, ids=lambda one: one.name)
def test_what_is_no_number_is_refused_by_every_option_that_takes_one(
    command: click.Command, option: click.Parameter, value: str
) -> None:
    kinds = getattr(option.type, "types", None)
    given = tuple("x" if kind is click.STRING else value for kind in kinds) if kinds else value
    with pytest.raises(click.BadParameter, match=r"number|range"):
        option.process_value(click.Context(command), (given,) if option.multiple else given)


def test_an_unknown_command_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rendr"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert "rendr" in err


def raising(error: BaseException) -> object:
    def loaded(_group: object, _context: object, _name: str) -> None:
        raise error

    return loaded


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (CatalogueError("no catalogue at x", hint="run\ningest"), 2, ["soundscape: no catalogue at x", "  run ingest"]),
        (KeyboardInterrupt(), 130, ["soundscape: stopped; nothing half-written is left"]),
        (PermissionError(13, "Permission denied", "/x"), 2,
         ["soundscape: Permission denied: /x", "  check the permissions, or choose another folder"]),
    ],
)  # fmt: skip
def test_errors_become_exit_codes_and_lines(
    error: BaseException,
    code: int,
    says: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli.cli.__class__, "get_command", raising(error))
    assert run(["find"]) == code
    out, err = capsys.readouterr()
    assert not out
    assert err.strip().splitlines() == says


def test_our_own_fault_is_exit_1_with_a_traceback_only_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli.cli.__class__, "get_command", raising(ZeroDivisionError("division")))
    assert run(["find"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert run(["--debug", "find"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_json_is_one_object_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"]["rate_hz"] == 48_000
