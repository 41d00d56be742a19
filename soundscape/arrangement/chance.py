"""Chance by name: what is drawn depends on the seed and on what is decided, never on what was drawn before."""

from __future__ import annotations

import hashlib

import numpy as np


def generator_for(seed: int, *name: str) -> np.random.Generator:
    """Generator for one decision; adding another decision does not disturb it.

    Parameters
    ----------
    seed : int >= 0
    name
        What is decided, from the general to the particular: a role, a note.

    Examples
    --------
    >>> rain = generator_for(7, "rain", "42").uniform()
    >>> rain == generator_for(7, "rain", "42").uniform() != generator_for(7, "rain", "43").uniform()
    True
    """
    digest = hashlib.blake2b("\0".join(name).encode(), digest_size=16).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest, np.uint32).tolist()])
