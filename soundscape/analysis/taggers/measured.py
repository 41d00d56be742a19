"""What was measured of a segment, as the tagger looks at it: octaves, ratios and shares, which gain does not change."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.catalogue.features import N_PARTIALS

AS_IT_IS = ("roughness", "inharmonicity", "pitch_confidence", "glide_confidence", "brightness", "flatness")
IN_OCTAVES = {"attack_s": 0.003, "decay_s": 0.01, "modulation_hz": 0.1, "pitch_hz": 0.0, "centroid_hz": 0.0}
"""Features, and what is added to each first."""
SHORTEST_S = 0.01
STEEPEST_CENTS_PER_S, FLAT_CENTS_PER_S = 2400.0, 10.0
N_OF_PARTIALS = 3 * N_PARTIALS + 4
N_MEASURED = len(AS_IT_IS) + len(IN_OCTAVES) + 2 + N_OF_PARTIALS
NAN = math.nan


def measured_columns(features: Mapping[str, float]) -> Floats:
    """Features of a segment as columns, (N_MEASURED,) float32; what was not heard, or not measured, is not a number.

    Examples
    --------
    >>> int(np.isnan(measured_columns({})).sum()) == N_MEASURED
    True
    """
    octaves = [np.log2(max(features[name] + more, 1e-6)) if name in features else NAN
               for name, more in IN_OCTAVES.items()]  # fmt: skip
    columns = [[features.get(name, NAN) for name in AS_IT_IS], octaves, _glide(features), _partials(features)]
    return np.concatenate(columns, dtype=np.float32)


def _glide(features: Mapping[str, float]) -> list[float]:
    """Which way the pitch goes, and how quickly."""
    cents_per_s = features.get("glide_cents_per_s", NAN)
    steepness = float(np.minimum(abs(cents_per_s), STEEPEST_CENTS_PER_S))
    return [float(np.copysign(steepness, cents_per_s)) / STEEPEST_CENTS_PER_S,
            float(np.log2(1.0 + steepness / FLAT_CENTS_PER_S))]  # fmt: skip


def _partials(features: Mapping[str, float]) -> list[float]:
    """Partials against the lowest one: where they are, how strong, how long, how many; how they fit the pitch."""
    if not features:
        return [NAN] * N_OF_PARTIALS
    hz, level_db, decay_s = ([features.get(f"partial_{place}_{unit}", NAN) for place in range(1, N_PARTIALS + 1)]
                             for unit in ("hz", "db", "decay_s"))  # fmt: skip
    heard_hz = np.array([one for one in hz if not math.isnan(one)])
    decays = [NAN if math.isnan(one) else math.log2(max(one, SHORTEST_S)) for one in decay_s]
    pitch_hz = features.get("pitch_hz", NAN)
    multiples = heard_hz / pitch_hz
    away = np.abs(multiples - np.maximum(1.0, np.round(multiples)))
    return [
        *np.log2(np.array(hz[1:]) / hz[0]), *level_db, *decays, len(heard_hz),
        *((np.log2(heard_hz[0]), np.median(decays[: len(heard_hz)]), np.log2(multiples[0]), away.mean())
          if len(heard_hz) else (NAN,) * 4),
    ]  # fmt: skip
