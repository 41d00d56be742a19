"""The collection as a whole: what it promises to everybody who opens a file of it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from recordings.make import FOLDER, STEP, path_of, samples_of
from recordings.models import TAKES
from recordings.take import RATE_HZ, Take
from soundscape.audio.files import audio_info, read_audio
from soundscape.catalogue.tags import is_a, tag_named

WANTED = (
    "gate.creak", "gate.hinge", "gate.latch", "gate.knock", "gate.slam", "wind.gust", "wind.eaves", "wind.crack",
    "wind.trees", "bell.bronze", "chime.stone", "gong", "gong.opera", "drum.great", "wood_block", "plucked_string",
    "flute.endblown",
)  # fmt: skip


def test_every_take_has_its_file_and_every_file_its_take() -> None:
    assert {path.stem for path in FOLDER.glob("*.flac")} == set(TAKES)
    assert len(TAKES) >= 24
    assert sum(path_of(take).stat().st_size for take in TAKES.values()) < 25e6


@pytest.mark.parametrize("take", TAKES.values(), ids=list(TAKES))
def test_a_take_is_as_long_and_as_fine_as_promised_and_says_what_it_is(take: Take) -> None:
    file = soundfile.info(path_of(take))
    assert (file.format, file.subtype, file.samplerate) == ("FLAC", "PCM_24", RATE_HZ)
    assert 10.0 <= file.duration <= 60.0
    said = audio_info(path_of(take)).metadata
    assert said.titles == take.titles
    assert set(take.titles) >= {"en", "zh"}
    assert (said.object_id, said.place, said.licence) == (take.object_id, take.place, "CC0-1.0")
    assert said.description == "synthesised by physical model"


def test_every_kind_of_sound_is_there_and_every_fault() -> None:
    sounds = [name for take in TAKES.values() for name in take.sounds]
    assert all(tag_named(name).name == name for name in sounds)
    assert [kind for kind in WANTED if not any(is_a(name, kind) for name in sounds)] == []
    assert {fault for take in TAKES.values() for fault in take.faults} >= {"clipped", "hum", "dc", "handling"}


@pytest.mark.long
@pytest.mark.parametrize("take", TAKES.values(), ids=list(TAKES))
def test_the_script_makes_every_take_again(take: Take) -> None:
    """Bit for bit with the same processor and libraries; another rounds a sample here and there the other way."""
    kept, _ = read_audio(path_of(take))
    away = np.abs(kept - samples_of(take))
    assert away.max() <= STEP
    assert np.count_nonzero(away) <= 1e-4 * away.size
