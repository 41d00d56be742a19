"""From what a user names (a piece, a score, an arrangement) to an arrangement."""

from __future__ import annotations

from pathlib import Path

from soundscape.arrangement.arrange import Arranged, arrange
from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.document import load_arrangement
from soundscape.arrangement.piece import load_piece
from soundscape.arrangement.self_cast import cast_for
from soundscape.catalogue.store import Store
from soundscape.deliver.render import located, renderer_of
from soundscape.errors import LayoutError, PieceError
from soundscape.score.midifile import read_score
from soundscape.space.heads.sofa import read_sofa
from soundscape.space.layout import Layout
from soundscape.space.renderer import Renderer, renderer_for

SCORES = (".mid", ".midi", ".kar", ".rmi", ".smf")


def arranged_from(source: Path, catalogue: Path, *, seed: int | None = None) -> Arranged:
    """Arrange a piece (.toml) or a bare score (.mid, which casts itself), or load an arrangement (.json).

    Raises
    ------
    PieceError
        If the ending says nothing about what it is, or there is nothing there.
    """
    if not source.is_file():
        raise PieceError(f"there is no file {source}", hint="name a piece (.toml), a score (.mid) or an arrangement")
    ending = source.suffix.lower()
    if ending == ".json":
        return Arranged(_load_located(source, catalogue))
    if ending == ".toml":
        piece = load_piece(source)
        with Store(catalogue) as store:
            return arrange(read_score(piece.score), piece, store.snapshot(), seed=piece.seed if seed is None else seed)
    if ending in SCORES:
        score = read_score(source)
        with Store(catalogue) as store:
            snapshot = store.snapshot()
        return arrange(score, cast_for(score, snapshot), snapshot, seed=seed or 0)
    raise PieceError(f"{source}: cannot tell what it is by its ending {ending!r}",
                     hint="a piece ends in .toml, a score in .mid, an arrangement in .json")  # fmt: skip


def _load_located(source: Path, catalogue: Path) -> Arrangement:
    arrangement = load_arrangement(source)
    if not catalogue.exists():
        return arrangement
    with Store(catalogue) as store:
        return located(arrangement, store.snapshot().recordings.values())


def heard(arrangement: Arrangement, layout: Layout, rate_hz: int, *, panner: str | None = None,
          head: Path | None = None, turn_deg: tuple[float, float, float] | None = None) -> Renderer:  # fmt: skip
    """Renderer of a layout, with a panner, a head or a turn that a user asks for.

    Raises
    ------
    LayoutError
        If one of them cannot be had on the layout.
    AudioError
        If the head's file cannot be read.
    """
    if head is not None and layout.kind != "headphones":
        raise LayoutError(
            f"a head is given, and {layout.name} is not heard through one", hint="use --layout headphones"
        )
    if panner is None and head is None:
        renderer = renderer_of(arrangement, layout, rate_hz)
    else:
        renderer = renderer_for(layout, panner or "", rate_hz, None if head is None else read_sofa(head))
    return renderer if turn_deg is None else renderer.turned(turn_deg)
