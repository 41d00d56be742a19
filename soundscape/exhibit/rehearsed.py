"""The process that renders for a rehearsal: `python -m soundscape.exhibit.rehearsed FILE`.

It is what renders for a gallery, but for this: its clock is told, and files and disk fail when they are told to.
"""

from __future__ import annotations

import copyreg
import json
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from soundscape.catalogue.catalogue import Catalogue
from soundscape.exhibit.exhibit import Exhibit
from soundscape.exhibit.faults import FaultyPool, FaultyStems
from soundscape.exhibit.generator import Generator
from soundscape.exhibit.heap import give_back_what_is_large
from soundscape.exhibit.rendering import Rendering, Row, serve
from soundscape.exhibit.stems import Stems
from soundscape.live.pipes import LineReader


@dataclass
class Renders:
    """All that a renderer is made of, and how that is at the moment."""

    exhibit: Exhibit
    catalogue: Catalogue
    stems: FaultyStems
    beds: Stems
    pool: FaultyPool
    steady_s: float = 0.0

    def generator(self) -> Generator:
        """What plans and renders."""
        return Generator(self.exhibit, self.catalogue, self.stems, self.pool)

    def write(self, path: Path) -> None:
        """Write it to a file, for `main` to read."""
        with path.open("wb") as stream:
            pickler = pickle.Pickler(stream)
            pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: _as_dict}
            pickler.dump(self)

    def obey(self, row: Row) -> None:
        """Know what time it is, and fail, or fail no longer."""
        self.steady_s = float(row["steady_s"])
        if row["do"] == "fail":
            self.stems.is_full, self.pool.broken = bool(row["is_full"]), set(row["broken"])


def _as_dict(view: MappingProxyType[Any, Any]) -> tuple[Callable[[dict[Any, Any]], Any], tuple[dict[Any, Any]]]:
    return _viewed, (dict(view),)


def _viewed(table: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """The type of views has no name that pickles could give."""
    return MappingProxyType(table)


def main() -> None:
    """Render for who has written the file, until they are gone."""
    made_of: Renders = pickle.loads(Path(sys.argv[1]).read_bytes())
    give_back_what_is_large()
    rendering = Rendering(made_of.generator(), made_of.beds, _row_out, steady_s=lambda: made_of.steady_s)
    serve(rendering, LineReader(sys.stdin.buffer), _row_out, also=made_of.obey)


def _row_out(row: Row) -> None:
    sys.stdout.write(json.dumps(row, default=float) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
