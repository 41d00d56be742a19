"""What the tagger is told that was measured of a sound: pitch, partials, decays."""

from __future__ import annotations

import numpy as np
import pytest

from soundscape.analysis.taggers.measured import measured_columns

FEATURES = {"attack_s": 0.02, "decay_s": 2.0, "pitch_hz": 200.0, "pitch_confidence": 0.9, "roughness": 0.1,
            "partial_1_hz": 200.0, "partial_1_db": 0.0, "partial_1_decay_s": 2.0, "partial_2_hz": 410.0,
            "partial_2_db": -6.0, "partial_2_decay_s": 1.0}  # fmt: skip


def test_what_was_not_measured_is_not_a_number() -> None:
    assert np.isnan(measured_columns({})).all()
    told = measured_columns(FEATURES)
    assert told.shape == measured_columns({}).shape
    assert 0 < np.isfinite(told).sum() < len(told)
    assert np.isfinite(measured_columns({"attack_s": 0.0, "flatness": 0.5})[[5, 6]]).all()


def test_partials_are_told_against_the_lowest_one_and_the_pitch() -> None:
    told, higher = (measured_columns({name: value * (factor if name.endswith("_hz") else 1.0)
                                      for name, value in FEATURES.items()}) for factor in (1.0, 2.0))  # fmt: skip
    moved = np.flatnonzero(~np.isclose(told, higher, equal_nan=True))
    assert len(moved) == 2  # the pitch and the lowest partial, an octave up
    assert higher[moved] - told[moved] == pytest.approx([1.0, 1.0])
    assert told[13] == pytest.approx(np.log2(2.05))
    assert told[-1] == pytest.approx(0.025)  # 1 and 2.05 times the pitch, on average so far from whole numbers
