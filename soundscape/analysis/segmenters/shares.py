"""How surely something stands out of the background, begins, and ends, at each step of 20 ms.

Two networks of one hidden layer, taught on random scenes by `python -m recordings.teach_segments`: one on the columns
of `standing`, one on what the first says of the three seconds before and after (auto-context: Tu and Bai, IEEE
Transactions on Pattern Analysis and Machine Intelligence 32, 2010). The mean of both is said: the second knows how
events go, the first what is heard.
"""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from soundscape.analysis.frames import Floats
from soundscape.analysis.network import Network
from soundscape.analysis.segmenters.standing import columns_of, moved
from soundscape.whole import whole_file

WEIGHTS = Path(__file__).with_name("shares.npz")
SUREST = 8.0
"""What the first network says to the second is kept within so many logits."""
NEAR = (1, 2, 3, 4, 5, 7, 9, 12, 18, 25, 35, 50, 75, 100, 150)
"""Steps, before and after, of which the second network asks what the first says there."""
FAR = NEAR[-1]


@lru_cache(maxsize=1)
def networks() -> tuple[Network, Network]:
    """The two of the package."""
    with np.load(WEIGHTS) as stored:
        first, second = (Network(*(stored[f"{which}.{part.name}"] for part in fields(Network)))
                         for which in ("first", "second"))  # fmt: skip
        return first, second


def save(first: Network, second: Network, path: Path) -> None:
    """Write both."""
    tables = {f"{which}.{part.name}": getattr(network, part.name)
              for which, network in (("first", first), ("second", second)) for part in fields(Network)}  # fmt: skip
    with whole_file(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **tables)


def shares_of(bands_db: Floats) -> Floats:
    """Shares 0..1 of (n_frames, N_BANDS) levels in dB, (n_steps, 3): that something is on, begins, ends."""
    first, second = networks()
    said = first.said(columns_of(bands_db))
    return share_of(0.5 * (said + second.said(context_of(said))))


def share_of(logits: Floats) -> Floats:
    """Share 0..1 of each logit."""
    return np.asarray(1.0 / (1.0 + np.exp(-logits)), np.float32)


def context_of(said: Floats) -> Floats:
    """What the second network looks at: what the first says near each step, and in the mean before and after.

    Parameters
    ----------
    said : (n_steps, 3) float32
        Logits.

    Returns
    -------
    (n_steps, 3 * (2 * len(NEAR) + 3)) float32
    """
    near = np.clip(said, -SUREST, SUREST)
    n, at = len(said), np.arange(len(said))
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(share_of(near), axis=0, dtype=np.float64)])
    first, stop = np.maximum(at - FAR, 0), np.minimum(at + FAR, n)
    means = [(sums[b] - sums[a]) / np.maximum(b - a, 1)[:, None] for a, b in ((first, at), (at, stop))]
    steps = [-by for by in reversed(NEAR)] + [0, *NEAR]
    return np.concatenate([*(moved(near, by) for by in steps), *means], axis=1, dtype=np.float32)
