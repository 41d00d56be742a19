"""Decoders by spaudiopy, for comparison: JSON in, JSON out, run by an interpreter that has it (0.2 wants scipy < 1.17).

In: {"places": [[x, y, z], ...] with x ahead, y left, z up, "order": n}. Out: {"allrad": ..., "epad": ...}, matrices of
loudspeakers by N3D harmonics, of any scale; AllRAD has max-rE weights.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Read one request from standard input and answer it."""
    import numpy as np  # here, because pytest imports this file where there is no spaudiopy
    import spaudiopy

    request = json.load(sys.stdin)
    setup = spaudiopy.decoder.LoudspeakerSetup(*np.array(request["places"], dtype=float).T)
    setup.ambisonics_setup(characteristic_order=request["order"], N_kernel=50)
    fields = np.eye((request["order"] + 1) ** 2)
    allrad = spaudiopy.decoder.allrad(fields, setup, N_sph=request["order"])
    epad = spaudiopy.decoder.epad(fields, setup, N_sph=request["order"])
    json.dump({"allrad": allrad.tolist(), "epad": epad.tolist()}, sys.stdout)


if __name__ == "__main__":
    main()
