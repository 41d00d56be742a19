from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from soundscape.catalogue.features import FEATURES
from soundscape.catalogue.tags import FAMILIES, LANGUAGES, VOCABULARY, descendants, family_of, is_a, tag_named
from soundscape.errors import CatalogueError

HEARD = (
    "gate.creak",
    "gate.knock",
    "gate.slam",
    "gate.latch",
    "wind",
    "rain",
    "water",
    "bird",
    "insect",
    "fire",
    "footsteps",
    "voice",
    "bell",
    "gong",
    "chime",
    "cymbal",
    "drum",
    "wood_percussion",
    "plucked_string",
    "bowed_string",
    "flute",
    "reed",
    "brass",
    "keyboard",
    "choir",
    "ambience",
    "other",
)


@pytest.mark.parametrize("name", VOCABULARY)
def test_every_row_is_complete(name: str) -> None:
    entry = VOCABULARY[name]
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", name)
    assert set(entry.labels) == set(LANGUAGES)
    assert all(entry.labels.values())
    assert entry.family in FAMILIES
    assert not entry.parent or (entry.parent in VOCABULARY and family_of(entry.parent) == entry.family)
    assert re.fullmatch(r"([1-5][0-9.]*)?", entry.hornbostel_sachs)
    if "." in name:
        assert entry.parent == name.rpartition(".")[0]


def test_labels_tell_tags_apart() -> None:
    for language in LANGUAGES:
        labels = [entry.labels[language] for entry in VOCABULARY.values()]
        assert len(labels) == len(set(labels)), [word for word in labels if labels.count(word) > 1]


def test_no_tag_is_also_a_feature_or_a_word_of_the_language() -> None:
    taken = {*FEATURES, "and", "or", "not", "kind", "family", "licence", "text", "confidence", "place", "recordist"}
    assert not taken & set(VOCABULARY)


def test_what_a_first_hearing_says_is_in_the_vocabulary() -> None:
    assert set(HEARD) <= set(VOCABULARY)
    for name in HEARD[:4]:
        assert is_a(name, "gate")
        assert family_of(name) == "gates"
    assert {family_of(name) for name in HEARD} == set(FAMILIES)


@pytest.mark.parametrize("written", ["gate/creak", "GATE.CREAK", "creak", "gate creak", "吱呀", "grincement de porte"])
def test_a_tag_is_understood_however_it_is_written(written: str) -> None:
    assert tag_named(written).name == "gate.creak"


def test_an_unknown_tag_says_what_is_near() -> None:
    with pytest.raises(CatalogueError, match=r"no tag 'gate\.creek'") as caught:
        tag_named("gate.creek")
    assert "gate.creak" in caught.value.hint


@pytest.mark.parametrize("written", ["unknown", "Unknown"])
def test_that_there_is_no_tag_is_no_tag(written: str) -> None:
    assert "unknown" not in VOCABULARY
    with pytest.raises(CatalogueError, match=f"'{written}' means no tag") as caught:
        tag_named(written)
    assert caught.value.hint == "-NAME removes one"


def test_what_is_like_no_tag_is_told_where_all_are_and_nothing_of_queries() -> None:
    with pytest.raises(CatalogueError) as caught:
        tag_named("qqqqzzzz")
    assert caught.value.hint == "soundscape find --tags lists all"


def test_below_is_below_all_the_way() -> None:
    assert {"bell", "bell.bronze", "wood_block", "drum.great"} <= descendants("percussion")
    assert "flute" not in descendants("percussion")
    assert descendants("gate.creak") == {"gate.creak"}


def test_no_two_tags_have_one_name_in_audioset() -> None:
    named = [entry.audioset for entry in VOCABULARY.values() if entry.audioset]
    assert len(named) == len(set(named)) > 90


def test_every_tag_that_ucs_can_say_has_its_category() -> None:
    assert {name for name, entry in VOCABULARY.items() if not entry.ucs} == {
        "idiophone", "impact", "silence", "other",
    }  # fmt: skip
    assert all(re.fullmatch(r"([A-Z]{3,6}[a-z]{0,6})?", entry.ucs) for entry in VOCABULARY.values())
    assert VOCABULARY["gate.creak"].ucs == "DOORCreak"
    assert VOCABULARY["thunder"].ucs == "THUN"


def test_instruments_are_numbered_by_hornbostel_and_sachs_below_their_parents() -> None:
    for name in ("bell", "gong", "drum", "flute", "guqin", "erhu", "chime.stone", "horn", "xylophone", "reed.free"):
        assert VOCABULARY[name].hornbostel_sachs, name
    classes = {"idiophone": "1", "membranophone": "2", "chordophone": "3", "aerophone": "4", "electronic": "5"}
    for top, number in classes.items():
        numbers = [VOCABULARY[name].hornbostel_sachs for name in descendants(top)]
        assert all(found.startswith(number) for found in numbers if found)


def test_the_tags_of_real_recordings_are_in_the_vocabulary(shared: Path) -> None:
    with (shared / "recordings" / "MANIFEST.csv").open(encoding="utf-8") as stream:
        written = {row["tag"] for row in csv.DictReader(stream)}
    assert len(written) > 20
    for name in written:
        assert tag_named(name).name == name.replace("/", ".").replace("-", "_")
