"""Gains of the EBU ADM renderer's polar point source panner, for comparison; runs where `ear` 2.1.0 is installed.

`python ear_gains.py IN.npz OUT.npz`: IN has an array of directions (n, 3) for each layout of BS.2051, by its name
(x right, y ahead, z up); OUT gets the gains (n, n_loudspeakers), LFEs left out, under the same name, and under
`name/places` the unit vectors (n_loudspeakers, 3) of the loudspeakers in their order.
"""

from __future__ import annotations

import sys

import numpy as np
from ear.core import bs2051, point_source


def main(asked: str, answered: str) -> None:
    out = {}
    for name, directions in np.load(asked).items():
        layout = bs2051.get_layout(name).without_lfe
        panner = point_source.configure(layout)
        out[name] = np.array([panner.handle(direction) for direction in directions])
        out[f"{name}/places"] = layout.norm_positions
    np.savez(answered, **out)


if __name__ == "__main__":
    main(*sys.argv[1:])
