"""The main job in one go on what ships: ingest, arrange, render, pictures, credits, in one folder."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from soundscape.analysis.ingest import IngestReport, ingest
from soundscape.apps.settings import Settings
from soundscape.apps.shipped import shipped
from soundscape.arrangement.arrange import Arranged, arrange
from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import save_arrangement
from soundscape.arrangement.piece import load_piece
from soundscape.audio.pool import Pool
from soundscape.catalogue.catalogue import Catalogue
from soundscape.catalogue.store import Store
from soundscape.deliver.credits import credits_csv, credits_of, credits_text
from soundscape.deliver.pictures import picture_of_paths, picture_of_takes, picture_of_timeline
from soundscape.deliver.render import Mix, render
from soundscape.progress import Progress, quiet
from soundscape.score.midifile import read_score
from soundscape.space.layout import layout_named
from soundscape.whole import folder_to_write, write_text

PIECE = "overture"
LAYOUTS = ("7.1.4", "stereo")
TAKES_DRAWN = 6


@dataclass(frozen=True)
class Demo:
    """What the demonstration made, and where."""

    folder: Path
    heard: IngestReport
    arranged: Arranged
    mixes: tuple[Mix, ...]
    pictures: tuple[Path, ...]
    credits: tuple[Path, ...]
    arrangement_path: Path
    wall_s: float


def demo(folder: Path, settings: Settings, *, progress: Progress = quiet) -> Demo:
    """Hear the shipped recordings, cast the shipped overture with them, and render it to 7.1.4 and to stereo."""
    began_s = time.perf_counter()
    folder_to_write(folder)
    catalogue_path = folder / "soundscape.catalogue"
    heard = ingest([shipped("recordings")], catalogue_path, n_workers=settings.workers, progress=progress)
    with Store(catalogue_path) as store:
        catalogue = store.snapshot()
    piece = load_piece(shipped("scores") / f"{PIECE}.toml")
    progress("arranging", 0, 1)
    arranged = arrange(read_score(piece.score), piece, catalogue, seed=piece.seed)
    arrangement_path = folder / f"{PIECE}.json"
    save_arrangement(arranged.arrangement, arrangement_path)
    progress("arranging", 1, 1)
    pool = Pool(Path(settings.cache), rate_hz=settings.rate_hz, max_bytes=int(settings.cache_gib * 2**30))
    mixes = tuple(
        render(arranged.arrangement, folder / f"{PIECE}-{name}.wav", layout=layout_named(name), pool=pool,
               ceiling_dbtp=settings.ceiling_dbtp, progress=progress)
        for name in LAYOUTS
    )  # fmt: skip
    pictures = _pictures(folder, arranged.arrangement, catalogue, mixes[0], progress)
    return Demo(folder, heard, arranged, mixes, pictures, _credits(folder, arranged.arrangement), arrangement_path,
                time.perf_counter() - began_s)  # fmt: skip


def _pictures(
    folder: Path, arrangement: Arrangement, catalogue: Catalogue, mix: Mix, progress: Progress
) -> tuple[Path, ...]:
    progress("drawing", 0, 3)
    timeline = picture_of_timeline(arrangement, folder / f"{PIECE}-timeline.png", loudness_lufs=mix.short_term)
    progress("drawing", 1, 3)
    paths = picture_of_paths(arrangement, mix.layout, folder / f"{PIECE}-paths.png")
    progress("drawing", 2, 3)
    most_heard = [credit.recording for credit in credits_of(arrangement)[:TAKES_DRAWN]]
    takes = [(one, [s for s in catalogue.segments if s.recording_id == one.id]) for one in most_heard]
    segments = picture_of_takes(takes, folder / f"{PIECE}-takes.png", title="The takes heard most, and what is in them")
    progress("drawing", 3, 3)
    return timeline, paths, segments


def _credits(folder: Path, arrangement: Arrangement) -> tuple[Path, ...]:
    pages = ((folder / f"{PIECE}-credits.txt", credits_text), (folder / f"{PIECE}-credits.csv", credits_csv))
    for path, page in pages:
        write_text(path, page(arrangement))
    return tuple(path for path, _ in pages)
