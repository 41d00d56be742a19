"""`soundscape tuning`: the scale of objects, in cents, whose partial each degree is, as Scala file and picture."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from soundscape.apps.cli.console import plain, print_json
from soundscape.apps.cli.options import catalogue_option, json_option

if TYPE_CHECKING:
    from soundscape.arrangement.tuning import Partial, Tuning

SHOWN_PARTIALS = 2


@click.command("tuning")
@click.argument("source", metavar="PIECE.toml|ID|QUERY")
@catalogue_option
@click.option("--by", type=click.Choice(["partials", "consonance"]), default="partials", show_default=True,
              help="Degrees are partials, or the intervals at which the objects are least rough together.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Scala scale to write (.scl, and .kbm beside it).")
@click.option("--png", type=click.Path(path_type=Path), help="Picture of the scale to write.")
@json_option
def command(*, source: str, catalogue: Path | None, by: str, out: Path | None, png: Path | None, as_json: bool) -> None:
    """Show the scale of the objects that a piece plays, of a segment (its id), or of all that a query finds."""
    from soundscape.apps.outputs import KEYS, PNG, SCALE, out_file
    from soundscape.apps.settings import load_settings
    from soundscape.arrangement.dissonance import consonant_tuning
    from soundscape.arrangement.scala import keys_path, save_scala
    from soundscape.arrangement.tuning import tuning_of

    catalogue = catalogue or Path(load_settings().catalogue)
    for path, output in ((out, SCALE), (out and keys_path(out), KEYS), (png, PNG)):
        if path is not None:
            out_file(path, output, Path(source), catalogue=catalogue)
    name, partials = _heard(source, catalogue)
    tuning = consonant_tuning(partials, name=name) if by == "consonance" else tuning_of(partials, name=name)
    if out is not None:
        save_scala(tuning, out)
    if png is not None:
        from soundscape.deliver.pictures.scale import picture_of_tuning

        picture_of_tuning(tuning, png, partials=partials)
    if as_json:
        print_json({**_plain(tuning), "scl": out and str(out), "png": png and str(png)})
        return
    _print(tuning)
    for path in (out, png):
        if path is not None:
            click.echo(f"written: {plain(path)}")


def _heard(source: str, catalogue: Path) -> tuple[str, tuple[Partial, ...]]:
    """Name and partials of what a user names."""
    from soundscape.arrangement.tuning import partials_in, ringing
    from soundscape.catalogue.store import Store
    from soundscape.errors import CatalogueError

    if source.lower().endswith(".toml"):
        return _of_piece(Path(source), catalogue)
    with Store(catalogue) as store:
        snapshot = store.snapshot()
    segments = [one for one in snapshot.segments if one.id.startswith(source)]
    if not segments:
        found = snapshot.matching(source)
        segments = list(ringing(found)[1] or found)
    partials = partials_in(segments, snapshot)
    if not partials:
        raise CatalogueError(
            f"nothing that rings is {source!r}: {len(segments)} sounds, no partial",
            hint="name a bell, a gong, a stone; a catalogue of an older version must be ingested again",
        )
    return source, partials


def _of_piece(path: Path, catalogue: Path) -> tuple[str, tuple[Partial, ...]]:
    """Objects that a piece plays when it is tuned to them."""
    from dataclasses import replace

    from soundscape.arrangement.arrange import arrange
    from soundscape.arrangement.piece import load_piece
    from soundscape.arrangement.tuned import OBJECTS
    from soundscape.catalogue.store import Store
    from soundscape.score.midifile import read_score

    piece = replace(load_piece(path), tune=OBJECTS)
    with Store(catalogue) as store:
        arranged = arrange(read_score(piece.score), piece, store.snapshot(), seed=piece.seed)
    degrees = arranged.tuning.degrees if arranged.tuning else ()
    return piece.title, tuple(partial for degree in degrees for partial in degree.partials)


def _plain(tuning: Tuning) -> dict[str, Any]:
    from dataclasses import asdict

    rows = [
        {"cents": degree.cents, "hz": tuning.hz(number), "from_equal_cents": away_from_equal(tuning.hz(number)),
         "weight": degree.weight, "partials": [asdict(one) for one in degree.partials]}
        for number, degree in enumerate(tuning.degrees)
    ]  # fmt: skip
    return {"name": tuning.name, "reference_hz": tuning.reference_hz, "period_cents": tuning.period_cents,
            "degrees": rows}  # fmt: skip


def away_from_equal(hz: float) -> float:
    """Cents from the nearest note of equal temperament, -50..50.

    Examples
    --------
    >>> round(away_from_equal(450.0))
    39
    """
    from soundscape.units import pitch_of

    pitch = pitch_of(hz)
    return 100.0 * (pitch - round(pitch))


def _print(tuning: Tuning) -> None:
    from soundscape.apps.cli.find import note_name

    click.echo(f"{plain(tuning.name)}: {len(tuning.degrees)} degrees from {tuning.reference_hz:.2f} Hz")
    click.echo("  degree    cents        Hz  note      partials")
    for number, degree in enumerate(tuning.degrees):
        hz = tuning.hz(number)
        click.echo(f"  {number:6d} {degree.cents:8.1f} {hz:9.2f}  {note_name(hz):8}  {plain(_whose(degree.partials))}")


def _whose(partials: Iterable[Partial]) -> str:
    """The weightiest partials in words, once each."""
    words = list(
        dict.fromkeys(f"{one.number} of {one.title} at {one.at_s:.1f} s ({one.hz:.1f} Hz)" for one in partials)
    )
    more = f" and {len(words) - SHOWN_PARTIALS} more" if len(words) > SHOWN_PARTIALS else ""
    return ", ".join(words[:SHOWN_PARTIALS]) + more or "an interval of least roughness"
