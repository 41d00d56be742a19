"""The models, by what they sound like, and every take made with them."""

from __future__ import annotations

from recordings.models import bells, drums, flutes, gates, strings, winds
from recordings.take import Take

TAKES: dict[str, Take] = {
    take.name: take for module in (gates, winds, bells, drums, strings, flutes) for take in module.TAKES
}  # fmt: skip
