"""What tests share: the folder of real recordings and scores, where it is there."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import pytest
from hypothesis import settings

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER:  # one process for each core is enough: threads of both would wait for each other
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> None:
    """Where nothing is compiled yet, one worker compiles most of it, a minute's work, and the others find it done."""
    if WORKER == "gw0":
        importlib.import_module("soundscape.engine.kernels.callbacks")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real recordings, scores and signals; set SOUNDSCAPE_SHARED to use another."""
    folder = Path(os.environ.get("SOUNDSCAPE_SHARED", ROOT.parent / "shared"))
    if not (folder / "recordings").is_dir():
        pytest.skip(f"no real recordings at {folder}")
    return folder


collect_ignore = ["oracles"]
"""Programs that other interpreters run."""
