"""The front door: what `import soundscape` offers, and what it does not load."""

from __future__ import annotations

import subprocess
import sys

import soundscape

HEAVY = ("numpy", "scipy", "numba", "librosa", "matplotlib", "soundfile", "rich", "mido")


def loaded_after(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_every_name_behind_the_front_door_is_there() -> None:
    for name in soundscape.__all__:
        thing = getattr(soundscape, name)
        assert thing.__name__ == name
    assert len(soundscape.__all__) == len(set(soundscape.__all__)) >= 20


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(soundscape, "Gate")


def test_importing_loads_nothing_heavy() -> None:
    assert not loaded_after("import soundscape") & set(HEAVY)


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_after("from soundscape.apps.cli import run; run(['--help'])") & set(HEAVY)
