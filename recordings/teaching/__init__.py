"""Sounds to teach a tagger with: a random model for each kind, and what recording does to them."""

from __future__ import annotations

from collections.abc import Mapping

from recordings.teaching import blown, creatures, entrances, metals, people, skins_and_woods, stringed, weather
from recordings.teaching.gestures import Maker

MODELS: Mapping[str, Maker] = {
    "gate.creak": entrances.creak,
    "gate.knock": entrances.knock,
    "gate.slam": entrances.slam,
    "gate.latch": entrances.latch,
    "wind": weather.wind,
    "rain": weather.rain,
    "water": weather.water,
    "fire": weather.fire,
    "bird": creatures.bird,
    "insect": creatures.insect,
    "footsteps": people.footsteps,
    "voice": people.voice,
    "choir": people.choir,
    "ambience": people.ambience,
    "bell": metals.bell,
    "gong": metals.gong,
    "chime": metals.chime,
    "cymbal": metals.cymbal,
    "drum": skins_and_woods.drum,
    "wood_percussion": skins_and_woods.wood_percussion,
    "plucked_string": stringed.plucked_string,
    "bowed_string": stringed.bowed_string,
    "keyboard": stringed.keyboard,
    "flute": blown.flute,
    "reed": blown.reed,
    "brass": blown.brass,
}
"""A maker for each tag of the vocabulary that names one kind of sound: it gives (n,) at 48 kHz, peak 0.9."""
