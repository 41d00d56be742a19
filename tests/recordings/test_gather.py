import subprocess

import pytest

from recordings.gather import TAUGHT, TAUGHT_TAGS, Source, blob_of, gather, sources, write_manifest
from recordings.notes import DRUMS_CHANNEL, notes
from recordings.teaching.corpus import sounds_of
from soundscape.catalogue.tags import VOCABULARY

FREE = {"CC0-1.0", "Public-Domain", "CC-BY-3.0", "CC-BY-4.0", "MIT", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause",
        "BSD-3-Clause", "WTFPL"}  # fmt: skip


@pytest.fixture
def clones(tmp_path):
    """A folder of clones with one repository in it, which holds one file."""
    clone = tmp_path / "clones" / "someone+sounds"
    clone.mkdir(parents=True)
    (clone / "door.wav").write_bytes(b"creak")

    def git(*words):
        subprocess.run(["git", "-C", clone, "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True,
                       capture_output=True)  # fmt: skip

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "a door")
    return clone.parent


def source(content: bytes) -> Source:
    return Source("gate.creak", "CC0-1.0", "someone/sounds", "0" * 40, "door.wav", blob_of(content))


def test_a_file_is_taken_from_a_clone_as_it_was(clones, tmp_path):
    [(taken, wrong)] = gather([source(b"creak")], tmp_path / "sounds", clones)
    assert wrong == ""
    assert (tmp_path / "sounds" / taken.name).read_bytes() == b"creak"


def test_what_was_gathered_can_be_taught_with(clones, tmp_path):
    folder = tmp_path / "sounds"
    gathered = [one for one, _ in gather([source(b"creak")], folder, clones)]
    write_manifest(folder, gathered, [])
    [sound] = sounds_of(folder)
    assert (sound.path, sound.name, sound.may_teach) == (folder / gathered[0].name, "gate.creak", True)


def test_what_does_not_hash_to_what_the_table_says_is_not_taken(clones, tmp_path):
    [(_, wrong)] = gather([source(b"knock")], tmp_path / "sounds", clones)
    assert "someone/sounds does not have door.wav as it was" in wrong
    assert not list((tmp_path / "sounds").iterdir())


def test_a_file_that_was_damaged_is_taken_again(clones, tmp_path):
    list(gather([source(b"creak")], tmp_path / "sounds", clones))
    place = tmp_path / "sounds" / source(b"creak").name
    place.write_bytes(b"cre")
    list(gather([source(b"creak")], tmp_path / "sounds", clones))
    assert place.read_bytes() == b"creak"


def test_everything_taught_may_be_used_has_a_tag_and_stands_once():
    taught = sources(TAUGHT) + sources(TAUGHT_TAGS)
    assert {one.licence for one in taught} <= FREE
    assert {one.tag for one in taught} <= set(VOCABULARY)
    assert len({one.blob for one in taught}) == len(taught) > 1_000


def test_the_notes_of_the_sound_font_are_the_same_at_every_call():
    played = list(notes())
    assert played == list(notes())
    assert {note.tag for note in played} <= set(VOCABULARY)
    assert all(0 <= note.key < 128 and note.channel in (0, DRUMS_CHANNEL) for note in played)
