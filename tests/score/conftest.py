from __future__ import annotations

import pytest

from tests.score.smf import Read, reader_in


@pytest.fixture(scope="session")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads bytes as a score."""
    return reader_in(tmp_path_factory.mktemp("score"))
