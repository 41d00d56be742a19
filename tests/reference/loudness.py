"""BS.1770 as it is written: filter everything, cut into blocks, gate twice."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from soundscape.audio.kweighting import k_weighting


def integrated_by_definition(samples: np.ndarray, rate_hz: int, weights: list[float]) -> float:
    made = samples.astype(float)
    for section in k_weighting(rate_hz):
        made = lfilter(section[:3], section[3:], made, axis=0)
    n_block, powers = round(0.4 * rate_hz), []
    for index in range(10**6):
        start = round(index * 0.1 * rate_hz)
        if start + n_block > len(made):
            break
        powers.append(float((made[start : start + n_block] ** 2).mean(axis=0) @ np.array(weights)))
    levels = -0.691 + 10.0 * np.log10(np.array(powers))
    first = np.array(powers)[levels > -70.0]
    gate = -0.691 + 10.0 * np.log10(first.mean()) - 10.0
    return float(-0.691 + 10.0 * np.log10(np.array(powers)[(levels > -70.0) & (levels > gate)].mean()))
