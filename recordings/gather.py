"""Gather the real sounds that the tagger is taught with.

`python -m recordings.gather FOLDER [--list CSV] [--clones CLONES] [--soundfont SF2]`; the list, `taught.csv` if no
other is named, has every file with its repository, its path, the hash git gives its bytes, its licence and its tag;
what does not hash to that is not taken. What `taught_tags.csv` lists, the tagger alone is taught with, and no scene
has. Beside the sounds goes the `MANIFEST.csv` that `recordings.teach` reads. Clones that are in CLONES already, as
`OWNER+NAME`, are used; the others are made there. Notes are played by `fluidsynth` from the sound font FluidR3 GM,
where one is named.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from recordings.notes import COLLECTION, LICENCE, Played, notes, play
from soundscape.whole import whole_file

TAUGHT, TAUGHT_TAGS = (Path(__file__).with_name(name) for name in ("taught.csv", "taught_tags.csv"))
HOST = "https://github.com"


class Source(NamedTuple):
    """One file that the tagger is taught with."""

    tag: str
    licence: str
    repository: str
    commit: str
    path: str
    blob: str

    @property
    def name(self) -> str:
        """What the file is called when it was gathered."""
        return f"{self.tag.replace('.', '_')}_{self.blob[:12]}{Path(self.path).suffix.lower()}"


def sources(table: Path) -> list[Source]:
    """Every file of the table."""
    with table.open(encoding="utf-8", newline="") as stream:
        return [Source(**row) for row in csv.DictReader(stream)]


def blob_of(content: bytes) -> str:
    """The name that git gives to these bytes.

    Examples
    --------
    >>> blob_of(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def clone_of(repository: str, clones: Path) -> Path:
    """Folder of a repository's clone, which is made if it is not there."""
    folder = clones / repository.replace("/", "+")
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", "--bare", f"{HOST}/{repository}", str(folder)], check=True)
    return folder


def content_of(source: Source, clone: Path) -> bytes:
    """Bytes of a file, checked.

    Raises
    ------
    ValueError
        If the clone does not have them.
    """
    git = clone / ".git" if (clone / ".git").is_dir() else clone
    done = subprocess.run(["git", "--git-dir", str(git), "cat-file", "blob", source.blob], capture_output=True,
                          check=False)  # fmt: skip
    if blob_of(done.stdout) != source.blob:
        raise ValueError(f"{source.repository} does not have {source.path} as it was ({source.blob})")
    return done.stdout


def gather(wanted: Sequence[Source], folder: Path, clones: Path) -> Iterator[tuple[Source, str]]:
    """Write each file to a folder; yield it with what is wrong, an empty text if nothing is."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in wanted:
        place = folder / source.name
        if place.exists() and blob_of(place.read_bytes()) == source.blob:
            yield source, ""
            continue
        try:
            place.write_bytes(content_of(source, clone_of(source.repository, clones)))
        except (ValueError, subprocess.CalledProcessError) as error:
            yield source, str(error)
        else:
            yield source, ""


def write_manifest(folder: Path, gathered: Sequence[Source], played: Sequence[Played]) -> None:
    """Say of every file in the folder what it is, under which licence, and from which collection."""
    with whole_file(folder / "MANIFEST.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("file", "tag", "licence", "source_repo", "source_path"))
        rows.writerows((one.name, one.tag, one.licence, one.repository, one.path) for one in gathered)
        rows.writerows((note.name, note.tag, LICENCE, f"{COLLECTION}/{note.program}-{note.channel}", f"note-{note.key}")
                       for note in played if (folder / note.name).exists())  # fmt: skip


def main() -> None:
    """Gather and say what is missing."""
    parser = argparse.ArgumentParser(prog="recordings.gather", description="Gather what the tagger is taught with.")
    parser.add_argument("folder", type=Path, help="where the sounds go")
    parser.add_argument("--list", type=Path, default=TAUGHT, help=f"which files to gather ({TAUGHT.name})")
    parser.add_argument("--clones", type=Path, help="where clones are, or will be (FOLDER/clones)")
    parser.add_argument("--soundfont", type=Path, help="FluidR3_GM.sf2, to have its notes played as well")
    asked = parser.parse_args()
    wanted = sources(asked.list)
    outcomes = list(gather(wanted, asked.folder, asked.clones or asked.folder / "clones"))
    missing = [f"{source.path}: {wrong}" for source, wrong in outcomes if wrong]
    print(f"{len(wanted) - len(missing)} of {len(wanted)} files in {asked.folder}")
    for line in missing:
        print(f"missing: {line}")
    if asked.soundfont:
        print(f"{play(asked.soundfont, asked.folder)} notes played")
    gathered = [source for source, wrong in outcomes if not wrong]
    write_manifest(asked.folder, gathered, list(notes()) if asked.soundfont else [])


if __name__ == "__main__":
    main()
