"""What the shipped model can call a sound."""

from __future__ import annotations

NAMES: tuple[str, ...] = (
    "gate.creak", "gate.knock", "gate.slam", "gate.latch", "wind", "rain", "water", "bird", "insect", "fire",
    "footsteps", "voice", "bell", "gong", "chime", "cymbal", "drum", "wood_percussion", "plucked_string",
    "bowed_string", "flute", "reed", "brass", "keyboard", "choir", "ambience",
)  # fmt: skip
"""Names, in the order of the scores."""
OTHER = "other"
"""What the model is taught to give to sounds that have none of these names; it is never said."""
