"""What tests share: the folder of real recordings and scores, where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with real recordings, scores and signals; set SOUNDSCAPE_SHARED to use another."""
    folder = Path(os.environ.get("SOUNDSCAPE_SHARED", ROOT.parent / "shared"))
    if not (folder / "recordings").is_dir():
        pytest.skip(f"no real recordings at {folder}")
    return folder

collect_ignore = ["oracles"]
"""Programs that other interpreters run."""
